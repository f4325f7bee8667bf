import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import type { PlainTensor } from '../../src/base/shape.ts'
import {
  adagrad,
  adam,
  adamW,
  cosine,
  dense,
  exponential,
  type FitOptions,
  oneCycle,
  type Rate,
  reduceOnPlateau,
  rmsprop,
  samplesFrom,
  sequential,
  sgd,
  stepDecay,
} from '../../src/index.ts'
import { scheduleOf } from '../../src/train/schedules.ts'
import { epochsOf, weightsOf } from '../train/samples.ts'
import { furthest } from './compare.ts'

interface Golden {
  readonly problem: Record<'inputs' | 'targets' | 'weight' | 'bias', PlainTensor>
  /** What the schedules that go by losses were shown. */
  readonly losses: readonly number[]
  readonly runs: readonly {
    readonly name: keyof typeof ours
    readonly losses: readonly number[]
    /** ‖gradient‖ before clipping and after, of the runs that clip. */
    readonly norms?: readonly number[]
    readonly clipped?: readonly number[]
    readonly weights: readonly (readonly number[])[]
  }[]
  readonly schedules: readonly { readonly name: keyof typeof ourRates; readonly rates: readonly number[] }[]
}

const { problem, losses, runs, schedules }: Golden = JSON.parse(
  readFileSync(new URL('torch-optimizers.json', import.meta.url), 'utf8'),
)

const ours = {
  sgd: { optimizer: sgd(0.1) },
  'sgd, momentum': { optimizer: sgd(0.02, { momentum: 0.9 }) },
  'sgd, dampening': { optimizer: sgd(0.05, { momentum: 0.8, dampening: 0.4 }) },
  'sgd, nesterov': { optimizer: sgd(0.02, { momentum: 0.9, nesterov: true }) },
  'sgd, weight decay': { optimizer: sgd(0.05, { momentum: 0.5, weightDecay: 0.1 }) },
  rmsprop: { optimizer: rmsprop() },
  'rmsprop, momentum': {
    optimizer: rmsprop(0.005, { alpha: 0.9, epsilon: 1e-4, momentum: 0.8, weightDecay: 0.05 }),
  },
  'rmsprop, centered': { optimizer: rmsprop(0.01, { alpha: 0.95, centered: true }) },
  'rmsprop, centered, momentum': { optimizer: rmsprop(0.005, { alpha: 0.9, momentum: 0.5, centered: true }) },
  adagrad: { optimizer: adagrad() },
  'adagrad with options': {
    optimizer: adagrad(0.5, { lrDecay: 0.02, weightDecay: 0.05, initialAccumulatorValue: 0.3, epsilon: 1e-3 }),
  },
  adam: { optimizer: adam(0.05) },
  'adam with options': { optimizer: adam(0.05, { beta1: 0.8, beta2: 0.95, epsilon: 1e-3, weightDecay: 0.1 }) },
  'adam, amsgrad': { optimizer: adam(0.05, { beta2: 0.9, amsgrad: true }) },
  adamW: { optimizer: adamW() },
  'adamW with options': { optimizer: adamW(0.05, { weightDecay: 0.2, beta1: 0.8, beta2: 0.95, epsilon: 1e-6 }) },
  'adamW, amsgrad': { optimizer: adamW(0.05, { weightDecay: 0.2, beta2: 0.9, amsgrad: true }) },
  'clipped by value': { optimizer: sgd(0.05), clipValue: 0.4 },
  'clipped by norm': { optimizer: sgd(0.1), clipNorm: 1.1 },
  'clipped by both': { optimizer: adam(0.05), clipValue: 0.5, clipNorm: 0.8 },
  groups: {
    optimizer: adamW(0.05),
    groups: [
      { parameters: /weight/, weightDecay: 0.3 },
      { parameters: ['0.bias'], rate: 0.01 },
    ],
  },
  'one frozen': { optimizer: sgd(0.1), groups: [{ parameters: ['0.bias'], freeze: true }] },
  'warm cosine': { optimizer: adam(cosine({ peak: 0.1, steps: 100, warmup: 10, end: 1e-3 })) },
  averaged: { optimizer: sgd(0.1), ema: 0.9 },
} satisfies Record<string, Partial<FitOptions>>

test('all runs are in the file, and those that clip do so at some steps and not at others', () => {
  expect(runs.map(({ name }) => name).sort()).toEqual(Object.keys(ours).sort())
  for (const { name, norms, clipped } of runs) {
    expect(norms !== undefined, name).toBe(name.startsWith('clipped'))
    const cuts = norms?.filter((norm, i) => clipped![i]! < norm * (1 - 1e-5)).length ?? 1
    expect([cuts > 0, cuts < 100], name).toEqual([true, true])
  }
})

