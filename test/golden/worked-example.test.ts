import { describe, expect, test } from 'vitest'
import type { PlainTensor } from '../../src/base/shape.ts'
import { lstm, rnn } from '../../src/cells/index.ts'
import { unroll } from '../../src/recurrence/index.ts'

// A course's worked LSTM step; the arithmetic, and where it differs from the course's, is in docs/worked-example.md.
const tensor = (shape: number[], data: number[]): PlainTensor => ({ shape, data })

/** Rows in PyTorch's order: input, forget, candidate, output, two units each. */
const weights = {
  weight_ih: tensor(
    [8, 3],
    [
      [0, 0, 0],
      [0, 0, 0],
      [1, 1, -100],
      [0.1, 0.1, -100],
      [10, 1, -1],
      [-1, 1, 10],
      [1, 1, -1],
      [1, 1, -1],
    ].flat(),
  ),
  weight_hh: tensor(
    [8, 2],
    [
      [0, 0],
      [0, 0],
      [1, -1],
      [-1, 1],
      [1, 0],
      [0, 1],
      [1, 1],
      [1, 1],
    ].flat(),
  ),
  // The input gate is given as (1, 1) rather than computed: σ(100) is 1 in floating point.
  bias_ih: tensor([8], [100, 100, 0, 0, 0, 0, 0, 0]),
}
const given = {
  x: tensor([1, 1, 3], [1, -1, 1]),
  weights,
  state: { h: tensor([1, 2], [1, 1]), c: tensor([1, 2], [0.7, 0.3]) },
}

// By hand, the same for both units.
const forget = Math.exp(-100) / (1 + Math.exp(-100)) // W_h·h = 0, W_x·x = -100
const candidate = Math.tanh(9) // W_h·h = 1, W_x·x = 8
const output = 1 / (1 + Math.exp(-1)) // W_h·h = 2, W_x·x = -1
const cell = [0.7, 0.3].map((c) => forget * c + candidate)
const hidden = cell.map((c) => output * Math.tanh(c))

describe.each([
  ['reference', 1e-12],
  ['auto', 1e-6],
] as const)("the course's LSTM step on %s kernels, within %d", (kernels, tolerance) => {
  const { y, state, gates } = unroll(lstm, { ...given, kernels })
  const near = (actual: PlainTensor, expected: readonly number[]) => {
    expect(actual.data).toHaveLength(expected.length)
    for (const [i, value] of expected.entries()) expect(Math.abs(actual.data[i]! - value)).toBeLessThan(tolerance)
  }

  test('forgets all: f = σ(-100) = 4e-44', () => near(gates.forget, [forget, forget]))
  test('lets all in: i = 1, as given', () => near(gates.input, [1, 1]))
  test('proposes tanh 9, not tanh 10', () => near(gates.candidate, [candidate, candidate]))
  test('opens the output by σ(1) = 0.73, not 0.9', () => near(gates.output, [output, output]))
  test('has the new cell state tanh 9, which the course rounds to 1', () => near(state.c, cell))
  test('has the new hidden state σ(1)·tanh(C) = 0.557, not 0.9', () => {
    near(state.h, hidden)
    near(y, hidden)
  })
})

test('the numbers of the page are those of the formulas', () => {
  expect(forget / 3.720075976020836e-44).toBeCloseTo(1, 12)
  expect(candidate).toBeCloseTo(0.999999969540041, 14)
  expect(output).toBeCloseTo(0.7310585786300049, 14)
  for (const h of hidden) expect(h).toBeCloseTo(0.5567699317939449, 14)
})

describe('the pre-activations, by a cell without an activation', () => {
  const identity = rnn.with({ activation: 'identity' })
  /** W_x·x and W_h·h of one gate, two rows from `row` on. */
  const parts = (row: number) => {
    const rows = ({ data, shape: [, width] }: PlainTensor) =>
      tensor([2, width!], Array.from(data).slice(row * width!, (row + 2) * width!))
    const [none3, none2] = [tensor([2, 3], Array(6).fill(0)), tensor([2, 2], Array(4).fill(0))]
    const through = (weight_ih: PlainTensor, weight_hh: PlainTensor) =>
      Array.from(
        unroll(identity, {
          x: given.x,
          state: { h: given.state.h },
          weights: { weight_ih, weight_hh },
          kernels: 'reference',
        }).y.data,
      )
    return [through(rows(weights.weight_ih), none2), through(none3, rows(weights.weight_hh))]
  }

  test.each([
    ['forget', 2, [-100, -100], [0, 0]],
    ['candidate', 4, [8, 8], [1, 1]],
    ['output', 6, [-1, -1], [2, 2]],
  ])('%s: W_x·x and W_h·h', (_, row, fromInput, recurrent) => {
    expect(parts(row)).toEqual([fromInput, recurrent])
  })
})
