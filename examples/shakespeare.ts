import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import {
  dense,
  dropout,
  embedding,
  InputError,
  lstm,
  type Model,
  type StreamState,
  samplesFrom,
  sequential,
} from 'unrolled'
import { whole } from './support/cells.ts'
import { dataPath, root } from './support/data.ts'
import { commandOf, common, resultOf, tell } from './support/results.ts'
import { ratesOf, trainBest } from './support/train.ts'

const help = `A character at a time of Shakespeare: which comes next, in bits a character on the last tenth of the text. The first 85 % train,
in streams side by side whose states are handed from window to window; the next 5 % choose the epoch. With --python it trains
PyTorch's LSTM of the same size by the same recipe afterwards.

  npm run example -- shakespeare --data tinyshakespeare.txt
  npm run example -- shakespeare --data tinyshakespeare.txt --python python3`

/** A stretch of text as streams side by side: a character in, the next out. */
function streamsOf(ids: Int32Array, streams: number) {
  const steps = Math.floor((ids.length - 1) / streams)
  const shifted = (by: number) => {
    const data = new Int32Array(streams * steps)
    for (let s = 0; s < streams; s++) data.set(ids.subarray(s * steps + by, (s + 1) * steps + by), s * steps)
    return { data, shape: [streams, steps] }
  }
  return { inputs: shifted(0), targets: shifted(1) }
}

export async function main(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      units: { type: 'string', default: '384' },
      layers: { type: 'string', default: '1' },
      embedding: { type: 'string', default: '64' },
      dropout: { type: 'string', default: '0.2' },
      batch: { type: 'string', default: '50' },
      window: { type: 'string', default: '100' },
      rates: { type: 'string', default: '0.003,0.0005' },
      epochs: { type: 'string', default: '6' },
      data: { type: 'string' },
      python: { type: 'string' },
      ...common,
    },
  })
  if (values.help) return console.log(help)
  const path = dataPath(
    values.data,
    'text-gen/tinyshakespeare.txt',
    'github.com/karpathy/char-rnn (data/tinyshakespeare)',
  )
  const text = readFileSync(path, 'utf8')
  const vocabulary = [...new Set(text)].sort()
  const idOf = new Map(vocabulary.map((character, id) => [character, id]))
  const ids = Int32Array.from(text, (character) => idOf.get(character)!)
  const numbers = Object.fromEntries(
    (['units', 'layers', 'embedding', 'batch', 'window', 'epochs', 'seed'] as const).map((flag) => [
      flag,
      whole(flag, values[flag]),
    ]),
  ) as Record<'units' | 'layers' | 'embedding' | 'batch' | 'window' | 'epochs' | 'seed', number>
  const { units, layers, batch, window, epochs, seed } = numbers
  const rate = Number(values.dropout)
  const [first, second] = [0.85, 0.9].map((share) => Math.floor(share * ids.length)) as [number, number]
  if (first < 100 * batch)
    throw new InputError(`${path}: expected at least ${118 * batch} characters, got ${ids.length}`)
  const parts = {
    train: streamsOf(ids.subarray(0, first), batch),
    validation: streamsOf(ids.subarray(first, second), 10),
    test: streamsOf(ids.subarray(second), 10),
  }
  const model = sequential([
    embedding(vocabulary.length, numbers.embedding),
    dropout(rate),
    lstm(units, { layers, ...(layers > 1 ? { dropout: rate } : {}) }),
    dropout(rate),
    dense(vocabulary.length),
  ]).init({ inputs: 'tokens', seed })
  const rates = ratesOf(values.rates)
  const trained = await trainBest(
    model,
    { train: samplesFrom(parts.train), validation: samplesFrom(parts.validation) },
    {
      epochs,
      rates,
      batch,
      window,
      loss: 'crossEntropy',
      clipNorm: 1,
      shuffle: false,
      seed,
      show: ({ validation }) => `${(validation.loss / Math.LN2).toFixed(3)} bits a character`,
    },
  )
  const named = {
    task: 'Tiny Shakespeare',
    seed,
    metric: 'bits a character',
    command: commandOf('shakespeare', args),
  }
  const result = resultOf(model, trained, {
    ...named,
    model: `lstm ${units}`,
    test: bitsOf(model, parts.test),
    besides: { 'on validation': trained.best.validation.loss / Math.LN2 },
  })
  tell('shakespeare', result, values)
  if (values.python === undefined) return
  const request = {
    ...numbers,
    dropout: rate,
    rates,
    vocabulary: vocabulary.length,
    threads: model.kernels.threads,
    parts: Object.fromEntries(
      Object.entries(parts).map(([name, { inputs, targets }]) => [
        name,
        { shape: inputs.shape, inputs: [...inputs.data], targets: [...targets.data] },
      ]),
    ),
  }
  const python = spawnSync(values.python, [join(root, 'bench/peers/pytorch/shakespeare.py')], {
    input: JSON.stringify(request),
    maxBuffer: 2 ** 30,
    stdio: ['pipe', 'pipe', 'inherit'],
    encoding: 'utf8',
  })
  if (python.status !== 0) throw new InputError(`--python: '${values.python}' could not run PyTorch, as above`)
  tell('shakespeare', { ...named, model: `PyTorch, lstm ${units}`, ...JSON.parse(python.stdout) }, values)
}

/** Mean surprise in bits at each character of streams, their states carried all along. */
function bitsOf(model: Model, { inputs, targets }: ReturnType<typeof streamsOf>): number {
  const [streams, steps] = inputs.shape as [number, number]
  const window = 1000
  let state: StreamState | undefined
  let sum = 0
  for (let from = 0; from < steps; from += window) {
    const count = Math.min(window, steps - from)
    const cut = (data: Int32Array) =>
      Array.from({ length: streams }, (_, s) => [...data.subarray(s * steps + from, s * steps + from + count)]).flat()
    const run = model.advance({ data: cut(inputs.data), shape: [streams, count] }, state ? { state } : {})
    state = run.state
    const classes = run.y.shape.at(-1)!
    for (const [row, target] of cut(targets.data).entries()) {
      const logits = Array.from(run.y.data.subarray(row * classes, (row + 1) * classes))
      const highest = Math.max(...logits)
      sum += highest + Math.log(logits.reduce((all, logit) => all + Math.exp(logit - highest), 0)) - logits[target]!
    }
  }
  return sum / (streams * steps) / Math.LN2
}
