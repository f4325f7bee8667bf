import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Random } from '../../src/base/random.ts'
import { type PlainTensor, type Shape, sizeOf } from '../../src/base/shape.ts'
import { formatModel, parseModel } from '../../src/formats/model-file.ts'
import {
  adam,
  averagePool1d,
  averagePool2d,
  conv1d,
  conv2d,
  ctcLoss,
  dense,
  globalAveragePool,
  gru,
  InputError,
  type Layer,
  layerNorm,
  lstm,
  maxPool1d,
  maxPool2d,
  memoryPlan,
  reshape,
  samplesFrom,
  sequential,
} from '../../src/index.ts'
import { epochsOf } from '../train/samples.ts'

const draw = (seed: number, shape: Shape): PlainTensor & { readonly data: Float64Array } => {
  const random = new Random(seed, 'convolution')
  return { data: Float64Array.from({ length: sizeOf(shape) }, () => random.between(-1, 1)), shape }
}
const init = (layers: Layer[], inputs: number, steps?: number) =>
  sequential(layers).init({ inputs, ...(steps ? { steps } : {}), seed: 3, kernels: 'reference' })
const at = ({ data, shape }: PlainTensor, place: readonly number[]) =>
  data[place.reduce((index, i, d) => index * shape[d]! + i, 0)]!
const range = (count: number) => Array.from({ length: count }, (_, i) => i)

type Pair = [number, number]
interface How {
  size: Pair
  stride: Pair
  dilation: Pair
  padding: Pair
}

/** The places of an image that a window at (row, column) sees, those outside among them. */
const seen = (how: How, row: number, column: number): Pair[] =>
  range(how.size[0]).flatMap((k) =>
    range(how.size[1]).map(
      (l): Pair => [
        row * how.stride[0] + k * how.dilation[0] - how.padding[0],
        column * how.stride[1] + l * how.dilation[1] - how.padding[1],
      ],
    ),
  )

const pair = (min: number, max: number) => fc.tuple(fc.integer({ min, max }), fc.integer({ min, max }))
const windows = fc.record({
  how: fc.record({ size: pair(1, 3), stride: pair(1, 3), dilation: pair(1, 2), padding: pair(0, 2) }),
  extra: pair(0, 4),
  channels: fc.integer({ min: 1, max: 3 }),
  filters: fc.integer({ min: 1, max: 5 }),
  seed: fc.nat(1e6),
})
/** An image in which a window fits, and how many places it has there. */
const imageFor = ({ size, stride, dilation, padding }: How, extra: Pair, channels: number, seed: number) => {
  const reach = [0, 1].map((d) => dilation[d]! * (size[d]! - 1) + 1) as Pair
  const [h, w] = [0, 1].map((d) => Math.max(1, reach[d]! - 2 * padding[d]!) + extra[d]!) as Pair
  const places = [h, w].map((n, d) => Math.floor((n + 2 * padding[d]! - reach[d]!) / stride[d]!) + 1) as Pair
  return { image: draw(seed, [2, h, w, channels]), h, w, places }
}