describe.each(runs)("100 steps of PyTorch's $name", (golden) => {
  // PyTorch clips to u / (‖g‖ + 1e-6), Pascanu et al. to u / ‖g‖: that is the whole difference.
  const exact = 'clipNorm' in ours[golden.name] ? 1e-5 : 1e-9
  test.each([
    ['reference', exact],
    ['auto', 1e-5],
  ] as const)('on %s kernels: losses, norms, and the weights each ten steps, within %d', async (kernels, tolerance) => {
    const model = sequential([dense(2)]).init({ inputs: 3, steps: 1, kernels })
    const { weight, bias, inputs, targets } = problem
    model.parameters.write(new Map(Object.entries({ '0.weight': weight, '0.bias': bias })))
    const oneStep = ({ data, shape }: PlainTensor) => ({ data, shape: [shape[0]!, 1, shape[1]!] })
    const train = samplesFrom({ inputs: oneStep(inputs), targets: oneStep(targets) })
    const seen = { losses: [] as number[], norms: [] as number[], clipped: [] as number[] }
    const weights: number[][] = []
    await epochsOf(
      model,
      { train },
      {
        ...ours[golden.name],
        epochs: 25,
        batch: 4,
        shuffle: false,
        onStep({ loss, gradientNorm, clippedNorm }, run) {
          seen.losses.push(loss)
          seen.norms.push(gradientNorm)
          seen.clipped.push(clippedNorm)
          if (seen.losses.length % 10 !== 0) return
          const { tensors } = run.state()
          const room = tensors.has('average/0.weight') ? 'average' : 'weights'
          weights.push(['0.weight', '0.bias'].flatMap((name) => [...tensors.get(`${room}/${name}`)!.data]))
        },
      },
    )
    const row = (data: readonly number[]): PlainTensor => ({ data, shape: [data.length] })
    expect(furthest(row(seen.losses), row(golden.losses)), 'losses').toBeLessThan(tolerance)
    if (golden.norms) {
      expect(furthest(row(seen.norms), row(golden.norms)), 'norms').toBeLessThan(tolerance)
      expect(furthest(row(seen.clipped), row(golden.clipped!)), 'norms after clipping').toBeLessThan(tolerance)
    }
    for (const [i, wanted] of golden.weights.entries())
      expect(furthest(row(weights[i]!), row(wanted)), `weights after ${10 * (i + 1)} steps`).toBeLessThan(tolerance)
    expect(weights).toHaveLength(10)
    expect(weightsOf(model)).toEqual(weights.at(-1))
  })
})

const ourRates = {
  stepDecay: stepDecay({ rate: 0.4, every: 7, factor: 0.3 }),
  exponential: exponential({ rate: 0.4, factor: 0.93 }),
  cosine: cosine({ peak: 0.4, steps: 40, end: 0.02 }),
  'warm cosine': cosine({ peak: 0.4, steps: 40, warmup: 9, end: 0.01 }),
  oneCycle: oneCycle({ peak: 0.4, steps: 40 }),
  'oneCycle with options': oneCycle({ peak: 0.4, steps: 40, pctStart: 0.44, divFactor: 5, finalDivFactor: 50 }),
  plateau: reduceOnPlateau({ rate: 0.4, patience: 2 }),
  'plateau, abs': reduceOnPlateau({ rate: 0.4, factor: 0.5, patience: 1, threshold: 0.02, thresholdMode: 'abs' }),
  'plateau, cooldown': reduceOnPlateau({ rate: 0.4, factor: 0.5, patience: 0, cooldown: 3, minRate: 0.03 }),
} satisfies Record<string, Rate>

test('all schedules are in the file', () =>
  expect(schedules.map(({ name }) => name).sort()).toEqual(Object.keys(ourRates).sort()))

test.each(schedules)("40 steps of PyTorch's $name", ({ name, rates }) => {
  const schedule = scheduleOf(ourRates[name])
  let memory = schedule.start
  const given = rates.map((_, i) => {
    const rate = schedule.rate(memory, i + 1, 1)
    memory = JSON.parse(JSON.stringify(schedule.observe(memory, losses[i]!)))
    return rate
  })
  expect(Math.max(...rates.map((rate, i) => Math.abs(rate - given[i]!)))).toBeLessThan(1e-12)
})
