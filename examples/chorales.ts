import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { dense, InputError, samplesFrom, sequential } from 'unrolled'
import { layerOf, whole } from './support/cells.ts'
import { dataPath } from './support/data.ts'
import { commandOf, common, resultOf, tell } from './support/results.ts'
import { ratesOf, trainBest } from './support/train.ts'

const help = `Bach's chorales (Boulanger-Lewandowski et al. 2012): which of 88 keys sound at the next quarter, in nats a frame: the sum of 88
binary cross-entropies, mean over the frames of all pieces.

  npm run example -- chorales --cell lstm --seed 2`

const [LOWEST, KEYS] = [21, 88]

/** Bai et al. 2018. */
const published: Readonly<Record<string, string>> = { rnn: '8.91', lstm: '8.45', gru: '8.43' }

type Piece = readonly (readonly number[])[]

/** Frames of pieces as samples: all but the last of a piece in, all but the first out. */
function samplesOf(pieces: readonly Piece[]) {
  const steps = Math.max(...pieces.map((piece) => piece.length)) - 1
  const shape = [pieces.length, steps, KEYS]
  const [inputs, targets] = [0, 1].map((later) => {
    const data = new Float32Array(pieces.length * steps * KEYS)
    for (const [p, piece] of pieces.entries())
      for (const [t, keys] of piece.slice(later, piece.length - 1 + later).entries())
        for (const key of keys) if (key >= LOWEST) data[(p * steps + t) * KEYS + key - LOWEST] = 1
    return { data, shape }
  })
  return samplesFrom({ inputs: inputs!, targets: targets!, lengths: pieces.map((piece) => piece.length - 1) })
}

export async function main(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      cell: { type: 'string', default: 'lstm' },
      start: { type: 'string', default: 'uniform' },
      units: { type: 'string', default: '200' },
      layers: { type: 'string', default: '1' },
      epochs: { type: 'string', default: '100' },
      patience: { type: 'string', default: '6' },
      rates: { type: 'string', default: '0.01,0.002' },
      batch: { type: 'string', default: '16' },
      inputs: { type: 'string', default: '0' },
      states: { type: 'string', default: '0.2' },
      outputs: { type: 'string', default: '0.2' },
      data: { type: 'string' },
      ...common,
    },
  })
  if (values.help) return console.log(help)
  const { cell, start } = values
  const [units, seed, layers] = [
    whole('units', values.units),
    whole('seed', values.seed),
    whole('layers', values.layers),
  ]
  const path = dataPath(values.data, 'music/jsb-chorales-quarter.json', 'github.com/czhuang/JSB-Chorales-dataset')
  const parts: Record<string, readonly Piece[]> = JSON.parse(readFileSync(path, 'utf8'))
  const [train, validation, test] = ['train', 'valid', 'test'].map((name) => {
    if (!parts[name]) throw new InputError(`${path}: expected the parts train, valid and test; there is no ${name}`)
    return samplesOf(parts[name])
  })
  const variational = { input: Number(values.inputs), state: Number(values.states), output: Number(values.outputs) }
  const recurrent = layerOf(cell, units, { start, longest: 50, layers, variational })
  const model = sequential([recurrent, dense(KEYS)]).init({ inputs: KEYS, seed })
  const trained = await trainBest(
    model,
    { train: train!, validation: validation! },
    {
      epochs: whole('epochs', values.epochs),
      patience: whole('patience', values.patience),
      batch: whole('batch', values.batch),
      loss: 'binaryCrossEntropy',
      rates: ratesOf(values.rates),
      clipNorm: 1,
      seed,
      show: (epoch) => `${(KEYS * epoch.validation.loss).toFixed(3)} nats a frame`,
    },
  )
  const result = resultOf(model, trained, {
    task: 'JSB chorales',
    model: `${cell} ${units}`,
    seed,
    command: commandOf('chorales', args),
    metric: 'nats a frame',
    published: published[cell],
    test: KEYS * crossEntropyOf(model.predict(test!).data, test!),
    besides: { 'on validation': KEYS * trained.best.validation.loss },
  })
  tell('chorales', result, values)
}

/** Mean binary cross-entropy over the numbers of frames that a piece has. */
function crossEntropyOf(logits: Float64Array, samples: ReturnType<typeof samplesOf>): number {
  const steps = samples.inputShape[0]!
  const rows = [...Array(samples.count).keys()]
  const targets = new Float32Array(logits.length)
  samples.fillTargets(rows, targets)
  let [sum, count] = [0, 0]
  for (const [row, length] of samples.lengths!(rows).entries())
    for (let i = row * steps * KEYS; i < (row * steps + length) * KEYS; i++) {
      const logit = logits[i]!
      sum += Math.max(logit, 0) - logit * targets[i]! + Math.log1p(Math.exp(-Math.abs(logit)))
      count++
    }
  return sum / count
}
