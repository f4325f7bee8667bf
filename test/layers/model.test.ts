import { describe, expect, test } from 'vitest'
import { Random } from '../../src/base/random.ts'
import {
  type Cell,
  cells,
  dense,
  dropout,
  gru,
  InputError,
  type Layer,
  leaky,
  lstm,
  type Model,
  type PlainTensor,
  rnn,
  sequential,
  tableOf,
  unroll,
  windows,
} from '../../src/index.ts'

const random = new Random(11, 'models')
const draw = (shape: number[]): PlainTensor => ({
  shape,
  data: Float64Array.from({ length: shape.reduce((a, b) => a * b) }, () => random.normal()),
})
const init = (layers: Layer[]) => sequential(layers).init({ inputs: 3, seed: 5 })

/** The weights of one recurrent layer of a model, by the names that `unroll` has for them. */
const weightsOf = (model: Model, prefix: string, suffix: string): Record<string, PlainTensor> =>
  Object.fromEntries(
    [...model.parameters.read()]
      .filter(([name]) => name.startsWith(prefix) && name.endsWith(suffix))
      .map(([name, tensor]) => [name.slice(prefix.length, -suffix.length), tensor]),
  )

const largestDifference = (a: ArrayLike<number>, b: ArrayLike<number>): number => {
  expect(a.length).toBe(b.length)
  return Math.max(...Array.from(a, (value, i) => Math.abs(value - b[i]!)))
}

describe('stacked layers', () => {
  test.each([
    ['forward', {}],
    ['backward in time', { reverse: true }],
    ['the last step alone', { returns: 'last' }],
  ] as const)('are two single ones with the same weights, to the bit: %s', (_, options) => {
    const stacked = init([lstm(6, { layers: 2, ...options })])
    const single = init([lstm(6, { ...options, returns: 'all' }), lstm(6, options)])
    single.parameters.write(
      new Map(
        [...stacked.parameters.read()].map(([name, tensor]) => [name.replace(/^0\.(.*)_l1$/, '1.$1_l0'), tensor]),
      ),
    )
    const x = draw([4, 7, 3])
    const [together, apart] = [stacked.run(x, [7, 2, 5, 1]), single.run(x, [7, 2, 5, 1])]
    expect(together.data).toEqual(apart.data)
    expect(Math.max(...together.data.map(Math.abs))).toBeGreaterThan(0.01)
  })

  test('and the second reads the first: other weights below change the outputs', () => {
    const model = init([lstm(6, { layers: 2 })])
    const x = draw([1, 4, 3])
    const before = model.run(x).data
    const weights = model.parameters.read()
    weights.get('0.weight_hh_l0')!.data.fill(0)
    model.parameters.write(weights)
    expect(largestDifference(model.run(x).data, before)).toBeGreaterThan(1e-3)
  })
})

describe('run', () => {
  test.each<[string, Layer, Cell]>([
    ['lstm', lstm(5), cells.lstm],
    ['gru', gru(5), cells.gru],
    ['gru, reset before', gru(5, { reset: 'before' }), cells.gru.with({ reset: 'before' })],
    ['rnn, relu', rnn(5, { activation: 'relu' }), cells.rnn.with({ activation: 'relu' })],
    ['leaky, learned', leaky(5, { alpha: 'learned' }), cells.leaky.with({ alpha: 'learned' })],
  ] as [string, Layer, Cell][])(
    'agrees with unroll in float64 to 1e-6, lengths and padding too: %s',
    (_, layer, cell) => {
      const model = init([layer])
      const x = draw([3, 8, 3])
      const lengths = [8, 3, 0]
      const reference = unroll(cell, { x, lengths, weights: weightsOf(model, '0.', '_l0'), kernels: 'reference' })
      const y = model.run(x, lengths)
      expect(y.shape).toEqual([3, 8, 5])
      expect(largestDifference(y.data, reference.y.data)).toBeLessThan(1e-6)
      expect(y.data.slice(11 * 5).every((value) => value === 0)).toBe(true)
      expect(y.data.slice(0, 8 * 5).every((value) => value === 0)).toBe(false)
    },
  )

  test('dense is activation(x·Wᵀ + b)', () => {
    const model = init([dense(2, { activation: 'sigmoid' })])
    const x = draw([2, 4, 3])
    const [w, b] = ['0.weight', '0.bias'].map((name) => model.parameters.read().get(name)!.data)
    const expected = Array.from({ length: 16 }, (_, i) => {
      const [row, unit] = [Math.floor(i / 2), i % 2]
      const z = [0, 1, 2].reduce((sum, k) => sum + x.data[3 * row + k]! * w![3 * unit + k]!, b![unit]!)
      return 1 / (1 + Math.exp(-z))
    })
    expect(largestDifference(model.run(x).data, expected)).toBeLessThan(1e-6)
  })

  test('nothing is dropped out of a prediction', () => {
    const x = draw([2, 4, 3])
    expect(init([gru(4), dropout(0.9)]).run(x).data).toEqual(init([gru(4)]).run(x).data)
  })

  test('leaves the memory as it found it', () => {
    const model = init([lstm(8)])
    const x = draw([4, 20, 3])
    model.run(x)
    const before = model.kernels.memory.usage()
    for (let i = 0; i < 50; i++) model.run(x)
    expect(model.kernels.memory.usage()).toEqual(before)
  })
})

