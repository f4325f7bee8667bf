import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Samples } from '../../src/base/samples.ts'
import type { Shape } from '../../src/base/shape.ts'
import {
  adam,
  dense,
  dropout,
  fit,
  flatten,
  gru,
  InputError,
  type Layer,
  lstm,
  type MemoryOptions,
  memoryPlan,
  type Optimizer,
  rmsprop,
  rnn,
  sequential,
  sgd,
} from '../../src/index.ts'
import { type KernelChoice, surveyTiers } from '../../src/kernels/index.ts'
import { lossOf, Trainer } from '../../src/train/trainer.ts'
import { layerOf, unitsOf } from '../recurrence/cases.ts'
import { allCells, ownCell } from '../recurrence/cells.ts'
import { epochsOf, sums } from './samples.ts'

/** As many samples as asked for, all the same. */
const samplesOf = (count: number, inputShape: Shape, targetShape: Shape, lengths?: readonly number[]): Samples => ({
  count,
  inputShape,
  targetShape,
  fillInputs: (_, into) => into.fill(0.1),
  fillTargets: (_, into) => into.fill(0.2),
  restore: (outputs) => Float64Array.from(outputs),
  ...(lengths ? { lengths: () => Int32Array.from(lengths) } : {}),
})

interface Case extends Pick<MemoryOptions, 'clipValue' | 'groups' | 'ema' | 'keepBest' | 'window'> {
  layers: Layer[]
  inputs: number
  steps: number
  batch: number
  lengths?: readonly number[]
  optimizer?: Optimizer
  kernels?: KernelChoice
}

/** What a real step of training takes, told as a plan is. */
function taken({ layers, inputs, steps, batch, lengths, optimizer = adam(), kernels = 'auto', ...options }: Case) {
  const model = sequential(layers).init({ inputs, steps, kernels })
  const { memory } = model.kernels
  const before = memory.usage().kept
  const trainer = new Trainer(model, { ...options, optimizer, loss: lossOf('mse'), seed: 0 })
  const samples = samplesOf(batch, [steps, inputs], model.outputShape, lengths)
  for (const step of trainer.steps(samples, [{ length: batch }])) expect(step!.loss).toBeGreaterThan(0)
  for (const loss of trainer.evaluate(samples)) expect(loss).toBeGreaterThan(0)
  if (options.keepBest) trainer.rooms.keep()
  trainer.rooms.finish(options.keepBest ?? false)
  const { kept, arenaPeak } = memory.usage()
  const { copies } = plan({ layers, inputs, steps, batch, optimizer, kernels, ...options })
  return { optimizer: kept - before - copies, activations: arenaPeak, total: kept + arenaPeak }
}

const plan = ({ layers, ...options }: Case) => memoryPlan(sequential(layers), options)

const tiers: KernelChoice[] = ['reference', ...surveyTiers().flatMap(({ tier, test }) => (test ? [tier] : []))]

