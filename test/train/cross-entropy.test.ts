import { describe, expect, test } from 'vitest'
import { crossEntropy, Tape } from '../../src/autograd/index.ts'
import { InputError } from '../../src/base/errors.ts'
import { Random } from '../../src/base/random.ts'
import type { PlainTensor, Shape } from '../../src/base/shape.ts'
import { dense, flatten, lstm, type Step, samplesFrom, sequential, sgd } from '../../src/index.ts'
import { createKernels, type KernelChoice } from '../../src/kernels/index.ts'
import { epochsOf, numbers, weightsOf } from './samples.ts'

const [inf, nan] = [Number.POSITIVE_INFINITY, Number.NaN]

/** The loss and its gradient by the logits. */
function judged(logits: PlainTensor, targets: readonly number[], lengths?: number[], kernels: KernelChoice = 'auto') {
  const tape = new Tape(createKernels(kernels))
  const x = tape.input(logits, true)
  const target = tape.input({ data: targets, shape: logits.shape.slice(0, -1) })
  const loss = crossEntropy.run(tape, [x, target], { lengths })
  tape.backward(loss)
  return {
    loss: tape.read(loss).data[0]!,
    gradient: Array.from(tape.read({ ...x, at: tape.gradient(x) }).data),
  }
}
const plain = (data: readonly number[], shape: Shape): PlainTensor => ({ data, shape })

describe.each(['reference', 'auto'] as const)('the edges of cross-entropy on %s kernels', (kernels) => {
  test('a class at -Infinity is as good as absent: no part of the sum, no gradient', () => {
    const [masked, without] = [
      judged(plain([1, -inf, 2, 0.5], [1, 4]), [2], undefined, kernels),
      judged(plain([1, 2, 0.5], [1, 3]), [1], undefined, kernels),
    ]
    expect(masked.loss).toBeCloseTo(without.loss, 6)
    expect(masked.gradient[1]).toBe(0)
    for (const [i, j] of [0, 2, 3].entries()) expect(masked.gradient[j]).toBeCloseTo(without.gradient[i]!, 6)
    expect(judged(plain([1, -inf], [1, 2]), [1], undefined, kernels).loss).toBe(inf)
  })

  test('a row with NaN, +Infinity or nothing but -Infinity has the loss NaN, as in PyTorch', () => {
    for (const row of [
      [1, nan, 2],
      [1, inf, 2],
      [-inf, -inf, -inf],
    ])
      expect(judged(plain(row, [1, 3]), [0], undefined, kernels).loss).toBeNaN()
  })

  test('rows of padding and steps past a length are not looked at, whatever stands there', () => {
    const rows = [
      [1, 2, 3],
      [nan, inf, nan],
      [0.5, -1, 0],
      [nan, nan, nan],
    ]
    const clean = judged(plain([...rows[0]!, ...rows[2]!], [2, 3]), [0, 2], undefined, kernels)
    const expected = [...clean.gradient.slice(0, 3), 0, 0, 0, ...clean.gradient.slice(3), 0, 0, 0]
    const padded = judged(plain(rows.flat(), [4, 3]), [0, -1, 2, -1], undefined, kernels)
    const ragged = judged(plain(rows.flat(), [2, 2, 3]), [0, nan, 2, 77], [1, 1], kernels)
    for (const { loss, gradient } of [padded, ragged]) expect([loss, gradient]).toEqual([clean.loss, expected])
    expect(clean.gradient.every((value) => value !== 0)).toBe(true)
  })

  test('where every target is padding the loss is 0, and so is the gradient', () => {
    expect(judged(plain([1, 2, 3, 4], [2, 2]), [-1, -1], undefined, kernels)).toEqual({
      loss: 0,
      gradient: [0, 0, 0, 0],
    })
  })
})

