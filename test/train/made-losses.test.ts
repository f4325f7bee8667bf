import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Loss, losses, Tape } from '../../src/autograd/index.ts'
import { InputError } from '../../src/base/errors.ts'
import { Random } from '../../src/base/random.ts'
import { type PlainTensor, type Shape, sizeOf } from '../../src/base/shape.ts'
import {
  adam,
  crossEntropyLoss,
  dense,
  fit,
  flatten,
  gaussianLoss,
  lstm,
  memoryPlan,
  quantileLoss,
  samplesFrom,
  sequential,
  tableOf,
  windows,
} from '../../src/index.ts'
import { createKernels } from '../../src/kernels/index.ts'
import { epochsOf, numbers, weightsOf } from './samples.ts'

const plain = (data: ArrayLike<number>, shape: Shape): PlainTensor => ({ data, shape })

/** What a loss comes to in float64, and its gradient by the predictions. */
function judged(loss: Loss, predictions: PlainTensor, targets: PlainTensor, lengths?: readonly number[]) {
  const tape = new Tape(createKernels('reference'))
  const [p, t] = [tape.input(predictions, true), tape.input(targets)]
  const value = loss.run(tape, p, t, lengths)
  tape.backward(value)
  const count = loss.count(tape, p, t, lengths)
  return { value: tape.read(value).data[0]!, count, gradient: tape.read({ ...p, at: tape.gradient(p) }).data }
}

const drawn = fc.record({
  rows: fc.integer({ min: 1, max: 9 }),
  columns: fc.integer({ min: 1, max: 6 }),
  seed: fc.nat(1e6),
})
const numbersOf = (seed: number, count: number, from: number, to: number) => {
  const random = new Random(seed, 'made losses')
  return Float64Array.from({ length: count }, () => random.between(from, to))
}
const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length