describe('predict', () => {
  const celsius = Array.from({ length: 400 }, (_, day) => 15 + 8 * Math.sin(day / 9) + random.normal())
  const data = windows(tableOf({ celsius }), { target: 'celsius', past: 6, horizon: 2, split: [0.9, 0.05, 0.05] })
  const model = sequential([gru(4, { returns: 'last' }), dense(2)]).init({ inputs: 1, seed: 2 })
  const { shift, scale } = data.spec.scalers.celsius!

  test("is run on the scaled inputs, brought back to the data's own units, over more than one batch", () => {
    const { count, inputShape } = data.train
    expect(count).toBeGreaterThan(256)
    const x = new Float64Array(count * 6)
    data.train.fillInputs(
      Array.from({ length: count }, (_, i) => i),
      x,
    )
    const outputs = model.run({ data: x, shape: [count, ...inputShape] })
    const prediction = model.predict(data.train)
    expect(prediction.shape).toEqual([count, 2])
    expect([shift > 10, scale > 2]).toEqual([true, true]) // so that a prediction left scaled would show
    const restored = Array.from(outputs.data, (value) => value * scale + shift)
    expect(largestDifference(prediction.data, restored)).toBeLessThan(1e-4)
  })

  test('a model whose weights are zero predicts the mean of the training rows', () => {
    const zero = sequential([rnn(3, { returns: 'last' }), dense(2)]).init({ inputs: 1 })
    zero.parameters.clear(zero.parameters.at)
    expect([...zero.predict(data.test).data]).toEqual(Array(data.test.count * 2).fill(shift))
  })

  test('refuses data of another shape in one sentence', () => {
    const wide = sequential([gru(4, { returns: 'last' }), dense(2)]).init({ inputs: 3 })
    expect(() => wide.predict(data.test)).toThrow(
      new InputError('the model takes inputs of [-1, 3] [steps, features] (-1: any), the data has [6, 1]'),
    )
    const long = sequential([gru(4, { returns: 'last' }), dense(7)]).init({ inputs: 1 })
    expect(() => long.predict(data.test)).toThrow(
      new InputError(
        "the model gives [7], the data's targets are [2]; end it with a layer of that size, such as dense(horizon)",
      ),
    )
  })
})

describe('inspect', () => {
  const sample = (steps: number) => {
    const x = draw([steps, 3])
    return { x, batch: { data: x.data, shape: [1, steps, 3] } }
  }

  test.each([
    ['lstm', lstm(5), cells.lstm],
    ['gru', gru(5), cells.gru],
    ['gru, reset before', gru(5, { reset: 'before' }), cells.gru.with({ reset: 'before' })],
    ['leaky, backward in time', leaky(5, { reverse: true }), cells.leaky],
  ] as const)("shows unroll's gates and states for the same weights, to 1e-6: %s", (_, layer, cell) => {
    const model = init([layer, dense(1)])
    const { x, batch } = sample(9)
    const seen = model.inspect(layer as Parameters<Model['inspect']>[0], { x })
    const reverse = layer.config.reverse === true
    const reference = unroll(cell as Cell, {
      x: batch,
      reverse,
      weights: weightsOf(model, '0.', '_l0'),
      kernels: 'reference',
    })
    expect(Object.keys(seen.gates)).toEqual(cell.gates)
    expect(Object.keys(seen.state)).toEqual(cell.states)
    for (const [name, gate] of Object.entries(seen.gates)) {
      expect(gate.shape).toEqual([9, 5])
      expect(largestDifference(gate.data, reference.gates[name]!.data), name).toBeLessThan(1e-6)
    }
    for (const [name, state] of Object.entries(seen.state)) {
      expect(state.shape).toEqual([5])
      expect(largestDifference(state.data, reference.state[name]!.data), name).toBeLessThan(1e-6)
    }
  })

  test('shows each layer its own, whatever lies below it, and the topmost of a stack', () => {
    const [below, above] = [gru(4), lstm(5, { layers: 2, returns: 'last' })]
    const model = init([below, above])
    const { x, batch } = sample(6)
    const first = unroll(cells.gru, { x: batch, weights: weightsOf(model, '0.', '_l0'), kernels: 'reference' })
    const second = unroll(cells.lstm, { x: first.y, weights: weightsOf(model, '1.', '_l0'), kernels: 'reference' })
    const third = unroll(cells.lstm, { x: second.y, weights: weightsOf(model, '1.', '_l1'), kernels: 'reference' })
    expect(largestDifference(model.inspect(below, { x }).gates.update.data, first.gates.update.data)).toBeLessThan(1e-6)
    const seen = model.inspect(above, { x })
    expect(largestDifference(seen.gates.forget.data, third.gates.forget.data)).toBeLessThan(1e-6)
    expect(largestDifference(seen.state.c.data, third.state.c.data)).toBeLessThan(1e-6)
    expect(largestDifference(seen.gates.forget.data, second.gates.forget.data)).toBeGreaterThan(1e-3)
  })

  test('what it gives stays as it is when the model runs on', () => {
    const layer = lstm(5)
    const model = init([layer])
    const seen = model.inspect(layer, sample(6))
    const before = seen.gates.output.data.slice()
    for (let i = 0; i < 3; i++) model.run(draw([8, 6, 3]))
    expect(seen.gates.output.data).toEqual(before)
  })

  test('refuses a layer of another model and a sample of another shape', () => {
    const [layer, other] = [lstm(5), lstm(5)]
    const model = init([layer])
    expect(() => model.inspect(other, sample(4))).toThrow(new InputError('inspect: this layer is not one of the model'))
    expect(() => model.inspect(layer, { x: draw([4, 2]) })).toThrow(
      new InputError('the sample: expected shape [any, 3], got [4, 2]'),
    )
  })
})