describe('a class that is none is told with its place', () => {
  const logits = plain(Array(12).fill(0), [2, 2, 3])
  const sentence = (got: string, place: string) =>
    new InputError(
      `crossEntropy: expected a class from 0 to 2, or -1 for padding, got ${got} at ${place} of the batch's targets`,
    )
  test.each([
    [[0, 1, 3, 0], sentence('3', '[1, 0]')],
    [[0, -2, 0, 0], sentence('-2', '[0, 1]')],
    [[0, 1, 2, 0.5], sentence('0.5', '[1, 1]')],
    [[nan, 1, 2, 0], sentence('NaN', '[0, 0]')],
  ])('%j', (targets, error) => expect(() => judged(logits, targets)).toThrow(error))

  test('so are targets of another shape', () => {
    const tape = new Tape(createKernels('reference'))
    expect(() => crossEntropy.run(tape, [tape.input(logits), tape.input(plain([0, 1], [2]))], {})).toThrow(
      new InputError('crossEntropy: logits of [2, 2, 3] take class indices of [2, 2], got [2]'),
    )
  })
})

const random = new Random(5, 'classes')
const [count, steps, classes] = [10, 4, 3]
const lengths = [4, 1, 0, 2, 4, 3, 3, 1, 2, 4]
const inputs = plain(numbers(random, count * steps * 2), [count, steps, 2])
const tagger = () => sequential([lstm(5), dense(classes)]).init({ inputs: 2, seed: 3 })
/** Class indices, with `padding` behind each sequence's end. */
const classesWith = (padding: number) =>
  plain(
    Array.from({ length: count * steps }, (_, i) =>
      i % steps < lengths[Math.floor(i / steps)]! ? i % classes : padding,
    ),
    [count, steps],
  )

describe("fit(…, { loss: 'crossEntropy' })", () => {
  const options = { epochs: 3, batch: 4, loss: 'crossEntropy', shuffle: false } as const

  test('a model of class scores learns which sequence is which, and predicts scores', async () => {
    const train = samplesFrom({
      inputs,
      targets: plain(
        Array.from({ length: count }, (_, i) => i % classes),
        [count],
      ),
    })
    const model = sequential([flatten(), dense(classes)]).init({ inputs: 2, steps })
    const epochs = await epochsOf(model, { train, validation: train }, { ...options, epochs: 300, optimizer: sgd(1) })
    expect(epochs[0]!.loss).toBeGreaterThan(0.9)
    expect(epochs.at(-1)!.validation.loss).toBeLessThan(0.05)
    const { data, shape } = model.predict(train)
    expect(shape).toEqual([count, classes])
    for (let i = 0; i < count; i++) {
      const scores = Array.from(data.subarray(i * classes, (i + 1) * classes))
      expect(scores.indexOf(Math.max(...scores))).toBe(i % classes)
    }
  })

  test('-1 behind the ends, or lengths and anything there: the same losses and the same weights', async () => {
    const results = await Promise.all(
      [-1, 0, nan, 99].map(async (padding) => {
        const data = samplesFrom({ inputs, targets: classesWith(padding), lengths })
        const model = tagger()
        const epochs = await epochsOf(model, { train: data, validation: data }, options)
        return [epochs.map(({ loss, validation }) => [loss, validation.loss]), weightsOf(model)]
      }),
    )
    for (const other of results.slice(1)) expect(other).toEqual(results[0])
  })

  test('an epoch is the mean over the steps that count, however they fall into batches', async () => {
    const data = samplesFrom({ inputs, targets: classesWith(-1), lengths })
    const still = { ...options, epochs: 1, optimizer: sgd(1e-12) }
    const [[whole], [cut]] = await Promise.all([
      epochsOf(tagger(), { train: data, validation: data }, { ...still, batch: 10 }),
      epochsOf(tagger(), { train: data }, { ...still, batch: 3 }),
    ])
    expect(cut!.loss).toBeCloseTo(whole!.loss, 6)
    expect(whole!.validation.loss).toBeCloseTo(whole!.loss, 6)
  })

  test('a batch of padding alone teaches nothing; where there is no other the fit is refused', async () => {
    const { data, shape } = classesWith(-1)
    const onlyIn = (samples: number) =>
      plain(
        Array.from(data).map((index, i) => (i < samples * steps ? index : -1)),
        shape,
      )
    const [train, nothing] = [4, 0].map((samples) => samplesFrom({ inputs, targets: onlyIn(samples), lengths }))
    const seen: [number, number][] = []
    const once = { ...options, epochs: 1, optimizer: sgd(0.1) }
    const onStep = ({ loss, count }: Step) => seen.push([loss, count])
    const [model, other] = [tagger(), tagger()]
    const [epoch] = await epochsOf(model, { train: train!, validation: nothing! }, { ...once, onStep })
    expect(seen).toEqual([
      [epoch!.loss, 7],
      [0, 0],
      [0, 0],
    ])
    expect(epoch!.validation.loss).toBeNaN()
    await epochsOf(other, { train: { ...train!, count: 4 } }, once)
    expect(weightsOf(model)).toEqual(weightsOf(other))
    await expect(epochsOf(model, { train: nothing! }, once)).rejects.toThrow(
      new InputError('fit: none of the training targets count: all of them are padding, or weigh nothing'),
    )
  })

  test('refuses targets that are not class indices of its outputs', async () => {
    const scores = samplesFrom({
      inputs,
      targets: plain(Array(count * steps * classes).fill(0), [count, steps, classes]),
    })
    await expect(epochsOf(tagger(), { train: scores }, options)).rejects.toThrow(
      new InputError(
        "crossEntropy: a model that gives [4, 3] takes class indices of [4], the data's targets are [4, 3]",
      ),
    )
    const indices = samplesFrom({ inputs, targets: classesWith(-1) })
    await expect(epochsOf(tagger(), { train: indices }, { epochs: 1 })).rejects.toThrow(
      new InputError(
        "the model gives [4, 3], the data's targets are [4]; end it with a layer of that size, such as dense(horizon)",
      ),
    )
  })
})

