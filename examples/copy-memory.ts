import { parseArgs } from 'node:util'
import { defineCell, dense, embedding, recurrent, sequential } from 'unrolled'
import { tanh } from 'unrolled/expr'
import { layerOf, whole } from './support/cells.ts'
import { samplesMade } from './support/data.ts'
import { randomAt } from './support/random.ts'
import { commandOf, common, resultOf, tell } from './support/results.ts'
import { ratesOf, trainBest } from './support/train.ts'

const help = `The copy memory task (Hochreiter & Schmidhuber 1997, as in Arjovsky et al. 2016): ten symbols of eight, T blanks, and a sign after
which the ten are to be said again; everywhere else the answer is blank. Without memory the loss is 10·ln 8 / (T + 20).

  npm run example -- copy-memory --blanks 100 --cell gru
  npm run example -- copy-memory --blanks 1000 --cell skip      # units that also see themselves as they were T + 10 steps before`

const SYMBOLS = 8
const LENGTH = 10
const [BLANK, SIGN] = [SYMBOLS, SYMBOLS + 1]

/** What a model without memory comes to, in nats a step. */
const memoryless = (blanks: number) => (LENGTH * Math.log(SYMBOLS)) / (blanks + 2 * LENGTH)

/** Tanh units with a skip connection through time as long as symbols are to be kept (Lin et al. 1996). */
const skipping = (steps: number) =>
  defineCell({
    name: 'skip',
    state: ['h'],
    step: ({ x, h, linear }) => ({ h: tanh(linear('h', x, h, h.back(steps))) }),
  })

export const copying = (blanks: number, count: number, seed: number) => {
  const steps = blanks + 2 * LENGTH
  return samplesMade({
    count,
    inputShape: [steps],
    targetShape: [steps],
    make(sample, input, target) {
      const random = randomAt(seed, sample)
      input.fill(BLANK)
      target.fill(BLANK)
      for (let i = 0; i < LENGTH; i++) {
        const symbol = Math.floor(random() * SYMBOLS)
        input[i] = symbol
        target[steps - LENGTH + i] = symbol
      }
      input[steps - LENGTH - 1] = SIGN
    },
  })
}

export async function main(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      blanks: { type: 'string', default: '100' },
      cell: { type: 'string', default: 'gru' },
      start: { type: 'string', default: 'chrono' },
      units: { type: 'string', default: '128' },
      epochs: { type: 'string', default: '60' },
      samples: { type: 'string', default: '5000' },
      rates: { type: 'string', default: '0.004,0.001' },
      ...common,
    },
  })
  if (values.help) return console.log(help)
  const { cell, start } = values
  const [blanks, units, seed] = [
    whole('blanks', values.blanks),
    whole('units', values.units),
    whole('seed', values.seed),
  ]
  const layer =
    cell === 'skip'
      ? recurrent(skipping(blanks + LENGTH), units)
      : layerOf(cell, units, { start, longest: (3 * blanks) / 2 })
  const model = sequential([embedding(SIGN + 1, SIGN + 1), layer, dense(SIGN)]).init({ inputs: 'tokens', seed })
  const trained = await trainBest(
    model,
    {
      train: copying(blanks, whole('samples', values.samples), 1000 + seed),
      validation: copying(blanks, 500, 2000 + seed),
    },
    {
      epochs: whole('epochs', values.epochs),
      batch: 50,
      loss: 'crossEntropy',
      rates: ratesOf(values.rates),
      clipNorm: 1,
      seed,
      enough: 1e-4,
    },
  )
  const { loss, accuracy } = recall(model.predict(copying(blanks, 500, 3000 + seed)), copying(blanks, 500, 3000 + seed))
  const result = resultOf(model, trained, {
    task: `copy memory T=${blanks}`,
    model: cell === 'skip' ? `skip ${units}` : `${cell} ${units}, ${start}`,
    seed,
    command: commandOf('copy-memory', args),
    metric: 'nats a step',
    test: loss,
    published: blanks === 1000 ? '0.02' : undefined, // Bai et al. 2018, of every recurrent net: as without memory
    besides: { 'symbols recalled': accuracy, 'without memory': memoryless(blanks) },
  })
  tell('copy-memory', result, values)
}

/** Cross-entropy a step, and the share of the symbols asked for that are said. */
function recall({ data }: { data: Float64Array }, samples: ReturnType<typeof copying>) {
  const steps = samples.targetShape[0]!
  const targets = new Float64Array(samples.count * steps)
  samples.fillTargets([...Array(samples.count).keys()], targets)
  let [loss, right] = [0, 0]
  for (const [row, target] of targets.entries()) {
    const logits = data.subarray(row * SIGN, (row + 1) * SIGN)
    const highest = Math.max(...logits)
    loss += highest + Math.log(logits.reduce((sum, logit) => sum + Math.exp(logit - highest), 0)) - logits[target]!
    if (row % steps >= steps - LENGTH && logits[target] === highest) right++
  }
  return { loss: loss / targets.length, accuracy: right / (samples.count * LENGTH) }
}
