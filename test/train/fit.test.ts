import { describe, expect, test } from 'vitest'
import type { Samples } from '../../src/base/samples.ts'
import { formatModel } from '../../src/formats/model-file.ts'
import { adam, dense, dropout, fit, gru, lstm, type Step, sequential } from '../../src/index.ts'
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
