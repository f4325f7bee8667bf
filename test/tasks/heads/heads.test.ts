import { describe, expect, test } from 'vitest'
import { Tape } from '../../../src/autograd/index.ts'
import { Random } from '../../../src/base/random.ts'
import { createKernels } from '../../../src/kernels/index.ts'
import { crpsByQuantiles } from '../../../src/tasks/heads/distribution.ts'
import { normal } from '../../../src/tasks/heads/gaussian.ts'
import { type Distribution, type Head, headNames, headOf, pointAt, pooled } from '../../../src/tasks/heads/index.ts'

const DRAWS = 20_000
const COUNTS = ['negativeBinomial', 'bernoulli']

/** Each head but that of points, with outputs of the kind that training comes to, and targets to hold them against. */
const cases: readonly (readonly [Head['name'], Head, readonly number[], readonly number[]])[] = [
  ['gaussian', headOf({ head: 'gaussian' }), [0.4, -0.5], [-1, 0.3, 2]],
  ['studentT', headOf({ head: 'studentT' }), [0.4, -0.5, 2], [-3, 0.3, 2]],
  ['negativeBinomial', headOf({ head: 'negativeBinomial' }), [1.5, 0.3], [0, 4, 12]],
  ['quantiles', headOf({ head: 'quantiles', levels: [0.1, 0.5, 0.9] }), [-1, 0.2, 1.7], [-2, 0.3, 4]],
  ['bernoulli', headOf({ head: 'bernoulli' }), [0.7], [0, 1]],
  ['mixture', headOf({ head: 'mixture', components: 2 }), [0.3, -0.2, -1, 1, 0, -1], [0.1, 1, 9]],
]
/** A shift and a scale that the head allows. */
const unitsOf = ({ scaling }: Head) => ({ any: [100, 7], ratio: [0, 7], none: [0, 1] })[scaling] as [number, number]
const drawn = (distribution: Distribution) => {
  const random = new Random(3, 'draws')
  return Float64Array.from({ length: DRAWS }, () => distribution.sample(random))
}
const mean = (values: Float64Array) => values.reduce((sum, value) => sum + value, 0) / values.length

test('every head is here, or gives points', () => {
  expect(['point', ...cases.map(([name]) => name)].sort()).toEqual([...headNames].sort())
})

describe.each(cases)('the head %s', (name, head, outputs, targets) => {
  const [shift, scale] = unitsOf(head)
  const distribution = head.distribution([9, ...outputs, 9], 1, shift, scale)
  const sample = drawn(distribution)
  const spread = Math.sqrt(mean(sample.map((value) => (value - mean(sample)) ** 2)))

  test('takes as many numbers as it says', () => {
    expect(outputs.length).toBe(head.outputs)
    expect(head.loss.targetShape([5, head.outputs])).toEqual([5, 1])
  })

  test('has the mean of its samples', () => {
    expect(Math.abs(mean(sample) - distribution.mean)).toBeLessThan((4 * spread) / Math.sqrt(DRAWS))
  })

  test('has as many samples below a quantile as that says', () => {
    for (const p of [0.01, 0.2, 0.5, 0.8, 0.99]) {
      const value = distribution.quantile(p)
      const share = (within: (one: number) => boolean) => sample.filter(within).length / DRAWS
      const error = 4 * Math.sqrt((p * (1 - p)) / DRAWS)
      expect(share((one) => one <= value)).toBeGreaterThan(p - error)
      expect(share((one) => one < value)).toBeLessThan(p + error)
    }
  })

  test('has quantiles that never cross', () => {
    const values = Array.from({ length: 199 }, (_, i) => distribution.quantile((i + 1) / 200))
    expect(values.toSorted((a, b) => a - b)).toEqual(values)
  })

  test('has the CRPS of its samples, E|X - y| - E|X - X′|/2', () => {
    const between = mean(sample.subarray(1).map((value, i) => Math.abs(value - sample[i]!)))
    for (const target of targets) {
      const y = shift + scale * target
      const errors = sample.map((value) => Math.abs(value - y))
      expect(Math.abs(distribution.crps(y) - (mean(errors) - between / 2))).toBeLessThan(0.03 * spread)
    }
  })

  test('has a density that is its share of samples', () => {
    for (const target of targets) {
      const y = shift + scale * target
      const reach = COUNTS.includes(name) ? 0 : 0.1 * spread
      const share = sample.filter((one) => Math.abs(one - y) <= reach).length / DRAWS
      const expected = Math.exp(distribution.logDensity(y)) * (reach === 0 ? 1 : 2 * reach)
      expect(Math.abs(share - expected)).toBeLessThan(4 * Math.sqrt(expected / DRAWS) + 0.1 * expected)
    }
  })

  test('starts where the targets are', () => {
    const start = head.distribution(
      Array.from(head.bias!(sample.map((value) => (value - shift) / scale))),
      0,
      shift,
      scale,
    )
    expect(Math.abs(start.mean - distribution.mean)).toBeLessThan(0.25 * spread)
    if (name === 'bernoulli') return
    for (const p of [0.1, 0.9]) expect(Math.abs(start.quantile(p) - distribution.quantile(p))).toBeLessThan(spread)
  })

  // Quantiles are trained by the pinball loss, which is no likelihood.
  if (name !== 'quantiles')
    test('is trained by -log of its density, in scaled units', () => {
      for (const target of targets) {
        const tape = new Tape(createKernels('reference'))
        const y = tape.input({ data: outputs, shape: [1, outputs.length] })
        const loss = tape.read(head.loss.run(tape, y, tape.input({ data: [target], shape: [1, 1] }))).data[0]!
        const nats = -distribution.logDensity(shift + scale * target)
        expect(nats - (COUNTS.includes(name) ? 0 : Math.log(scale))).toBeCloseTo(loss, 8)
      }
    })
})

