import { describe, expect, test } from 'vitest'
import { Random } from '../../src/base/random.ts'
import type { Layer } from '../../src/index.ts'
import {
  adam,
  dense,
  type FitOptions,
  flatten,
  gru,
  lstm,
  type Samples,
  type Step,
  samplesFrom,
  sequential,
} from '../../src/index.ts'
import { randomTensor } from '../recurrence/cases.ts'
import { epochsOf, sums, weightsOf } from './samples.ts'

const COUNT = 22
const random = new Random(4, 'accumulate')
const inputs = randomTensor(random, [COUNT, 5, 2])
const targets = randomTensor(random, [COUNT, 5, 3])
/** Of the second batch of three every sequence is empty. */
const lengths = Array.from({ length: COUNT }, (_, i) => (i >= 3 && i < 6 ? 0 : (3 * i + 1) % 6))
const classes = Array.from({ length: COUNT * 5 }, (_, i) => ((i * 7) % 4) - 1)

interface Case {
  readonly layers: () => Layer[]
  readonly train: Samples
  readonly options?: Partial<FitOptions>
}

const cases: Record<string, Case> = {
  'one target each': { layers: () => [gru(3, { returns: 'last' }), dense(1)], train: sums(COUNT, 5, 2) },
  'targets of every step': { layers: () => [lstm(3)], train: samplesFrom({ inputs, targets }) },
  'sequences of many lengths': { layers: () => [lstm(3)], train: samplesFrom({ inputs, targets, lengths }) },
  'in windows': {
    layers: () => [lstm(3)],
    train: samplesFrom({ inputs, targets, lengths }),
    options: { window: 2 },
  },
  'classes with padding, weighted': {
    layers: () => [gru(3)],
    train: samplesFrom({ inputs, targets: { data: classes, shape: [COUNT, 5] }, lengths }),
    options: { loss: 'crossEntropy', classWeights: [1, 0.5, 2] },
  },
  'samples of many weights, clipped by value and norm': {
    layers: () => [lstm(3)],
    train: samplesFrom({ inputs, targets, lengths }),
    options: {
      sampleWeights: Array.from({ length: COUNT }, (_, i) => (i * 0.7) % 3),
      clipValue: 0.02,
      clipNorm: 0.05,
      window: 3,
    },
  },
}

describe.each(Object.entries(cases))('%s', (_, { layers, train, options }) => {
  test('some batches accumulated are one batch as large, the last of them smaller: in float64', async () => {
    const trained = async (batch: number, accumulate: number) => {
      const model = sequential(layers()).init({ inputs: 2, seed: 5, kernels: 'reference' })
      const steps: Step[] = []
      const how = { epochs: 3, batch, accumulate, optimizer: adam(0.02), onStep: (step: Step) => steps.push(step) }
      const epochs = await epochsOf(model, { train }, { ...options, ...how })
      const told = steps.flatMap(({ loss, count, gradientNorm, clippedNorm }) => [
        loss,
        count,
        gradientNorm,
        clippedNorm,
      ])
      const places = steps.map(({ epoch, step, steps }) => [epoch, step, steps])
      return { places, numbers: [...told, ...weightsOf(model), ...epochs.map(({ loss }) => loss)] }
    }
    for (const [small, times] of [
      [3, 2], // 6, 6, 6 and 4 = 3 + 1
      [1, 5],
      [8, 9], // all in one step
    ] as const) {
      const [whole, parts] = [await trained(small * times, 1), await trained(small, times)]
      expect(parts.places).toEqual(whole.places)
      const furthest = whole.numbers.map((value, i) => Math.abs(value - parts.numbers[i]!))
      expect(Math.max(...furthest)).toBeLessThan(1e-12)
    }
  })
})

test('a signal amid the batches of a step leaves the weights of the step before', async () => {
  const train = sums(12)
  const start = () => sequential([flatten(), dense(1)]).init({ inputs: 1, steps: 4, seed: 1 })
  const [model, other, control] = [start(), start(), new AbortController()]
  let batches = 0
  const spied: Samples = {
    ...train,
    fillInputs(rows, into) {
      if (++batches === 5) control.abort() // the second batch of the second step
      train.fillInputs(rows, into)
    },
  }
  const options = { batch: 2, accumulate: 3, shuffle: false }
  expect(await epochsOf(model, { train: spied }, { ...options, epochs: 4, signal: control.signal })).toEqual([])
  await epochsOf(other, { train: { ...train, count: 6 } }, { ...options, epochs: 1 })
  expect(weightsOf(model)).toEqual(weightsOf(other))
})