describe('against their formulas, written out', () => {
  test('binary cross-entropy', () => {
    fc.assert(
      fc.property(drawn, ({ rows, columns, seed }) => {
        const shape = [rows, columns]
        const [x, t] = [numbersOf(seed, sizeOf(shape), -6, 6), numbersOf(seed + 1, sizeOf(shape), 0, 1)]
        const { value, count, gradient } = judged(losses.binaryCrossEntropy, plain(x, shape), plain(t, shape))
        const p = Array.from(x, (logit) => 1 / (1 + Math.exp(-logit)))
        expect(value).toBeCloseTo(mean(p.map((p, i) => -t[i]! * Math.log(p) - (1 - t[i]!) * Math.log(1 - p))), 10)
        expect(count).toBe(x.length)
        for (const [i, slope] of gradient.entries()) expect(slope).toBeCloseTo((p[i]! - t[i]!) / x.length, 10)
      }),
    )
  })

  test.each(['logVariance', 'softplus'] as const)('-log of a normal density, σ by %s', (scale) => {
    fc.assert(
      fc.property(drawn, ({ rows, columns, seed }) => {
        const p = numbersOf(seed, 2 * rows * columns, -2, 2)
        const y = numbersOf(seed + 1, rows * columns, -2, 2)
        const { value } = judged(gaussianLoss({ scale }), plain(p, [rows, 2 * columns]), plain(y, [rows, columns]))
        const surprises = Array.from(y, (y, i) => {
          const row = 2 * columns * Math.floor(i / columns) + (i % columns)
          const [mu, s] = [p[row]!, p[row + columns]!]
          const sigma = scale === 'softplus' ? Math.log(1 + Math.exp(s)) + 0.001 : Math.exp(s / 2)
          const density = Math.exp(-((y - mu) ** 2) / (2 * sigma ** 2)) / (sigma * Math.sqrt(2 * Math.PI))
          return -Math.log(density) - Math.log(2 * Math.PI) / 2
        })
        expect(value).toBeCloseTo(mean(surprises), 9)
      }),
    )
  })

  test('pinball', () => {
    const some = fc.array(fc.double({ min: 0.01, max: 0.99, noNaN: true }), { minLength: 1, maxLength: 4 })
    fc.assert(
      fc.property(drawn, some, ({ rows, columns, seed }, quantiles) => {
        const width = quantiles.length * columns
        const p = numbersOf(seed, rows * width, -2, 2)
        const y = numbersOf(seed + 1, rows * columns, -2, 2)
        const { value } = judged(quantileLoss(quantiles), plain(p, [rows, width]), plain(y, [rows, columns]))
        const costs = Array.from(p, (p, i) => {
          const error = y[Math.floor(i / width) * columns + (i % columns)]! - p
          const q = quantiles[Math.floor((i % width) / columns)]!
          return error > 0 ? q * error : (q - 1) * error
        })
        expect(value).toBeCloseTo(mean(costs), 10)
      }),
    )
  })

  test('cross-entropy of smoothed and weighted classes: that of the target distribution', () => {
    const how = fc.record({ smoothing: fc.double({ min: 0, max: 0.9, noNaN: true }), weighted: fc.boolean() })
    fc.assert(
      fc.property(drawn, how, ({ rows, columns: classes, seed }, { smoothing, weighted }) => {
        const weights = weighted ? Array.from(numbersOf(seed + 2, classes, 0.1, 3)) : undefined
        const x = numbersOf(seed, rows * classes, -3, 3)
        const right = Array.from(numbersOf(seed + 1, rows, 0, classes), Math.floor)
        const loss = crossEntropyLoss({ smoothing, weights })
        const { value, count, gradient } = judged(loss, plain(x, [rows, classes]), plain(right, [rows]))
        const weightOf = (c: number) => weights?.[c] ?? 1
        const total = right.reduce((sum, c) => sum + weightOf(c), 0)
        const surprises = right.map((r, i) => {
          const row = x.subarray(i * classes, (i + 1) * classes)
          const logSum = Math.log(row.reduce((sum, x) => sum + Math.exp(x), 0))
          return Array.from(row, (x, c) => {
            const target = weightOf(c) * ((c === r ? 1 - smoothing : 0) + smoothing / classes)
            return target * (logSum - x)
          }).reduce((sum, part) => sum + part)
        })
        expect(value).toBeCloseTo(surprises.reduce((sum, part) => sum + part) / total, 9)
        expect(count).toBeCloseTo(total, 10)
        // A softmax does not feel what is added to all logits of a row.
        for (let i = 0; i < rows; i++)
          expect(mean(Array.from(gradient.subarray(i * classes, (i + 1) * classes)))).toBeCloseTo(0, 9)
      }),
    )
  })
})

describe('what stands behind a length does not count', () => {
  test.each([
    ['binaryCrossEntropy', losses.binaryCrossEntropy, 1],
    ['gaussian', gaussianLoss(), 2],
    ['quantiles', quantileLoss([0.2, 0.7]), 2],
  ] as const)('%s', (_, loss, blocks) => {
    const nan = Number.NaN
    const row = (value: number) => Array.from({ length: 2 * blocks }, (_, i) => value + i / 10)
    const steps = [row(0.1), row(0.3), row(-0.2)]
    const clean = judged(loss, plain(steps.flat(), [1, 3, 2 * blocks]), plain([0, 1, 1, 0.5, 0.2, 0.3], [1, 3, 2]))
    const ragged = judged(
      loss,
      plain([...steps[0]!, ...row(nan), ...steps[1]!, ...steps[2]!], [2, 2, 2 * blocks]),
      plain([0, 1, nan, 77, 1, 0.5, 0.2, 0.3], [2, 2, 2]),
      [1, 2],
    )
    expect(ragged.value).toBeCloseTo(clean.value, 12)
    expect(ragged.count).toBe(6)
    expect(Array.from(ragged.gradient.subarray(2 * blocks, 4 * blocks))).toEqual(Array(2 * blocks).fill(0))
  })
})

const steps = 3
const inputs = plain(numbers(new Random(7, 'made losses'), 40 * steps), [40, steps, 1])
const sumOf = (i: number) => inputs.data[3 * i]! + inputs.data[3 * i + 1]! + inputs.data[3 * i + 2]!
const model = (outputs: number) => sequential([flatten(), dense(outputs)]).init({ inputs: 1, steps, seed: 2 })

