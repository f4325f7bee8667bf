import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { InputError } from '../../src/base/errors.ts'
import { Random } from '../../src/base/random.ts'
import {
  adam,
  conv1d,
  crossEntropyLoss,
  ctcLoss,
  dense,
  type FitOptions,
  gaussianLoss,
  gru,
  type Layer,
  lstm,
  type PlainTensor,
  quantileLoss,
  samplesFrom,
  sequential,
  sgd,
} from '../../src/index.ts'
import { randomTensor } from '../recurrence/cases.ts'
import { epochsOf, sums, weightsOf } from './samples.ts'

const COUNT = 6
const STEPS = 5
const random = new Random(8, 'weighted')
const inputs = randomTensor(random, [COUNT, STEPS, 2])
const lengths = [5, 2, 4, 1, 3, 5]
const whole = (shape: readonly number[], below: number, least = 0): PlainTensor => ({
  shape,
  data: Array.from({ length: shape.reduce((product, size) => product * size, 1) }, () => least + random.below(below)),
})

interface Case {
  readonly layers: () => Layer[]
  readonly targets: PlainTensor
  readonly lengths?: readonly number[]
  readonly options?: Partial<FitOptions>
}

const last =
  (units = 1) =>
  () => [gru(3, { returns: 'last' }), dense(units)]
const all =
  (units = 1) =>
  () => [lstm(3), dense(units)]
const numbers = randomTensor(random, [COUNT, STEPS, 1])
const one = randomTensor(random, [COUNT, 1])
const cases: Record<string, Case> = {
  mse: { layers: last(), targets: one },
  'mae of sequences': { layers: all(), targets: numbers, lengths, options: { loss: 'mae' } },
  'huber in windows': { layers: all(), targets: numbers, lengths, options: { loss: 'huber', window: 2 } },
  'binary cross-entropy': { layers: last(2), targets: whole([COUNT, 2], 2), options: { loss: 'binaryCrossEntropy' } },
  'cross-entropy': { layers: last(3), targets: whole([COUNT], 3), options: { loss: 'crossEntropy' } },
  'cross-entropy of sequences with padding, smoothed, classes weighted': {
    layers: all(3),
    targets: whole([COUNT, STEPS], 4, -1),
    lengths,
    options: { loss: crossEntropyLoss({ smoothing: 0.2, weights: [1, 0.3, 2] }) },
  },
  'gaussian likelihood': { layers: last(2), targets: one, options: { loss: gaussianLoss() } },
  quantiles: { layers: all(3), targets: numbers, lengths, options: { loss: quantileLoss([0.1, 0.5, 0.9]) } },
  ctc: {
    layers: all(4),
    targets: { shape: [COUNT, 2], data: [1, 2, 3, -1, 2, 1, 1, -1, 3, 2, 1, 3] },
    lengths,
    options: { loss: ctcLoss() },
  },
  'fewer steps out than in': {
    layers: () => [conv1d(3, 2, { stride: 2 }), dense(1)],
    targets: randomTensor(random, [COUNT, 2, 1]),
  },
}

/** Rows of a tensor, some of them more than once or never. */
const picked = ({ data, shape }: PlainTensor, rows: readonly number[]): PlainTensor => {
  const size = data.length / COUNT
  return {
    shape: [rows.length, ...shape.slice(1)],
    data: rows.flatMap((row) => Array.from(data).slice(row * size, (row + 1) * size)),
  }
}