describe('a plan is what a step takes, to the byte', () => {
  test.each(['reference', 'auto'] as const)(
    'in windows that hand on their states, and with states kept now and then: %s',
    (kernels) => {
      const sizes = { inputs: 3, steps: 40, batch: 44, kernels }
      const lengths = Array.from({ length: 44 }, (_, i) => (7 * i + 3) % 41)
      const stack = (options = {}) => [lstm(9, { layers: 2, ...options }), dense(2)]
      const cases: Case[] = [
        { ...sizes, layers: stack(), window: 11 },
        { ...sizes, layers: stack(), window: 11, lengths },
        { ...sizes, layers: stack({ checkpoint: 'sqrt' }) },
        { ...sizes, layers: stack({ checkpoint: 9, bidirectional: 'sum', variational: { state: 0.2 } }), lengths },
        { ...sizes, layers: stack({ checkpoint: 4 }), window: 23, lengths },
      ]
      for (const one of cases) expect(plan(one)).toMatchObject(taken(one))
      const most = plan({ ...sizes, layers: stack() }).activations
      for (const one of cases) expect(plan(one).activations).toBeLessThan(most)
    },
  )

  test.each(allCells)('%s', (_, cell) => {
    fc.assert(
      fc.property(
        fc.record({
          batch: fc.oneof(fc.integer({ min: 1, max: 7 }), fc.integer({ min: 15, max: 37 })),
          steps: fc.integer({ min: 1, max: 6 }),
          inputs: fc.integer({ min: 1, max: 5 }),
          units: fc.integer({ min: 1, max: 20 }),
          layers: fc.integer({ min: 1, max: 2 }),
          way: fc.constantFrom({}, { reverse: true }, { bidirectional: 'concat' as const }),
          ragged: fc.boolean(),
          kernels: fc.constantFrom(...tiers),
        }),
        ({ units, layers: stacked, way, ragged, ...sizes }) => {
          const chosen = unitsOf(cell, { ...sizes, hidden: units, seed: units })
          const { inputs } = chosen
          if (cell === ownCell && 'bidirectional' in way && stacked > 1) return // reads 2·units there
          const lengths = Array.from({ length: sizes.batch }, (_, i) => (7 * i + 3) % (sizes.steps + 1))
          const layers = [layerOf(cell, chosen, { layers: stacked, ...way, returns: 'last' }), dense(2)]
          const one = { ...sizes, layers, inputs, ...(ragged ? { lengths } : {}) }
          expect(plan(one)).toMatchObject(taken(one))
        },
      ),
      { numRuns: 12 },
    )
  })

  const stack = [gru(9), dropout(0.3), lstm(7), dense(3, { activation: 'relu' }), flatten(), dense(1)]
  test.each(tiers)('every layer, %s kernels, and its parts add up', (kernels) => {
    for (const optimizer of [adam(), sgd(0.1)]) {
      const one = { layers: stack, inputs: 3, steps: 5, batch: 21, kernels, optimizer }
      const planned = plan(one)
      expect(planned).toMatchObject(taken(one))
      const { parameters, gradients, activations, scratch, total } = planned
      expect(parameters + gradients + planned.optimizer + planned.copies + activations + scratch).toBe(total)
      const { size, kernels: real } = sequential(stack).init({ inputs: 3, steps: 5, kernels })
      expect(parameters).toBeGreaterThanOrEqual((real.tier === 'reference' ? 8 : 4) * size)
      expect(gradients).toBe(parameters)
      expect(planned.optimizer).toBe(parameters * Object.keys(optimizer.slots).length)
    }
  })

  test.each(tiers)('an average, the best, clipping by value and groups: %s kernels', (kernels) => {
    const none = { layers: [dense(3), flatten(), dense(1)], inputs: 2, steps: 3, batch: 1, kernels }
    const groups = ['0.weight', '0.bias'].map((name, i) => ({ parameters: [name], rate: 0.1 * (i + 1) }))
    for (const more of [
      { ema: 0.9 },
      { keepBest: true },
      { groups, clipValue: 0.1 },
      { ema: 0.9, keepBest: true, groups, optimizer: rmsprop(0.1, { centered: true, momentum: 0.9 }) },
    ] as Partial<Case>[]) {
      const planned = plan({ ...none, ...more })
      expect(planned).toMatchObject(taken({ ...none, ...more }))
      const copies = [more.ema, more.keepBest].filter((copy) => copy !== undefined).length
      expect(planned.copies).toBe(copies * planned.parameters)
      expect(planned.total - plan({ ...none, ...(more.optimizer ? { optimizer: more.optimizer } : {}) }).total).toBe(
        planned.copies + planned.activations - plan(none).activations,
      )
    }
  })

  test('of a model as of its layers; full lengths are the most it can be', () => {
    const [layers, steps, batch] = [[lstm(24), lstm(16, { returns: 'last' }), dense(2)], 9, 40]
    const model = sequential(layers).init({ inputs: 4 })
    const full = memoryPlan(model, { steps, batch })
    expect(full).toEqual(plan({ layers, inputs: 4, steps, batch }))
    expect(memoryPlan(sequential(layers).init({ inputs: 4, steps }), { batch })).toEqual(full)
    for (let seed = 1; seed < 30; seed++) {
      const lengths = Array.from({ length: batch }, (_, i) => (seed * (i + 1) * 7919) % (steps + 1))
      const { activations } = memoryPlan(model, { steps, batch, lengths })
      expect(activations).toBeLessThan(full.activations)
    }
  })

  test('with samples to validate on it is the peak of a whole fit', async () => {
    const layers = [lstm(5, { returns: 'last' }), dense(1)]
    const model = sequential(layers).init({ inputs: 1 })
    await epochsOf(model, { train: sums(30), validation: sums(300) }, { epochs: 2, batch: 8 })
    const { kept, arenaPeak } = model.kernels.memory.usage()
    const options = { batch: 8, steps: 4, inputs: 1 }
    expect(memoryPlan(model, { ...options, validation: 300 })).toMatchObject({
      activations: arenaPeak,
      total: kept + arenaPeak,
    })
    expect(memoryPlan(model, options).total).toBeLessThan(kept + arenaPeak)
  })

  test('a wrong size is told', () => {
    const layers = sequential([rnn(2)])
    expect(() => memoryPlan(layers, { batch: 1, steps: 1 })).toThrow(
      new InputError('memoryPlan: expected the number of inputs, as it goes to init'),
    )
    expect(() => memoryPlan(layers, { batch: 1, inputs: 1 })).toThrow(
      new InputError('memoryPlan: expected the number of steps of a sequence'),
    )
    expect(() => memoryPlan(layers, { batch: 0, inputs: 1, steps: 1 })).toThrow(
      new InputError('memoryPlan: batch: expected a whole number of at least 1, got 0'),
    )
    expect(() => memoryPlan(sequential([lstm(512)]), { batch: 1e4, inputs: 1, steps: 1000 })).toThrow(
      new InputError('this needs more than 16 GiB of memory; use a smaller batch, shorter sequences or fewer units'),
    )
  })
})