describe('the mixture', () => {
  const startOf = (targets: Float64Array, components: number) => {
    const head = headOf({ head: 'mixture', components })
    return head.distribution(head.bias!(targets), 0, 0, 1)
  }
  const natsOf = ({ logDensity }: Distribution, targets: Float64Array) => -mean(targets.map(logDensity))

  test('starts at the density of all targets: of waiting times, within a hundredth of a nat of the exponential', () => {
    const random = new Random(5, 'gaps')
    const gaps = Float64Array.from({ length: 2000 }, () => -6 * Math.log(1 - random.uniform()))
    const exponential = Math.log(mean(gaps)) + 1
    expect(Math.abs(natsOf(startOf(gaps, 8), gaps) - exponential)).toBeLessThan(0.01)
    const two = gaps.map((gap, i) => (i % 4 === 0 ? 1000 : 1) * gap)
    expect(natsOf(startOf(two, 8), two)).toBeLessThan(natsOf(startOf(two, 1), two) - 0.2)
  })

  test('starts without a spike where targets are equal', () => {
    const one = startOf(Float64Array.of(3, 3, 3, 3), 4)
    expect(one.quantile(0.5)).toBeCloseTo(3, 6)
    const few = startOf(
      Float64Array.from({ length: 60 }, (_, i) => 1 + (i % 3)),
      8,
    )
    expect(few.logDensity(2)).toBeLessThan(1.5)
    expect(few.quantile(0.1)).toBeGreaterThan(0.8)
  })
})

describe('the head of points', () => {
  test.each(['mse', 'mae', 'huber'] as const)('trained by %s, puts all on one value', (loss) => {
    const head = headOf({ head: 'point', loss })
    const { mean, quantile, crps, logDensity } = head.distribution([0, 0.5], 1, 100, 7)
    expect([mean, quantile(0.1), quantile(0.9), crps(100), logDensity(100)]).toEqual([
      103.5,
      103.5,
      103.5,
      3.5,
      Number.NEGATIVE_INFINITY,
    ])
    expect(head.bias!(Float64Array.of(1, 2, 9))).toEqual([loss === 'mse' ? 4 : 2])
  })
})

describe('quantiles', () => {
  const head = headOf({ head: 'quantiles', levels: [0.1, 0.5, 0.9] })

  test('are put in order, are met, and linear between', () => {
    const distribution = head.distribution([3, 1, 2], 0, 0, 1)
    expect([0.1, 0.3, 0.5, 0.9].map(distribution.quantile)).toEqual([1, 1.5, 2, 3])
  })

  test('have a density even where all are one', () => {
    const distribution = head.distribution([2, 2, 2], 0, 0, 1)
    expect(distribution.logDensity(2)).toSatisfy(Number.isFinite)
    expect(distribution.mean).toBeCloseTo(2, 5)
  })

  test('have a mass of one, tails counted', () => {
    const distribution = head.distribution([0, 1, 3], 0, 0, 1)
    let mass = 0
    for (let y = -30; y < 40; y += 0.001) mass += 0.001 * Math.exp(distribution.logDensity(y))
    expect(mass).toBeCloseTo(1, 2)
  })
})

describe('several together', () => {
  test('average quantiles and means, and mix densities', () => {
    const both = pooled([normal(0, 1), normal(4, 3)])
    expect(both.mean).toBe(2)
    expect(both.quantile(0.9)).toBeCloseTo(normal(2, 2).quantile(0.9), 12)
    expect(Math.exp(both.logDensity(1))).toBeCloseTo(
      (Math.exp(normal(0, 1).logDensity(1)) + Math.exp(normal(4, 3).logDensity(1))) / 2,
      12,
    )
    // Vincent's average of normal distributions is one again.
    expect(both.crps(1)).toBeCloseTo(normal(2, 2).crps(1), 3)
    expect(mean(drawn(both))).toBeCloseTo(2, 1)
  })

  test('of one are that one, of points their mean, of events the mean probability', () => {
    const one = normal(0, 1)
    expect(pooled([one])).toBe(one)
    expect(pooled([pointAt(1), pointAt(2)]).quantile(0.3)).toBe(1.5)
    const bernoulli = headOf({ head: 'bernoulli' })
    const events = pooled([0, Math.log(3)].map((logit) => bernoulli.distribution([logit], 0, 0, 1)))
    expect(events.chance).toBeCloseTo(0.625, 12)
    expect(events.crps(1)).toBeCloseTo(0.375 ** 2, 12)
  })
})

test('the CRPS on a grid of quantiles is near that in closed form', () => {
  for (const y of [-4, 0, 0.7, 6])
    expect(Math.abs(crpsByQuantiles(normal(0, 1).quantile, y) / normal(0, 1).crps(y) - 1)).toBeLessThan(1e-4)
})

describe('heads that cannot be', () => {
  test.each([
    [{ head: 'gauss' }, 'head: expected one of point, gaussian, studentT'],
    [{ head: 'point', loss: 'mape' }, 'loss: expected one of mse, mae, huber, got "mape"'],
    [
      { head: 'quantiles', levels: [0.5] },
      'quantiles: expected at least two levels, such as [0.1, 0.5, 0.9], got [0.5]',
    ],
    [{ head: 'quantiles', levels: [0.5, 1] }, 'quantileLoss: expected quantiles above 0 and below 1, got 1'],
    [{ head: 'mixture', components: 0.5 }, 'mixtureLoss: components: expected a whole number of at least 1, got 0.5'],
  ])('%j', (options, words) => {
    expect(() => headOf(options as Parameters<typeof headOf>[0])).toThrow(words)
  })
})