describe.each(['mse', 'mae', 'huber'] as const)('%s of every step of ragged sequences', (loss) => {
  /** Targets with something behind each sequence's end. */
  const targetsWith = (padding: number) =>
    plain(
      Array.from(classesWith(padding).data).flatMap((value) => [value, value === padding ? padding : -value / 2]),
      [count, steps, 2],
    )
  const model = () => sequential([lstm(5), dense(2)]).init({ inputs: 2, seed: 3 })

  test('what stands behind an end does not count', async () => {
    const results = await Promise.all(
      [0.25, 1e6, nan].map(async (padding) => {
        const [own, data] = [model(), samplesFrom({ inputs, targets: targetsWith(padding), lengths })]
        const epochs = await epochsOf(own, { train: data, validation: data }, { epochs: 3, batch: 4, loss })
        return [epochs.map(({ loss, validation }) => [loss, validation.loss]), weightsOf(own)]
      }),
    )
    for (const other of results.slice(1)) expect(other).toEqual(results[0])
  })

  test('the loss is the mean over the numbers of the steps that count', async () => {
    const data = samplesFrom({ inputs, targets: targetsWith(nan), lengths })
    const own = model()
    const y = own.predict(data).data
    const term = {
      mse: (e: number) => e * e,
      mae: Math.abs,
      huber: (e: number) => (Math.abs(e) <= 1 ? (e * e) / 2 : Math.abs(e) - 0.5),
    }
    const terms = Array.from(targetsWith(nan).data).flatMap((t, i) => (Number.isNaN(t) ? [] : [term[loss](y[i]! - t)]))
    expect(terms).toHaveLength(2 * lengths.reduce((a, b) => a + b))
    const [epoch] = await epochsOf(own, { train: data, validation: data }, { epochs: 1, loss, optimizer: sgd(1e-12) })
    const mean = terms.reduce((a, b) => a + b) / terms.length
    expect(epoch!.loss).toBeCloseTo(mean, 6)
    expect(epoch!.validation.loss).toBeCloseTo(mean, 6)
  })
})
