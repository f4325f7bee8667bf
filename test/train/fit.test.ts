import { describe, expect, test } from 'vitest'
import type { Samples } from '../../src/base/samples.ts'
import { formatModel } from '../../src/formats/model-file.ts'
import {
  adam,
  dense,
  dropout,
  type Epoch,
  fit,
  gru,
  lstm,
  Model,
  rmsprop,
  type Step,
  sequential,
} from '../../src/index.ts'
import { WasmKernels } from '../../src/kernels/wasm/kernels.ts'
import { nodeHost } from '../../src/kernels/wasm/thread-hosts.ts'
import { ThreadPool } from '../../src/kernels/wasm/threads.ts'
import { epochsOf, sums, weightsOf } from './samples.ts'

const train = sums(50)
const small = (seed = 3) =>
  sequential([lstm(6, { returns: 'last' }), dropout(0.1), dense(1)]).init({ inputs: 1, steps: 4, seed })
const bytesOf = (model: ReturnType<typeof small>) => Buffer.from(formatModel(model)).toString('hex')

describe('fit', () => {
  test('lowers the loss, and says what each epoch came to', async () => {
    const model = sequential([gru(8, { returns: 'last' }), dense(1)]).init({ inputs: 1, seed: 1 })
    const epochs = await epochsOf(
      model,
      { train, validation: sums(20, 4, 1, 1) },
      { epochs: 40, optimizer: adam(0.02) },
    )
    expect(epochs.map(({ epoch }) => epoch)).toEqual(Array.from({ length: 40 }, (_, i) => i + 1))
    const [first, last] = [epochs[0]!, epochs.at(-1)!]
    expect(last.loss).toBeLessThan(first.loss / 10)
    expect(last.validation.loss).toBeLessThan(first.validation.loss / 5)
    expect(last).toMatchObject({ epoch: 40, epochs: 40 })
    expect(last.gradientNorm).toBeGreaterThan(0)
    expect(last.seconds).toBeGreaterThan(0)
  })

  test('without validation samples the validation loss is NaN', async () => {
    const [epoch] = await epochsOf(small(), { train }, { epochs: 1 })
    expect(epoch!.validation.loss).toBeNaN()
  })

  test("the loss and the gradient's norm of an epoch are means of what its steps report", async () => {
    const steps: Step[] = []
    const [epoch] = await epochsOf(small(), { train }, { epochs: 1, batch: 16, onStep: (step) => steps.push(step) })
    expect(steps.map(({ epoch, step, steps }) => [epoch, step, steps])).toEqual([1, 2, 3, 4].map((i) => [1, i, 4]))
    const rows = [16, 16, 16, 2] // 50 samples: the last batch is smaller and weighs less
    expect(epoch!.loss).toBeCloseTo(
      steps.reduce((sum, { loss }, i) => sum + (loss * rows[i]!) / 50, 0),
      12,
    )
    expect(epoch!.gradientNorm).toBeCloseTo(
      steps.reduce((sum, { gradientNorm }) => sum + gradientNorm / 4, 0),
      12,
    )
  })

  const ordersOf = async (options: { shuffle?: boolean; seed?: number }) => {
    const seen: number[] = []
    const spied: Samples = {
      ...train,
      fillInputs(rows, into) {
        seen.push(...Array.from(rows))
        train.fillInputs(rows, into)
      },
    }
    await epochsOf(small(), { train: spied }, { epochs: 2, batch: 16, ...options })
    return [seen.slice(0, 50), seen.slice(50)]
  }
  const counted = Array.from({ length: 50 }, (_, i) => i)

  test('each epoch takes every sample once, in a new order', async () => {
    const [first, second] = await ordersOf({})
    for (const order of [first!, second!]) expect([...order].sort((a, b) => a - b)).toEqual(counted)
    expect(first).not.toEqual(counted)
    expect(second).not.toEqual(first)
    expect(await ordersOf({})).toEqual([first, second])
    expect(await ordersOf({ seed: 1 })).not.toEqual([first, second])
  })

  test('shuffle: false takes them as they come', async () =>
    expect(await ordersOf({ shuffle: false })).toEqual([counted, counted]))
})

describe('stopping', () => {
  test('a break leaves the model as the epochs so far made it, ready to predict and to train on', async () => {
    const [broken, whole] = [small(), small()]
    for await (const { epoch } of fit(broken, { train, validation: train }, { epochs: 50 })) if (epoch === 2) break
    await epochsOf(whole, { train }, { epochs: 2 })
    expect(bytesOf(broken)).toBe(bytesOf(whole))
    expect(broken.predict(train).data.every(Number.isFinite)).toBe(true)
    expect(await epochsOf(broken, { train }, { epochs: 1 })).toHaveLength(1)
  })

  test('an aborted signal stops before the next step, without an epoch half told', async () => {
    const [model, control, steps] = [small(), new AbortController(), [] as number[]]
    const epochs = await epochsOf(
      model,
      { train },
      {
        epochs: 9,
        batch: 10, // five steps an epoch
        signal: control.signal,
        onStep({ epoch, step }) {
          steps.push(step)
          if (epoch === 2 && step === 3) control.abort()
        },
      },
    )
    expect(epochs.map(({ epoch }) => epoch)).toEqual([1])
    expect(steps).toEqual([1, 2, 3, 4, 5, 1, 2, 3])
    const predicted = model.predict(train)
    expect(predicted.shape).toEqual([50, 1])
    expect(predicted.data.every(Number.isFinite)).toBe(true)
    expect(await epochsOf(model, { train }, { epochs: 1 })).toHaveLength(1)
  })

  test('a signal aborted beforehand trains nothing', async () => {
    const [model, before] = [small(), bytesOf(small())]
    expect(await epochsOf(model, { train }, { epochs: 3, signal: AbortSignal.abort() })).toEqual([])
    expect(bytesOf(model)).toBe(before)
  })

  test('a timer gets its turn in the midst of training', async () => {
    const signal = AbortSignal.timeout(100)
    let count = 0
    for await (const _ of fit(small(), { train }, { epochs: 5000, signal })) count++
    expect(signal.aborted).toBe(true)
    expect(count).toBeLessThan(5000)
  })
})