describe('fit', () => {
  test('learns labels of yes and no by name', async () => {
    const labels = Array.from({ length: 80 }, (_, i) => Number(sumOf(i >> 1) > 0) ^ (i & 1))
    const train = samplesFrom({ inputs, targets: plain(labels, [40, 2]) })
    const options = { epochs: 200, optimizer: adam(0.1), loss: 'binaryCrossEntropy' } as const
    const learned = model(2)
    const epochs = await epochsOf(learned, { train }, options)
    expect(epochs.at(-1)!.loss).toBeLessThan(0.1)
    expect(Array.from(learned.predict(train).data, (logit) => Number(logit > 0))).toEqual(labels)
  })

  test('learns the mean and the deviation of each target, told in the data’s units', async () => {
    // Every other row lies 3 above or below 50, those between 1.
    const random = new Random(3, 'noise')
    const count = 400
    const kind = Array.from({ length: count }, (_, i) => i % 2)
    const value = kind.map((k) => 50 + 10 * k + (k ? 3 : 1) * (random.below(2) * 2 - 1))
    const data = windows(tableOf({ kind, value }), {
      inputs: ['kind'],
      target: 'value',
      past: 2,
      horizon: 1,
      split: [0.9, 0.05, 0.05],
    })
    for (const scale of ['logVariance', 'softplus'] as const) {
      const loss = gaussianLoss({ scale })
      const learned = sequential([flatten(), dense(2)]).init({ inputs: 1, steps: 2, seed: 1 })
      const epochs = await epochsOf(learned, data, { epochs: 150, batch: 64, loss, optimizer: adam(0.03) })
      const told = learned.predict(data.test, loss)
      expect(told.shape).toEqual([data.test.count, 2])
      const [first, second] = [told.data.subarray(0, 2), told.data.subarray(2, 4)]
      const [low, high] = first[0]! < second[0]! ? [first, second] : [second, first]
      for (const [i, wanted] of [50, 1, 60, 3].entries())
        expect(Math.abs([...low, ...high][i]! / wanted - 1), `${scale} ${i}`).toBeLessThan(0.1)
      expect(epochs.at(-1)!.loss).toBeLessThan(epochs[0]!.loss)
    }
  })

  test('learns several quantiles at once, in the data’s units', async () => {
    const count = 301
    const targets = Array.from({ length: count }, (_, i) => i / (count - 1))
    const constant = plain(Array(count).fill(0), [count, 1, 1])
    const train = samplesFrom({ inputs: constant, targets: plain(targets, [count, 1]) })
    const learned = sequential([flatten(), dense(3)]).init({ inputs: 1, steps: 1 })
    const loss = quantileLoss([0.1, 0.5, 0.9])
    await epochsOf(learned, { train }, { epochs: 400, batch: count, loss, optimizer: adam(0.01) })
    const told = learned.predict(train, loss).data.subarray(0, 3)
    for (const [i, quantile] of [0.1, 0.5, 0.9].entries()) expect(Math.abs(told[i]! - quantile)).toBeLessThan(0.02)
  })

  test('an epoch is the weighted mean however classes fall into batches', async () => {
    const targets = plain(
      Array.from({ length: 40 }, (_, i) => (i < 30 ? 0 : i % 3)),
      [40],
    )
    const train = samplesFrom({ inputs, targets })
    const still = {
      epochs: 1,
      optimizer: adam(1e-12),
      loss: crossEntropyLoss({ weights: [0.2, 1, 5], smoothing: 0.1 }),
    }
    const [[whole], [cut]] = await Promise.all([
      epochsOf(model(3), { train, validation: train }, { ...still, batch: 40 }),
      epochsOf(model(3), { train }, { ...still, batch: 7 }),
    ])
    expect(cut!.loss).toBeCloseTo(whole!.loss, 6)
    expect(whole!.validation.loss).toBeCloseTo(whole!.loss, 6)
  })

  test('by default the cross-entropy is the one by name, to the byte', async () => {
    const train = samplesFrom({
      inputs,
      targets: plain(
        Array.from({ length: 40 }, (_, i) => i % 3),
        [40],
      ),
    })
    const [named, made] = [model(3), model(3)]
    await epochsOf(named, { train }, { epochs: 2, loss: 'crossEntropy' })
    await epochsOf(made, { train }, { epochs: 2, loss: crossEntropyLoss() })
    expect(weightsOf(made)).toEqual(weightsOf(named))
  })

  test.each([
    ['gaussian', gaussianLoss({ scale: 'softplus' }), 4],
    ['quantiles', quantileLoss([0.5, 0.9]), 4],
    ['classes', crossEntropyLoss({ smoothing: 0.1, weights: [1, 2, 3, 4] }), 4],
    ['yes and no', losses.binaryCrossEntropy, 3],
  ] as const)('memory is planned to the byte: %s', async (_, loss, outputs) => {
    const layers = sequential([lstm(5), dense(outputs)])
    const learned = layers.init({ inputs: 1, steps })
    const shape = loss.targetShape([40, steps, outputs])
    const targets = plain(
      Array.from({ length: sizeOf(shape) }, (_, i) => i % 2),
      shape,
    )
    for await (const _ of fit(learned, { train: samplesFrom({ inputs, targets }) }, { epochs: 1, batch: 40, loss }));
    const { kept, arenaPeak } = learned.kernels.memory.usage()
    expect(memoryPlan(layers, { inputs: 1, steps, batch: 40, loss }).total).toBe(kept + arenaPeak)
  })
})