describe('by their definitions, over any window', () => {
  test('conv2d', () => {
    fc.assert(
      fc.property(windows, ({ how, extra, channels, filters, seed }) => {
        const { image, h, w, places } = imageFor(how, extra, channels, seed)
        const model = init([reshape([h, w, channels]), conv2d(filters, how.size, how)], w * channels, h)
        const y = model.run({ data: image.data, shape: [2, h, w * channels] })
        expect(y.shape).toEqual([2, ...places, filters])
        const { '1.weight': weight, '1.bias': bias } = Object.fromEntries(model.parameters.read())
        expect(weight!.shape).toEqual([filters, channels, ...how.size])
        for (const b of range(2))
          for (const row of range(places[0]))
            for (const column of range(places[1]))
              for (const o of range(filters)) {
                let sum = bias!.data[o]!
                for (const [p, [i, j]] of seen(how, row, column).entries())
                  if (i >= 0 && i < h && j >= 0 && j < w)
                    for (const c of range(channels))
                      sum += weight!.data[(o * channels + c) * how.size[0] * how.size[1] + p]! * at(image, [b, i, j, c])
                expect(at(y, [b, row, column, o])).toBeCloseTo(sum, 6)
              }
      }),
      { numRuns: 30 },
    )
  })

  test.each(['max', 'average'] as const)('%s pooling', (by) => {
    fc.assert(
      fc.property(windows, ({ how: drawn, extra, channels, seed }) => {
        const how: How = { ...drawn, dilation: [1, 1] }
        const { image, h, w, places } = imageFor(how, extra, channels, seed)
        const pool = by === 'max' ? maxPool2d : averagePool2d
        const { size, stride, padding } = how
        const model = init([reshape([h, w, channels]), pool(size, { stride, padding })], w * channels, h)
        const y = model.run({ data: image.data, shape: [2, h, w * channels] })
        expect(y.shape).toEqual([2, ...places, channels])
        for (const b of range(2))
          for (const row of range(places[0]))
            for (const column of range(places[1]))
              for (const c of range(channels)) {
                const inside = seen(how, row, column).filter(([i, j]) => i >= 0 && i < h && j >= 0 && j < w)
                const values = inside.map(([i, j]) => at(image, [b, i, j, c]))
                const mean = values.reduce((sum, value) => sum + value / values.length, 0)
                const expected = values.length === 0 ? 0 : by === 'max' ? Math.max(...values) : mean
                expect(at(y, [b, row, column, c])).toBeCloseTo(expected, 10)
              }
      }),
      { numRuns: 30 },
    )
  })

  test('over time they are what they are over an image of one column', () => {
    const x = draw(5, [3, 9, 4])
    const flat = { stride: 2, padding: 1, dilation: 2 }
    const tall = { stride: [2, 1], padding: [1, 0], dilation: [2, 1] }
    const image = reshape([-1, 1, 4])
    const [one, two] = [init([conv1d(5, 3, flat)], 4), init([image, conv2d(5, [3, 1], tall)], 4)]
    one.parameters.write(one.parameters.read()) // as float32 holds them
    const { '0.weight': weight, '0.bias': bias } = Object.fromEntries(one.parameters.read())
    const tallWeight = { data: weight!.data, shape: [...weight!.shape, 1] }
    two.parameters.write(
      new Map([
        ['1.weight', tallWeight],
        ['1.bias', bias!],
      ]),
    )
    expect(one.run(x).shape).toEqual([3, 4, 5])
    expect(one.run(x).data).toEqual(two.run(x).data)
    for (const [narrow, wide] of [
      [maxPool1d(3), maxPool2d([3, 1])],
      [averagePool1d(2, { stride: 1, padding: 1 }), averagePool2d([2, 1], { stride: 1, padding: [1, 0] })],
    ] as const)
      expect(init([narrow], 4).run(x).data).toEqual(init([image, wide], 4).run(x).data)
  })

  test("padding 'same' keeps the steps, with one more behind where the size is even", () => {
    for (const [size, dilation] of [
      [1, 1],
      [2, 1],
      [5, 1],
      [4, 3],
    ] as const) {
      const model = init([conv1d(2, size, { padding: 'same', dilation })], 3)
      expect(model.run(draw(1, [2, 7, 3])).shape).toEqual([2, 7, 2])
    }
    const model = init([conv1d(1, 2, { padding: 'same' })], 1)
    model.parameters.write(
      new Map([
        ['0.weight', { data: [1, 10], shape: [1, 1, 2] }],
        ['0.bias', { data: [0], shape: [1] }],
      ]),
    )
    expect([...model.run({ data: [1, 2, 3], shape: [1, 3, 1] }).data]).toEqual([21, 32, 3])
  })

  test('the mean over all places', () => {
    const x = draw(2, [2, 6, 3])
    const y = init([globalAveragePool()], 3).run(x)
    for (const b of [0, 1])
      for (const c of range(3))
        expect(at(y, [b, c])).toBeCloseTo(
          range(6).reduce((sum, t) => sum + at(x, [b, t, c]) / 6, 0),
          12,
        )
    const image = init([reshape([2, 3, 3]), globalAveragePool()], 3, 6).run(x)
    for (const [i, value] of y.data.entries()) expect(image.data[i]).toBeCloseTo(value, 12)
  })
})