describe('one seed, one file', () => {
  const trained = async (initial: number, seed: number) => {
    const model = small(initial)
    await epochsOf(model, { train }, { epochs: 3, batch: 16, clipNorm: 1, seed })
    return bytesOf(model)
  }

  test('equal seeds give equal bytes; another seed, of the weights or of the training, others', async () => {
    const bytes = await trained(7, 7)
    expect(await trained(7, 7)).toBe(bytes)
    expect(await trained(8, 7)).not.toBe(bytes)
    expect(await trained(7, 8)).not.toBe(bytes)
  })
})

test('300 steps after the first epoch leave the memory as that epoch left it', async () => {
  const model = small()
  const usages: unknown[] = []
  const options = { epochs: 76, batch: 16 } // four steps an epoch
  for await (const _ of fit(model, { train, validation: train }, options)) usages.push(model.kernels.memory.usage())
  expect(usages).toHaveLength(76)
  expect(new Set(usages.map((usage) => JSON.stringify(usage))).size).toBe(1)
  await epochsOf(model, { train, validation: train }, options)
  expect(model.kernels.memory.usage()).toEqual(usages[0])
  expect(weightsOf(model).every(Number.isFinite)).toBe(true)
})

describe('callbacks', () => {
  test('are waited for, each step before the next, each epoch before the loop sees it', async () => {
    const events: string[] = []
    const later = async (event: string) => {
      await new Promise((resolve) => setTimeout(resolve, 1))
      events.push(event)
    }
    const spied: Samples = {
      ...train,
      fillInputs(rows, into) {
        events.push('batch')
        train.fillInputs(rows, into)
      },
    }
    const onStep = ({ step }: Step) => later(`step ${step}`)
    const onEpoch = ({ epoch }: Epoch) => later(`epoch ${epoch}`)
    for await (const { epoch } of fit(small(), { train: spied }, { epochs: 2, batch: 25, onStep, onEpoch }))
      events.push(`loop ${epoch}`)
    const each = (epoch: number) => ['batch', 'step 1', 'batch', 'step 2', `epoch ${epoch}`, `loop ${epoch}`]
    expect(events).toEqual([...each(1), ...each(2)])
  })

  test.each(['onStep', 'onEpoch'])('what %s throws ends the training, and the model stays usable', async (hook) => {
    const model = small()
    const fail = () => Promise.reject(new Error('enough'))
    await expect(epochsOf(model, { train }, { epochs: 2, [hook]: fail })).rejects.toThrow('enough')
    expect(await epochsOf(model, { train }, { epochs: 1 })).toHaveLength(1)
  })
})

describe('between batches of a validation', () => {
  /** Samples of four batches, each of which takes longer than a turn. */
  const slow = (onBatch: () => void): Samples => ({
    ...sums(1000),
    fillInputs(_, into) {
      onBatch()
      into.fill(0)
      const end = performance.now() + 35
      while (performance.now() < end);
    },
  })

  test('others get their turn', async () => {
    const seen: number[] = []
    let turns = 0
    const validation = slow(() => {
      seen.push(turns)
      setTimeout(() => turns++, 0)
    })
    await epochsOf(small(), { train, validation }, { epochs: 1 })
    expect(seen).toEqual([0, 1, 2, 3])
  })

  test('a signal stops, with the weights of the last step in the model and no epoch told', async () => {
    for (const validateEvery of [undefined, 2]) {
      const [model, other, control] = [small(), small(), new AbortController()]
      const validation = slow(() => control.abort())
      const steps: number[] = []
      const options = { epochs: 3, batch: 25, ema: 0.5, onStep: ({ step }: Step) => steps.push(step) }
      const every = validateEvery ? { validateEvery } : {}
      const epochs = await epochsOf(model, { train, validation }, { ...options, ...every, signal: control.signal })
      expect([epochs, steps]).toEqual([[], validateEvery ? [1] : [1, 2]])
      await epochsOf(other, { train }, { ...options, epochs: 1 })
      expect(bytesOf(model)).toBe(bytesOf(other))
    }
  })
})

test('one thread and two come to the same bytes, whatever is asked of training', async () => {
  const layers = [lstm(120, { returns: 'last' as const }), dense(1)]
  const bytes = async (threads: number) => {
    const model = new Model(
      layers,
      { inputs: 1, steps: 4 },
      3,
      WasmKernels.on('simd', new ThreadPool(nodeHost, threads, 0)),
    )
    const groups = [
      { parameters: /bias_ih/, freeze: true },
      { parameters: /^0/, rate: 0.02, weightDecay: 0.1 },
    ]
    const asked = { clipNorm: 0.4, clipValue: 0.02, accumulate: 2, ema: 0.7, keepBest: true, groups }
    const optimizer = rmsprop(0.01, { centered: true, momentum: 0.5 })
    const steps: Step[] = []
    const onStep = (step: Step) => steps.push(step)
    await epochsOf(model, { train, validation: train }, { ...asked, optimizer, epochs: 2, batch: 8, onStep })
    return { steps, weights: weightsOf(model) }
  }
  const one = await bytes(1)
  expect(one.weights.length).toBeGreaterThan(58_000)
  expect(await bytes(2)).toEqual(one)
  expect(await bytes(3)).toEqual(one)
})