describe.each(Object.entries(cases))('%s', (_, { layers, targets, lengths, options }) => {
  const trained = async (rows: readonly number[], sampleWeights?: readonly number[]) => {
    const model = sequential(layers()).init({
      inputs: 2,
      ...(lengths ? {} : { steps: STEPS }),
      seed: 3,
      kernels: 'reference',
    })
    const train = samplesFrom({
      inputs: picked(inputs, rows),
      targets: picked(targets, rows),
      ...(lengths ? { lengths: rows.map((row) => lengths[row]!) } : {}),
    })
    const told: number[] = []
    const epochs = await epochsOf(
      model,
      { train },
      {
        ...{ epochs: 2, batch: rows.length, shuffle: false, optimizer: sgd(0.3) },
        ...options,
        ...(sampleWeights ? { sampleWeights } : {}),
        onStep: ({ loss, count, gradientNorm }) => told.push(loss, count, gradientNorm),
      },
    )
    return [...told, ...epochs.map(({ loss }) => loss), ...weightsOf(model)]
  }
  const rows = Array.from({ length: COUNT }, (_, i) => i)

  test('a sample that counts n times is as good as n samples, and one that does not count as none', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 0, max: 3 }), { minLength: COUNT, maxLength: COUNT }),
        async (times) => {
          const repeated = rows.flatMap((row) => Array<number>(times[row]!).fill(row))
          if (!repeated.some((row) => (lengths?.[row] ?? 1) > 0)) return
          const [weighted, plain] = [await trained(rows, times), await trained(repeated)]
          expect(weighted).toHaveLength(plain.length)
          expect(Math.max(...plain.map((value, i) => Math.abs(value - weighted[i]!)))).toBeLessThan(1e-11)
        },
      ),
      { numRuns: 6 },
    )
  })

  test('weights of 1 change no bit', async () =>
    expect(
      await trained(
        rows,
        rows.map(() => 1),
      ),
    ).toEqual(await trained(rows)))
})

test('a sample of weight 0 may hold anything as its target', async () => {
  const [first, ...others] = Array.from(one.data)
  const train = samplesFrom({ inputs, targets: { data: [Number.NaN, ...others], shape: one.shape } })
  const model = sequential(last()()).init({ inputs: 2 })
  const [epoch] = await epochsOf(model, { train }, { epochs: 1, sampleWeights: [0, 1, 1, 1, 1, 1] })
  expect(epoch!.loss).toBeGreaterThan(0)
  expect(first).toBeDefined()
})

test('classWeights are the weights of the cross-entropy', async () => {
  const trained = async (options: Partial<FitOptions>) => {
    const model = sequential(last(3)()).init({ inputs: 2, seed: 3 })
    const train = samplesFrom({ inputs, targets: cases['cross-entropy']!.targets })
    await epochsOf(model, { train, validation: train }, { epochs: 3, batch: 4, optimizer: adam(0.1), ...options })
    return weightsOf(model)
  }
  const weights = [1, 5, 0.2]
  const made = await trained({ loss: crossEntropyLoss({ weights }) })
  expect(await trained({ loss: 'crossEntropy', classWeights: weights })).toEqual(made)
  expect(await trained({ loss: 'crossEntropy' })).not.toEqual(made)
})

test.each<[Partial<FitOptions>, string]>([
  [{ sampleWeights: [1, 2] }, 'fit: sampleWeights: expected one for each of the 10 training samples, got 2'],
  [
    { sampleWeights: [1, 2, -1, 0, 0, 0, 0, 0, 0, 0] },
    'fit: sampleWeights: expected numbers of at least 0, got -1 for sample 2',
  ],
  [
    { sampleWeights: Array(10).fill(0) },
    'fit: none of the training targets count: all of them are padding, or weigh nothing',
  ],
  [
    { classWeights: [1, 2] },
    "fit: classWeights go with the loss 'crossEntropy', got 'mse'; a made one takes them itself, as crossEntropyLoss({ weights })",
  ],
  [
    { loss: crossEntropyLoss(), classWeights: [1, 2] },
    "fit: classWeights go with the loss 'crossEntropy', got a made one; a made one takes them itself, as crossEntropyLoss({ weights })",
  ],
])('%o is refused', async (options, sentence) => {
  const model = sequential(last()()).init({ inputs: 1 })
  await expect(epochsOf(model, { train: sums(10) }, { epochs: 1, ...options })).rejects.toThrow(
    new InputError(sentence),
  )
})
