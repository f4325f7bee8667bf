import { describe, expect, test } from 'vitest'
import {
  adam,
  adamW,
  dense,
  flatten,
  lstm,
  type Optimizer,
  rmsprop,
  type Step,
  sequential,
  sgd,
} from '../../src/index.ts'
import { createKernels, surveyTiers } from '../../src/kernels/index.ts'
import { clipScale } from '../../src/train/index.ts'
import { epochsOf, sums, weightsOf } from './samples.ts'

const STEPS = 20
const COUNT = 12
const train = sums(COUNT, 3, 2)
const [x, y] = [new Float64Array(COUNT * 6), new Float64Array(COUNT)]
const rows = Array.from({ length: COUNT }, (_, i) => i)
train.fillInputs(rows, x)
train.fillTargets(rows, y)

/** w·x + b under mean squared error: the loss and its gradient by (w, b), the whole set at once. */
function regression(weights: readonly number[]) {
  let loss = 0
  const gradient = weights.map(() => 0)
  for (const row of rows) {
    const features = [...x.subarray(row * 6, row * 6 + 6), 1]
    const error = features.reduce((sum, value, i) => sum + value * weights[i]!, 0) - y[row]!
    loss += error ** 2 / COUNT
    for (const [i, value] of features.entries()) gradient[i]! += (2 * error * value) / COUNT
  }
  return { loss, gradient, norm: Math.hypot(...gradient) }
}

type Rule = (w: number[], g: number[], step: number) => number[]

const sgdByHand: Rule = (w, g) => w.map((value, i) => value - 0.1 * g[i]!)

/** Algorithm 1 of Kingma & Ba 2015, bias corrections and all. */
function adamByHand(rate: number, beta1: number, beta2: number, epsilon: number): Rule {
  const [m, v] = [Array(7).fill(0), Array(7).fill(0)]
  return (w, g, t) =>
    w.map((value, i) => {
      m[i] = beta1 * m[i] + (1 - beta1) * g[i]!
      v[i] = beta2 * v[i] + (1 - beta2) * g[i]! ** 2
      const [mHat, vHat] = [m[i] / (1 - beta1 ** t), v[i] / (1 - beta2 ** t)]
      return value - (rate * mHat) / (Math.sqrt(vHat) + epsilon)
    })
}

const cases: readonly [string, Optimizer, () => Rule][] = [
  ['sgd', sgd(0.1), () => sgdByHand],
  ['adam by its defaults', adam(), () => adamByHand(1e-3, 0.9, 0.999, 1e-8)],
  ['adam with options', adam(0.05, { beta1: 0.8, beta2: 0.9, epsilon: 1e-3 }), () => adamByHand(0.05, 0.8, 0.9, 1e-3)],
]

describe.each(cases)('20 steps of %s', (_, optimizer, makeRule) => {
  test.each([
    ['reference', undefined, 1e-12],
    ['reference', 0.5, 1e-12],
    ['auto', undefined, 1e-5],
    ['auto', 0.5, 1e-5],
  ] as const)('%s kernels, clipNorm %s', async (kernels, clipNorm, tolerance) => {
    const model = sequential([flatten(), dense(1)]).init({ inputs: 2, steps: 3, seed: 5, kernels })
    const rule = makeRule()
    let weights = weightsOf(model)
    let clipped = 0
    const expected = Array.from({ length: STEPS }, (_, step) => {
      const { loss, gradient, norm } = regression(weights)
      const scale = clipNorm !== undefined && norm > clipNorm ? clipNorm / norm : 1
      if (scale < 1) clipped++
      weights = rule(
        weights,
        gradient.map((g) => g * scale),
        step + 1,
      )
      return { loss, norm }
    })
    const options = { epochs: STEPS, batch: COUNT, shuffle: false, optimizer, ...(clipNorm ? { clipNorm } : {}) }
    const epochs = await epochsOf(model, { train }, options)

    const furthest = (values: readonly number[], wanted: readonly number[]) =>
      Math.max(...wanted.map((value, i) => Math.abs(value - values[i]!)))
    expect(furthest(weightsOf(model), weights)).toBeLessThan(tolerance)
    const losses = epochs.map(({ loss }) => loss)
    const expectedLosses = expected.map(({ loss }) => loss)
    expect(furthest(losses, expectedLosses)).toBeLessThan(tolerance)
    const norms = epochs.map(({ gradientNorm }) => gradientNorm)
    const expectedNorms = expected.map(({ norm }) => norm)
    expect(furthest(norms, expectedNorms)).toBeLessThan(tolerance)
    expect(clipped > 0).toBe(clipNorm !== undefined)
  })
})

test('each training starts with an empty memory of moments', async () => {
  const trained = async (before?: Optimizer) => {
    const model = sequential([flatten(), dense(1)]).init({ inputs: 2, steps: 3, seed: 5 })
    const start = model.parameters.read()
    if (before) await epochsOf(model, { train }, { epochs: 3, optimizer: before })
    model.parameters.write(start)
    await epochsOf(model, { train }, { epochs: 3, optimizer: adam(0.01) })
    return weightsOf(model)
  }
  expect(await trained(adam(0.1))).toEqual(await trained())
})

