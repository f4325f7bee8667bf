/**
 * `node bench/scaling.mjs [--seconds 4]`: time and memory of a training step of row b against its length and its batch. For
 * each a straight line, how well it fits, and the bytes a unit takes at each step beside what back-propagation must keep.
 */
import { parseArgs } from 'node:util'
import { build, install } from '../scripts/ready.mjs'
import { keep, machine } from './results.mjs'

const { values: flags } = parseArgs({ options: { seconds: { type: 'string', default: '4' } } })
install()
build()
const { benchModel, median, timeSteps } = await import('../dist/tasks/bench.js')
const { benchRow } = await import('../dist/tasks/bench-rows.js')
const { chooseTier, threadCount } = await import('unrolled/kernels')

const [inputs, hidden] = [64, 256]
// Four gates and two states a unit, and its share of the inputs, in float32.
const least = 4 * (4 + 2 + inputs / hidden)
const series = [
  { by: 'T', sizes: [25, 50, 100, 200, 400].map((steps) => [64, steps]) },
  { by: 'B', sizes: [16, 32, 64, 128, 256].map((batch) => [batch, 100]) },
]

const results = []
for (const { by, sizes } of series) {
  console.log(`${by.padStart(6)}${'ms'.padStart(10)}${'arena MB'.padStart(10)}`)
  const points = []
  for (const [batch, steps] of sizes) {
    const row = benchRow('b', '', 'lstm', [batch, steps, inputs, hidden])
    const model = benchModel(row)
    const milliseconds = median(await timeSteps(model, row, Number(flags.seconds)))
    const bytes = model.kernels.memory.usage().arenaPeak
    const size = by === 'T' ? steps : batch
    points.push({ size, milliseconds, bytes })
    const megabytes = (bytes / 1e6).toFixed(1)
    console.log(`${String(size).padStart(6)}${milliseconds.toFixed(1).padStart(10)}${megabytes.padStart(10)}`)
  }
  const fixed = by === 'T' ? sizes[0][0] : sizes[0][1]
  const time = line(points.map(({ size, milliseconds }) => [size, milliseconds]))
  const memory = line(points.map(({ size, bytes }) => [size, bytes]))
  const bytesPerUnitStep = memory.slope / fixed / hidden
  results.push({ by, fixed, points, time, memory, bytesPerUnitStep })
  console.log(`time: ${time.slope.toFixed(3)} ms each, ${time.intercept.toFixed(1)} ms at 0, R² ${time.r2.toFixed(5)}`)
  console.log(
    `memory: R² ${memory.r2.toFixed(5)}, ${bytesPerUnitStep.toFixed(1)} bytes a unit and step, ` +
      `${(bytesPerUnitStep / 4).toFixed(1)} floats; back-propagation needs ${(least / 4).toFixed(2)}\n`,
  )
}
const versions = { kernels: chooseTier().tier, threads: threadCount() }
console.error(`Kept in ${keep('scaling', { machine: machine(), inputs, hidden, least, versions, results }).file}`)

/** The straight line of least squares through points, and the share of the variance it explains. */
function line(points) {
  const mean = (of) => points.reduce((sum, point) => sum + of(point), 0) / points.length
  const [x, y] = [mean((p) => p[0]), mean((p) => p[1])]
  const [xx, xy, yy] = [
    mean((p) => (p[0] - x) ** 2),
    mean((p) => (p[0] - x) * (p[1] - y)),
    mean((p) => (p[1] - y) ** 2),
  ]
  return { slope: xy / xx, intercept: y - (x * xy) / xx, r2: xy ** 2 / (xx * yy) }
}
