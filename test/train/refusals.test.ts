import { describe, expect, test } from 'vitest'
import { InputError } from '../../src/base/errors.ts'
import { Random } from '../../src/base/random.ts'
import { adam, dense, dropout, type FitOptions, flatten, lstm, sequential, sgd } from '../../src/index.ts'
import { epochsOf, numbers, samplesOf, sums, weightsOf } from './samples.ts'

const train = sums(10)
const small = () => sequential([lstm(3, { returns: 'last' }), dense(1)]).init({ inputs: 1, steps: 4, seed: 1 })

describe('an option out of its range is refused before the first step', () => {
  test.each<[Partial<FitOptions>, string]>([
    [{ epochs: 0 }, 'fit: epochs: expected a whole number of at least 1, got 0'],
    [{ epochs: 1.5 }, 'fit: epochs: expected a whole number of at least 1, got 1.5'],
    [{ batch: 0 }, 'fit: batch: expected a whole number of at least 1, got 0'],
    [{ batch: Number.NaN }, 'fit: batch: expected a whole number of at least 1, got NaN'],
    [{ clipNorm: 0 }, 'fit: clipNorm: expected a norm above 0, got 0'],
    [{ clipNorm: -1 }, 'fit: clipNorm: expected a norm above 0, got -1'],
    [{ clipNorm: Number.NaN }, 'fit: clipNorm: expected a norm above 0, got NaN'],
    [{ clipValue: 0 }, 'fit: clipValue: expected a number above 0, got 0'],
    [{ accumulate: 0 }, 'fit: accumulate: expected a whole number of at least 1, got 0'],
    [{ ema: 1 }, 'fit: ema: expected a decay of at least 0 and below 1, got 1'],
    [{ validateEvery: 5 }, 'fit: validateEvery: expected samples to validate on, as { train, validation }, got none'],
    [{ earlyStopping: { patience: 0 } }, 'fit: earlyStopping: patience: expected a whole number of at least 1, got 0'],
    [
      { earlyStopping: { patience: 2, minDelta: -1 } },
      'fit: earlyStopping: minDelta: expected a number of at least 0, got -1',
    ],
    [
      { earlyStopping: { patience: 2 }, keepBest: false },
      'fit: earlyStopping keeps the best: leave keepBest: false out',
    ],
    [
      { loss: 'mze' as 'mse' },
      "fit: no loss 'mze'; did you mean 'mse'? (mse, mae, huber, binaryCrossEntropy, crossEntropy)",
    ],
    [{ loss: 'toString' as 'mse' }, "fit: no loss 'toString' (mse, mae, huber, binaryCrossEntropy, crossEntropy)"],
  ])('%o', async (options, sentence) => {
    const model = small()
    const before = weightsOf(model)
    await expect(epochsOf(model, { train }, { epochs: 1, ...options })).rejects.toThrow(new InputError(sentence))
    expect(weightsOf(model)).toEqual(before)
  })

  test.each<[string, () => unknown, string]>([
    ['sgd(0)', () => sgd(0), 'sgd: expected a learning rate above 0, got 0'],
    ['sgd(∞)', () => sgd(Number.POSITIVE_INFINITY), 'sgd: expected a learning rate above 0, got Infinity'],
    ['adam(-1)', () => adam(-1), 'adam: expected a learning rate above 0, got -1'],
    ['adam(NaN)', () => adam(Number.NaN), 'adam: expected a learning rate above 0, got NaN'],
    ['beta1: 1', () => adam(1, { beta1: 1 }), 'adam: beta1: expected a decay of at least 0 and below 1, got 1'],
    [
      'beta2: -0.1',
      () => adam(1, { beta2: -0.1 }),
      'adam: beta2: expected a decay of at least 0 and below 1, got -0.1',
    ],
    ['epsilon: 0', () => adam(1, { epsilon: 0 }), 'adam: epsilon: expected a number above 0, got 0'],
    ['dropout(1)', () => dropout(1), 'dropout: expected a rate of at least 0 and below 1, got 1'],
    ['dropout(-0.1)', () => dropout(-0.1), 'dropout: expected a rate of at least 0 and below 1, got -0.1'],
  ])('%s', (_, make, sentence) => expect(make).toThrow(new InputError(sentence)))
})

describe('data that does not fit', () => {
  test.each([
    ['features', sums(10, 4, 2), 'the model takes inputs of [4, 1] [steps, features] (-1: any), the data has [4, 2]'],
    ['steps', sums(10, 5), 'the model takes inputs of [4, 1] [steps, features] (-1: any), the data has [5, 1]'],
    [
      'targets',
      samplesOf([[1, 2, 3, 4]], [[1, 2]]),
      "the model gives [1], the data's targets are [2]; end it with a layer of that size, such as dense(horizon)",
    ],
    ['none', { ...train, count: 0 }, 'fit: there are no samples to train on'],
  ])('%s', async (_, data, sentence) => {
    await expect(epochsOf(small(), { train: data }, { epochs: 1 })).rejects.toThrow(new InputError(sentence))
  })
})

describe('numbers that are none', () => {
  const rows = Array.from({ length: 6 }, (_, i) => numbers(new Random(i, 'rows'), 4))
  const targets = rows.map(([first]) => [first!])

  test.each([
    ['an input', 'inputs hold NaN at', samplesOf(rows.with(4, [0, Number.NaN, 0, 0]), targets)],
    ['a target', 'targets hold NaN,', samplesOf(rows, targets.with(4, [Number.NaN]))],
  ])(
    '%s that is NaN ends the training at its step and leaves the weights of the step before',
    async (_, what, data) => {
      const [model, other] = [small(), small()]
      const options = { epochs: 2, batch: 2, shuffle: false, clipNorm: 1 }
      await expect(epochsOf(model, { train: data }, options)).rejects.toThrow(
        new RegExp(
          `^the loss became NaN in epoch 1, step 3: the ${what}.* in sample 4; the model is as it was before that step`,
        ),
      )
      await epochsOf(other, { train: samplesOf(rows.slice(0, 4), targets.slice(0, 4)) }, { ...options, epochs: 1 })
      expect(weightsOf(model)).toEqual(weightsOf(other))
      const [again] = await epochsOf(model, { train: samplesOf(rows, targets) }, { epochs: 1 })
      expect(again!.loss).toBeLessThan(2)
    },
  )

  test('a rate far too high is named as the loss runs off, before it has spoiled the weights', async () => {
    const model = sequential([flatten(), dense(1)]).init({ inputs: 1, steps: 4, seed: 1 })
    await expect(epochsOf(model, { train }, { epochs: 1000, optimizer: sgd(1e4) })).rejects.toThrow(
      /^the loss became Infinity in epoch \d+, step 1: .*; the model is as it was before that step \(a smaller learning rate/,
    )
    expect(weightsOf(model).every(Number.isFinite)).toBe(true)
  })
})
