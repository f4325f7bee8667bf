import { describe, expect, test } from 'vitest'
import { Random } from '../../src/base/random.ts'
import {
  beamSearch,
  type Cell,
  cells,
  dense,
  embedding,
  encoderDecoder,
  gru,
  InputError,
  lstm,
  type Model,
  type PlainTensor,
  sequential,
  unroll,
} from '../../src/index.ts'
import { randomTensor } from '../recurrence/cases.ts'

const random = new Random(53, 'inside')
const [T, U] = [5, 3]
const x = randomTensor(random, [T, 2])
const y = randomTensor(random, [U, 2])
const alone = ({ data, shape }: PlainTensor) => ({ data, shape: [1, ...shape] })
/** Outputs a step behind, after the start. */
const behind = ({ data }: PlainTensor) => ({ data: [0, 0, ...Array.from(data).slice(0, -2)], shape: [1, U, 2] })
const near = (a: PlainTensor, b: PlainTensor) => {
  expect(a.data).toHaveLength(b.data.length)
  for (let i = 0; i < a.data.length; i++) expect(a.data[i]).toBeCloseTo(b.data[i]!, 11)
}

const exact = (model: Model, name: string) => {
  const { at, size, shape } = model.parameters.get(name)
  return { data: model.kernels.memory.copy(at, size), shape }
}
const weightsOf = (model: Model, part: string, end = '_l0') =>
  Object.fromEntries(
    ['weight_ih', 'weight_hh', 'bias_ih', 'bias_hh'].map((name) => [name, exact(model, `0.${part}.${name}${end}`)]),
  )

describe('inside an encoder-decoder', () => {
  const [encoder, decoder] = [lstm(4), lstm(4)]
  const pair = encoderDecoder({
    encoder: [encoder],
    decoder: [decoder, dense(2)],
    steps: U,
    start: [0, 0],
    attention: 'dot',
  })
  const model = sequential([pair]).init({ inputs: 2, seed: 8, kernels: 'reference' })
  const run = (cell: Cell, part: string, x: PlainTensor, state = {}) =>
    unroll(cell, { x, state, weights: weightsOf(model, part), kernels: 'reference' })
  const read = run(cells.lstm as Cell, 'encoder.0', alone(x))
  const decoded = (outputs: PlainTensor) => run(cells.lstm as Cell, 'decoder.0', behind(outputs), read.state)

  test("the encoder's gates and states are unroll's, with a target and without", () => {
    for (const sample of [{ x }, { x, y }]) {
      const seen = model.inspect(encoder, sample)
      expect(seen.gates.forget.shape).toEqual([T, 4])
      for (const gate of cells.lstm.gates) near(seen.gates[gate], read.gates[gate]!)
      for (const state of cells.lstm.states) near(seen.state[state], read.state[state]!)
    }
  })

  test.each([
    ['reads the target a step behind', { x, y }, y],
    ['reads what it puts out where there is none', { x }, model.run(alone(x))],
  ])('the decoder %s', (_, sample, outputs) => {
    const seen = model.inspect(decoder, sample)
    const expected = decoded(outputs)
    expect(seen.gates.output.shape).toEqual([U, 4])
    for (const gate of cells.lstm.gates) near(seen.gates[gate], expected.gates[gate]!)
    for (const state of cells.lstm.states) near(seen.state[state], expected.state[state]!)
  })

  test.each([
    ['with a target', { x, y }, y],
    ['of what it puts out', { x }, model.run(alone(x))],
  ])("attention is the softmax of products of the decoder's and the encoder's outputs, %s", (_, sample, outputs) => {
    const { attention } = model.inspect(pair, sample)
    expect(attention.shape).toEqual([U, T])
    const rows = ({ data }: PlainTensor, steps: number) =>
      Array.from({ length: steps }, (_, t) => Array.from(data).slice(4 * t, 4 * t + 4))
    const keys = rows(read.y, T)
    const expected = rows(decoded(outputs).y, U).flatMap((query) => {
      const scores = keys.map((key) => Math.exp(key.reduce((sum, value, i) => sum + value * query[i]!, 0)))
      const total = scores.reduce((sum, score) => sum + score, 0)
      return scores.map((score) => score / total)
    })
    near(attention, { data: expected, shape: [U, T] })
  })

  test('refuses a target of another shape, a layer that stands twice, and attention where there is none', () => {
    expect(() => model.inspect(decoder, { x, y: randomTensor(random, [U, 3]) })).toThrow(
      new InputError('encoderDecoder: expected a target of [3, 2], got [3, 3]'),
    )
    const shared = gru(2)
    const plain = encoderDecoder({ encoder: [shared], decoder: [shared], steps: U, start: [0, 0] })
    const other = sequential([plain]).init({ inputs: 2 })
    expect(() => other.inspect(shared, { x })).toThrow(
      new InputError('inspect: this layer stands in the model 2 times; make one for each place to tell which'),
    )
    expect(() => other.inspect(plain, { x })).toThrow(
      new InputError('inspect: encoderDecoder has no attention to look at'),
    )
    expect(() => other.inspect(encoder, { x })).toThrow(new InputError('inspect: this layer is not one of the model'))
  })
})

test('encoder and decoder may differ: the topmost cell of each, both directions, and what each token looked at', () => {
  const [encoder, decoder] = [gru(3, { bidirectional: 'concat' }), lstm(4, { layers: 3 })]
  const pair = encoderDecoder({
    encoder: [embedding(5, 2), encoder],
    decoder: [embedding(4, 3), decoder, dense(4)],
    steps: 6,
    start: 0,
    end: 1,
    attention: 'additive',
  })
  const model = sequential([pair]).init({ inputs: 'tokens', seed: 6, kernels: 'reference' })
  const tokens = { data: [3, 1, 4, 2], shape: [4] }
  const seen = model.inspect(encoder, { x: tokens })
  const table = exact(model, '0.encoder.0.weight').data
  const embedded = { data: tokens.data.flatMap((id) => Array.from(table.slice(2 * id, 2 * id + 2))), shape: [1, 4, 2] }
  for (const [reverse, cell, end] of [
    [false, seen, '_l0'],
    [true, seen.reverse!, '_l0_reverse'],
  ] as const) {
    const weights = weightsOf(model, 'encoder.1', end)
    near(cell.gates.update, unroll(cells.gru, { x: embedded, weights, reverse, kernels: 'reference' }).gates.update)
  }

  const outputs = model.run(alone(tokens))
  const put = Array.from({ length: 6 }, (_, u) => {
    const row = Array.from(outputs.data).slice(4 * u, 4 * u + 4)
    return row.indexOf(Math.max(...row))
  })
  const [own, forced] = [{ x: tokens }, { x: tokens, y: { data: put, shape: [6] } }]
  near(model.inspect(decoder, own).gates.forget, model.inspect(decoder, forced).gates.forget)
  near(model.inspect(decoder, own).state.c, model.inspect(decoder, forced).state.c)
  const { attention } = model.inspect(pair, own)
  near(attention, model.inspect(pair, forced).attention)
  const [best] = beamSearch(model, alone(tokens), { beams: 1 })[0]!
  const looked = best!.attention!
  expect(looked.shape[0]).toBeGreaterThan(1)
  near({ data: attention.data.slice(0, looked.data.length), shape: looked.shape }, looked)
})