describe('one sentence', () => {
  const train = (targets: PlainTensor) => ({ train: samplesFrom({ inputs, targets }) })
  const ones = (...shape: number[]) => plain(Array(sizeOf(shape)).fill(1), shape)
  test.each<[string, () => unknown, string]>([
    ['no quantiles', () => quantileLoss([]), 'quantileLoss: expected at least one quantile, such as [0.1, 0.5, 0.9]'],
    ['a quantile of 1', () => quantileLoss([0.5, 1]), 'quantileLoss: expected quantiles above 0 and below 1, got 1'],
    [
      'an unknown scale',
      () => gaussianLoss({ scale: 'softmax' as 'softplus' }),
      'gaussianLoss: scale: expected one of logVariance, softplus, got "softmax"',
    ],
    [
      'all smoothed',
      () => crossEntropyLoss({ smoothing: 1 }),
      'crossEntropyLoss: smoothing: expected a share of at least 0 and below 1, got 1',
    ],
    [
      'a weight below 0',
      () => crossEntropyLoss({ weights: [1, -2] }),
      'crossEntropyLoss: weights: expected numbers of at least 0, got -2',
    ],
    [
      'weights of other classes',
      () => epochsOf(model(3), train(ones(40)), { epochs: 1, loss: crossEntropyLoss({ weights: [1, 2] }) }),
      'crossEntropy: expected a weight for each of 3 classes, got 2',
    ],
    [
      'no room for deviations',
      () => epochsOf(model(2), train(ones(40, 2)), { epochs: 1, loss: gaussianLoss() }),
      "the model gives [2], the data's targets are [2]; end it with a layer of [4]: this loss takes 2 numbers for each target",
    ],
    [
      'a plan for no whole number of targets',
      () => memoryPlan(model(4), { batch: 2, loss: quantileLoss([0.1, 0.5, 0.9]) }),
      'this loss takes 3 numbers for each target, so a multiple of them: got [4]',
    ],
    [
      'labels that are neither yes nor no',
      () =>
        epochsOf(
          model(1),
          train(
            plain(
              Array.from({ length: 40 }, (_, i) => (i === 3 ? 2 : 0)),
              [40, 1],
            ),
          ),
          {
            epochs: 1,
            loss: 'binaryCrossEntropy',
            shuffle: false,
          },
        ),
      "loss: expected targets from 0 to 1, got 2 at [3, 0] of the batch's targets",
    ],
  ])('%s', async (_, work, sentence) => {
    await expect((async () => work())()).rejects.toThrow(new InputError(sentence))
  })
})
