import { parseArgs } from 'node:util'
import { dense, sequential } from 'unrolled'
import { layerOf, whole } from './support/cells.ts'
import { samplesMade } from './support/data.ts'
import { randomAt } from './support/random.ts'
import { commandOf, common, resultOf, tell } from './support/results.ts'
import { ratesOf, trainBest } from './support/train.ts'

const help = `The adding problem (Hochreiter & Schmidhuber 1997): of T random numbers two are marked, one in each half; their sum is asked
for after the last. Always answering 1 has a mean squared error of 0.167.

  npm run example -- adding --steps 200 --cell gru
  npm run example -- adding --steps 600 --cell lstm --seed 2`

/** Bai et al. 2018, T = 600. */
const published: Readonly<Record<string, string>> = { lstm: '0.164', gru: '5.3e-5' }

/** Numbers in [0, 1) with a mark each, two of the marks set. */
export const adding = (steps: number, count: number, seed: number) =>
  samplesMade({
    count,
    inputShape: [steps, 2],
    targetShape: [1],
    make(sample, input, target) {
      const random = randomAt(seed, sample)
      for (let t = 0; t < steps; t++) input[2 * t] = random()
      const half = Math.floor(steps / 2)
      const marked = [Math.floor(random() * half), half + Math.floor(random() * (steps - half))]
      for (const t of marked) input[2 * t + 1] = 1
      target[0] = marked.reduce((sum, t) => sum + input[2 * t]!, 0)
    },
  })

export async function main(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      steps: { type: 'string', default: '200' },
      cell: { type: 'string', default: 'gru' },
      start: { type: 'string', default: 'uniform' },
      units: { type: 'string', default: '128' },
      epochs: { type: 'string', default: '25' },
      patience: { type: 'string', default: '5' },
      samples: { type: 'string', default: '10000' },
      rates: { type: 'string', default: '0.002,0.0003' },
      ...common,
    },
  })
  if (values.help) return console.log(help)
  const { cell, start } = values
  const [steps, units, seed] = [
    whole('steps', values.steps, 2),
    whole('units', values.units),
    whole('seed', values.seed),
  ]
  const layer = layerOf(cell, units, { start, longest: steps, returns: 'last' })
  const model = sequential([layer, dense(1)]).init({ inputs: 2, seed })
  const count = whole('samples', values.samples)
  const trained = await trainBest(
    model,
    { train: adding(steps, count, 1000 + seed), validation: adding(steps, 1000, 2000 + seed) },
    {
      epochs: whole('epochs', values.epochs),
      patience: whole('patience', values.patience),
      batch: 50,
      rates: ratesOf(values.rates),
      clipNorm: 1,
      seed,
      enough: 3e-5,
    },
  )
  const test = adding(steps, 1000, 3000 + seed)
  const answers = model.predict(test).data
  const targets = new Float64Array(test.count)
  test.fillTargets([...targets.keys()], targets)
  const error = answers.reduce((sum, answer, i) => sum + (answer - targets[i]!) ** 2, 0) / test.count
  const result = resultOf(model, trained, {
    task: `adding T=${steps}`,
    model: `${cell} ${units}, ${start}`,
    seed,
    command: commandOf('adding', args),
    metric: 'mean squared error',
    test: error,
    published: steps === 600 ? published[cell] : undefined,
  })
  tell('adding', result, values)
}