describe('fit refuses what would not fit before it takes anything', () => {
  const layers = [lstm(512, { returns: 'last' }), dense(1)]
  const kernels = 'simd'

  /** What fit says of 1000 samples that may not be read. */
  async function refusal(steps: number, batch: number): Promise<string> {
    const model = sequential(layers).init({ inputs: 2, kernels })
    const before = model.kernels.memory.usage()
    const unread = () => {
      throw new Error('samples were read')
    }
    const train = { ...samplesOf(1000, [steps, 2], [1]), fillInputs: unread, fillTargets: unread }
    const error = await epochsOf(model, { train }, { epochs: 1, batch }).catch((error) => error)
    expect(model.kernels.memory.usage()).toEqual(before)
    expect(error).toBeInstanceOf(InputError)
    return error.message
  }
  const gigabytes = (steps: number, batch: number) =>
    memoryPlan(sequential(layers), { inputs: 2, steps, batch, kernels }).total / 2 ** 30

  test('and names a batch that would', async () => {
    const message = await refusal(6000, 64)
    const [, size, batch] = /needs ([\d.]+) GiB.*; a batch of (\d+) would fit; so may/.exec(message) ?? []
    expect(message).toBe(
      `fit: a step of 64 samples with 6000 steps each needs ${size} GiB of memory, more than WebAssembly has (4 GiB); ` +
        `a batch of ${batch} would fit; so may shorter sequences or fewer units`,
    )
    expect(gigabytes(6000, 64).toFixed(1)).toBe(size)
    expect(gigabytes(6000, 64)).toBeGreaterThan(4)
    expect(gigabytes(6000, Number(batch))).toBeLessThan(4)
    expect(gigabytes(6000, 2 * Number(batch))).toBeGreaterThan(4)
  })

  test('or says that none would', async () => {
    expect(await refusal(300_000, 2)).toMatch(
      /^fit: a step of 2 samples .* not even a batch of 1 would fit: use shorter sequences or fewer units$/,
    )
  })

  test('however large', async () => {
    expect(await refusal(6000, 1000)).toMatch(
      /^fit: a step of 1000 samples with 6000 steps each needs more than 16 GiB of memory, .* a batch of \d+ would fit/,
    )
  })

  test('a batch larger than the samples counts as they are', async () => {
    const model = sequential([lstm(64, { returns: 'last' }), dense(1)]).init({ inputs: 1, kernels })
    expect(await epochsOf(model, { train: sums(3) }, { epochs: 1, batch: 1e7 })).toHaveLength(1)
  })
})

test('validation and prediction run fewer at once where 256 would not fit', () => {
  const model = sequential([lstm(512, { returns: 'last' }), dense(1)]).init({ inputs: 1, kernels: 'simd' })
  const at = (steps: number, count: number) => model.rowsAtOnce({ count, inputShape: [steps, 1] })
  expect([at(20, 1000), at(20, 3), at(4000, 1000), at(4000, 3)]).toEqual([256, 3, 64, 3])
  expect(model.kernels.memory.usage().arenaPeak).toBe(0)
})

setFlagsFromString('--expose-gc')
const collect = runInNewContext('globalThis.gc') as () => void

test('10,000 steps leave the memory, its peak and the heap where they were', async () => {
  const model = sequential([gru(2, { returns: 'last' }), dense(1)]).init({ inputs: 1 })
  const data = { train: sums(4) }
  const collected = () => {
    collect()
    return process.memoryUsage().heapUsed
  }
  await epochsOf(model, data, { epochs: 2000, batch: 4, optimizer: sgd(0.01) })
  const [usage, heap] = [model.kernels.memory.usage(), collected()]
  let steps = 0
  for await (const _ of fit(model, data, { epochs: 10_000, batch: 4, optimizer: sgd(0.01) })) steps++
  expect(steps).toBe(10_000)
  expect(model.kernels.memory.usage()).toEqual(usage)
  // 80 bytes a step; what the engine compiles meanwhile stays below.
  expect(collected() - heap).toBeLessThan(800_000)
})