describe('sequences of their own lengths', () => {
  const lengths = [7, 3, 0, 5]
  const x = draw(4, [4, 7, 2])
  const isPadding = (i: number) => Math.floor(i / 2) % 7 >= lengths[Math.floor(i / 14)]!
  const padded = { shape: x.shape, data: x.data.map((value, i) => (isPadding(i) ? Number.NaN : value)) }
  const stacks: [string, Layer[]][] = [
    ['convolution', [conv1d(3, 3, { padding: 'same' })]],
    ['strides', [conv1d(3, 3, { padding: 1, stride: 2 })]],
    ['pooling', [conv1d(3, 2, { padding: 1, activation: 'tanh' }), maxPool1d(2)]],
    ['the mean of windows', [averagePool1d(3, { stride: 2, padding: 1 })]],
    ['a recurrent layer behind', [conv1d(4, 3, { padding: 1, stride: 2 }), layerNorm(), gru(3, { returns: 'last' })]],
    ['the mean of all', [conv1d(4, 3, { padding: 1, stride: 2 }), globalAveragePool()]],
  ]
  test.each(stacks)('what stands behind them is never read, and each is as if alone: %s', (_, layers) => {
    const model = init(layers, 2)
    const together = model.run(padded, lengths)
    const steps = model.lengthsAfter(lengths)!
    for (const [b, length] of lengths.entries()) {
      if (length === 0) continue
      const own = model.run({ data: x.data.slice(14 * b, 14 * b + 2 * length), shape: [1, length, 2] })
      const width = together.data.length / 4
      const mine = together.data.slice(b * width, b * width + own.data.length)
      if (own.shape.length === 3) expect(own.shape[1]).toBe(steps[b])
      for (const [i, value] of own.data.entries()) expect(mine[i], `${b}`).toBeCloseTo(value, 10)
    }
    expect(together.data.every(Number.isFinite)).toBe(true)
  })

  test('a loss counts the steps that come of them', async () => {
    const model = init([conv1d(4, 3, { padding: 1, stride: 2 }), maxPool1d(2), dense(1)], 2)
    expect([...Array.from(model.lengthsAfter([7, 3, 0, 5, 1])!)]).toEqual([2, 1, 0, 1, 0])
    const nan = Number.NaN
    const targets = { data: [1, 2, 3, nan, nan, nan, 4, nan], shape: [4, 2, 1] }
    const y = model.run(padded, lengths).data
    const train = samplesFrom({ inputs: padded, targets, lengths })
    const [epoch] = await epochsOf(model, { train }, { epochs: 1, batch: 4, optimizer: adam(1e-9) })
    const errors = [y[0]! - 1, y[1]! - 2, y[2]! - 3, y[6]! - 4]
    expect(epoch!.loss).toBeCloseTo(
      errors.reduce((sum, error) => sum + error ** 2 / 4, 0),
      6,
    )
  })
})

describe('models', () => {
  test('tell lying bars from standing ones, and are planned to the byte and kept in a file', async () => {
    const random = new Random(1, 'bars')
    const kinds = range(64).map((i) => i % 2)
    const inputs = {
      data: kinds.flatMap((kind) => {
        const line = random.below(6)
        return range(36).map((i) => ((kind ? Math.floor(i / 6) : i % 6) === line ? 1 : 0) + random.between(-0.2, 0.2))
      }),
      shape: [64, 6, 6],
    }
    const layers = [
      reshape([6, 6, 1]),
      conv2d(4, 3, { padding: 'same', activation: 'relu' }),
      maxPool2d(2),
      conv2d(6, [2, 3], { stride: [1, 2], padding: [0, 1] }),
      averagePool2d([2, 1], { stride: 1 }),
      globalAveragePool(),
      dense(2),
    ]
    const model = sequential(layers).init({ inputs: 6, steps: 6, seed: 2 })
    expect(model.outputShape).toEqual([2])
    const train = samplesFrom({ inputs, targets: { data: kinds, shape: [64] } })
    const options = { epochs: 60, batch: 32, optimizer: adam(0.02), loss: 'crossEntropy' } as const
    const epochs = await epochsOf(model, { train }, options)
    expect(epochs.at(-1)!.loss).toBeLessThan(0.1)
    const { kept, arenaPeak } = model.kernels.memory.usage()
    const plan = memoryPlan(sequential(layers), { inputs: 6, steps: 6, batch: 32, loss: 'crossEntropy' })
    expect(plan.total).toBe(kept + arenaPeak)
    const { model: loaded } = parseModel(formatModel(model), 'm.safetensors')
    expect(loaded.architecture).toEqual(model.architecture)
    expect(loaded.run(inputs).data).toEqual(model.run(inputs).data)
  })

  test('any number of steps: from the columns of an image to classes by CTC', async () => {
    const layers = [
      reshape([-1, 8, 1]),
      conv2d(3, 3, { padding: 'same', activation: 'relu' }),
      maxPool2d([1, 2]),
      reshape([-1, 12]),
      conv1d(5, 3, { stride: 2, padding: 1 }),
      averagePool1d(2, { stride: 1, padding: 1 }),
      maxPool1d(2, { stride: 1 }),
      lstm(6),
      dense(4),
    ]
    const model = sequential(layers).init({ inputs: 8, seed: 4 })
    expect(model.outputShape).toEqual([-1, 4])
    expect(model.run(draw(1, [2, 9, 8])).shape).toEqual([2, 5, 4])
    const lengths = [9, 6, 9, 7]
    const targets = { data: [1, 2, 3, -1, 2, 2, 1, -1], shape: [4, 2] }
    const train = samplesFrom({ inputs: draw(2, [4, 9, 8]), targets, lengths })
    const epochs = await epochsOf(model, { train }, { epochs: 60, batch: 4, loss: ctcLoss(), optimizer: adam(0.02) })
    expect(epochs.at(-1)!.loss).toBeLessThan(0.5 * epochs[0]!.loss)
    expect(model.predict(train, ctcLoss()).shape).toEqual([4, 5, 4])
    const { model: loaded } = parseModel(formatModel(model), 'm.safetensors')
    expect(loaded.architecture).toEqual(model.architecture)
  })
})