describe('clipping: if ‖g‖ > u then g ← g·u/‖g‖', () => {
  /** With a rate of 1, one step of sgd subtracts exactly the gradient as clipped: of three layers' parameters at once. */
  const gradientOf = async (clipNorm?: number, clipValue?: number) => {
    const model = sequential([lstm(4), lstm(3, { returns: 'last' }), dense(1)]).init({
      inputs: 2,
      seed: 2,
      kernels: 'reference',
    })
    const before = weightsOf(model)
    const options = { epochs: 1, batch: COUNT, shuffle: false, optimizer: sgd(1) }
    const clipping = { ...(clipNorm ? { clipNorm } : {}), ...(clipValue ? { clipValue } : {}) }
    let clipped = Number.NaN
    const onStep = ({ clippedNorm }: Step) => {
      clipped = clippedNorm
    }
    const [epoch] = await epochsOf(model, { train }, { ...options, ...clipping, onStep })
    const after = weightsOf(model)
    return { norm: epoch!.gradientNorm, clipped, after, gradient: before.map((value, i) => value - after[i]!) }
  }

  test('by value each number is brought within its bounds, ahead of the norm; the norm before and after is told', async () => {
    const free = await gradientOf()
    expect(free.clipped).toBe(free.norm)
    const most = Math.max(...free.gradient.map(Math.abs))
    for (const bound of [0.5 * most, 1e-3 * most, 2 * most]) {
      const inBounds = free.gradient.map((g) => Math.max(-bound, Math.min(bound, g)))
      const norm = Math.hypot(...inBounds)
      for (const u of [undefined, 0.7 * norm, 1.1 * norm]) {
        const { gradient, clipped, norm: told } = await gradientOf(u, bound)
        const scale = u !== undefined && u < norm ? u / norm : 1
        expect(told).toBe(free.norm)
        expect(Math.abs(clipped - scale * norm)).toBeLessThan(1e-13)
        expect(Math.max(...gradient.map((g, i) => Math.abs(g - scale * inBounds[i]!)))).toBeLessThan(1e-13)
      }
    }
  })

  test('above u the norm is u after, and the direction and the reported norm stay', async () => {
    const free = await gradientOf()
    expect(Math.hypot(...free.gradient)).toBeCloseTo(free.norm, 12)
    for (const share of [0.99, 0.5, 1e-3]) {
      const u = share * free.norm
      const { norm, gradient } = await gradientOf(u)
      expect(norm).toBe(free.norm)
      expect(Math.abs(Math.hypot(...gradient) - u)).toBeLessThan(1e-13)
      const strayed = gradient.map((g, i) => Math.abs(g - free.gradient[i]! * share))
      expect(Math.max(...strayed)).toBeLessThan(1e-13)
    }
  })

  test('at u and below nothing is touched', async () => {
    const free = await gradientOf()
    for (const u of [free.norm, 1.01 * free.norm, 1e6]) expect((await gradientOf(u)).after).toEqual(free.after)
  })

  test.each([
    [10, 5, 0.5],
    [5, 5, 1],
    [4.99, 5, 1],
    [0, 5, 1],
    [1e30, undefined, 1],
  ])('‖g‖ = %s, u = %s: g is multiplied by %s', (norm, limit, scale) => expect(clipScale(norm, limit)).toBe(scale))
})

const tiers = surveyTiers().flatMap(({ tier, test }) => (test ? [tier] : []))

describe.each(tiers)('%s', (tier) => {
  test.each([
    adam(1e-3, { beta2: 0.9 }),
    adamW(1e-3, { beta2: 0.9 }),
    rmsprop(1e-3, { alpha: 0.9, centered: true }),
    sgd(1e-3, { momentum: 0.9 }),
  ])(
    'the means of gradients that have ceased come to zero, not to subnormal numbers: $name',
    ({ program, scalars, slots }) => {
      const kernels = createKernels(tier)
      const names = ['weight', 'gradient', ...Object.keys(slots)]
      const at = kernels.memory.take(16 * names.length)
      kernels.memory.view(at, 16 * names.length).fill(0)
      const [weight, gradient, ...memory] = names.map((_, i) => ({ at: at + 16 * i, rowStride: 8 }))
      const update = kernels.pointwise(program)
      kernels.memory.view(gradient!.at, 8).fill(0.5)
      for (let step = 1; step <= 2000; step++) {
        update(1, 8, [weight!, gradient!, ...memory, weight!, ...memory], [1, ...scalars(step, 1e-3, 0)])
        kernels.memory.view(gradient!.at, 8).fill(0)
      }
      for (const slot of memory) expect([...kernels.memory.view(slot.at, 8)]).toEqual(new Array(8).fill(0))
      expect(memory.length).toBeGreaterThan(0)
      expect(kernels.memory.view(weight!.at, 1)[0]).toBeLessThan(0)
    },
  )
})
