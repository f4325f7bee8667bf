/** Unrolled's side, called as the peers are: `node ours.mjs SECONDS THREADS ROW-JSON`, with UNROLLED_THREADS set. */
import { chooseTier, threadCount } from 'unrolled/kernels'
import { benchModel, noise, StepTimes, timeSteps } from '../dist/tasks/bench.js'

const [seconds, , row] = process.argv.slice(2).map((text) => JSON.parse(text))
const model = benchModel(row)
const times = row.kind === 'streaming' ? pushes() : await timeSteps(model, row, seconds)
const versions = { node: process.versions.node, kernels: chooseTier().tier, threads: threadCount() }
console.log(JSON.stringify({ times, versions }))

/** One step after another through a stream, so many as one. */
function pushes() {
  const stream = model.stream()
  const x = noise(row.inputs)
  const measured = new StepTimes(seconds)
  for (let enough = false; !enough; ) {
    const started = performance.now()
    for (let i = 0; i < row.repeat; i++) stream.push(x)
    enough = measured.add(performance.now() - started, row.repeat)
  }
  return measured.times
}