describe('one sentence', () => {
  const image = reshape([4, 4, 1])
  test.each<[string, () => unknown, string]>([
    ['no filters', () => conv1d(0, 3), 'conv1d: filters: expected a whole number of at least 1, got 0'],
    ['no size', () => conv1d(2, 0), 'conv1d: size: expected a whole number of at least 1, got 0'],
    [
      'half a stride',
      () => conv2d(2, 3, { stride: 0.5 }),
      'conv2d: stride: expected a whole number of at least 1, got 0.5',
    ],
    [
      'padding below 0',
      () => maxPool1d(2, { padding: -1 }),
      'maxPool1d: padding: expected a whole number of at least 0, got -1',
    ],
    [
      'no dilation',
      () => conv2d(2, 3, { dilation: [1, 0] }),
      'conv2d: dilation: expected a whole number of at least 1, got 0',
    ],
    ['three sizes', () => conv2d(2, [1, 2, 3]), 'conv2d: size: expected a number or 2 of them, got [1,2,3]'],
    [
      'a word',
      () => conv1d(2, 3, { padding: 'valid' as 'same' }),
      'conv1d: padding: expected a number or 1 of them, got "valid"',
    ],
    [
      'same with strides',
      () => conv1d(2, 3, { padding: 'same', stride: 2 }),
      "conv1d: padding 'same' keeps the size with a stride of 1 alone, got [2]",
    ],
    [
      'an unknown activation',
      () => conv1d(2, 3, { activation: 'rleu' as 'relu' }),
      'conv1d: activation: expected one of tanh, sigmoid, relu, got "rleu"; did you mean \'relu\'?',
    ],
    ['a window too large', () => init([conv1d(2, 5)], 1, 4), 'conv1d: a window of [5] fits nowhere in [4]'],
    [
      'a window too large for the data',
      () => init([conv1d(2, 5)], 1).run(draw(1, [1, 4, 1])),
      'convolution: a window of [5] fits nowhere in [4]',
    ],
    [
      'a window too wide',
      () => init([image, maxPool2d([1, 5])], 4, 4),
      'maxPool2d: a window of [1, 5] fits nowhere in [4, 4]',
    ],
    [
      'an image over time',
      () => init([image, conv1d(2, 2)], 4, 4),
      'conv1d: expected [time, features], got [4, 4, 1]; a reshape layer gives other dimensions',
    ],
    [
      'a sequence over an image',
      () => init([conv2d(2, 2)], 4, 4),
      'conv2d: expected [rows, columns, channels], got [4, 4]; a reshape layer gives other dimensions',
    ],
    [
      'the mean of one step',
      () => init([gru(2, { returns: 'last' }), globalAveragePool()], 1),
      'globalAveragePool: expected [time, features] or [rows, columns, channels], got [2]',
    ],
    ['other numbers', () => init([reshape([3, 5])], 4, 4), 'reshape: expected as many numbers, got [4, 4] for [3, 5]'],
    ['steps not known', () => init([reshape([4, 4])], 4), 'reshape: expected as many numbers, got [-1, 4] for [4, 4]'],
    ['no shape', () => reshape([]), 'reshape: expected at least one dimension'],
    ['a dimension of 0', () => reshape([-1, 0]), 'reshape: a dimension: expected a whole number of at least 1, got 0'],
    [
      'a stream of windows',
      () => init([conv1d(2, 3)], 1).stream(),
      'conv1d sees several steps at once, so it has no output after each of them',
    ],
    [
      'a stream of all steps',
      () => init([reshape([16]), dense(1)], 4, 4).stream(),
      'reshape takes all steps of a sequence together, so it has no output after each of them',
    ],
  ])('%s', (_, work, sentence) => expect(work).toThrow(new InputError(sentence)))
})
