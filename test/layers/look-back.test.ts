import { describe, expect, test } from 'vitest'
import { recurrent as recurrentOp } from '../../src/autograd/index.ts'
import { Tape } from '../../src/autograd/tape.ts'
import { Random } from '../../src/base/random.ts'
import { sizeOf } from '../../src/base/shape.ts'
import type { Cell } from '../../src/cells/index.ts'
import { cells, dense, InputError, lstm, recurrent, sequential } from '../../src/index.ts'
import { createKernels } from '../../src/kernels/index.ts'
import { unroll, weightSpecs } from '../../src/recurrence/index.ts'
import { randomTensor } from '../recurrence/cases.ts'
import { skippingCell, windingCell } from '../recurrence/cells.ts'

test('the gradient of the last outputs alone goes through a cell that looks three steps back', () => {
  const [batch, steps, inputs, hidden, lengths] = [4, 5, 2, 3, [5, 2, 0, 4]]
  const random = new Random(3, 'last')
  const cell = skippingCell as unknown as Cell
  const x = randomTensor(random, [batch, steps, inputs])
  const specs = weightSpecs(cell, inputs, hidden)
  const weights = specs.map(({ shape }) => randomTensor(random, shape))
  const dy = randomTensor(random, [batch, hidden])

  const tape = new Tape(createKernels('reference'), random)
  const variables = [x, ...weights].map((tensor) => tape.input(tensor, true))
  const result = recurrentOp.run(tape, variables, { cell, hidden, returns: 'last', lengths })
  const last = Array.from(tape.read(result).data)
  tape.backward(result, Array.from(dy.data))
  const gradients = variables.map((v) => Array.from(tape.read({ ...v, at: tape.gradient(v) }).data))

  const named = Object.fromEntries(specs.map(({ name }, i) => [name, weights[i]!]))
  const run = unroll(cell, { x, weights: named, lengths, kernels: 'reference' })
  // Of `[B, 3, H]` the newest are the last outputs.
  const dState = new Float64Array(sizeOf([batch, 3, hidden]))
  for (let b = 0; b < batch; b++)
    dState.set(Array.from(dy.data).slice(b * hidden, (b + 1) * hidden), (3 * b + 2) * hidden)
  const back = run.backward({ state: { h: { data: dState, shape: [batch, 3, hidden] } } })
  const near = (actual: readonly number[], expected: ArrayLike<number>) => {
    expect(actual).toHaveLength(expected.length)
    for (const [i, value] of actual.entries()) expect(value).toBeCloseTo(expected[i]!, 12)
  }
  const newest = Array.from({ length: batch }, (_, b) =>
    Array.from(run.state.h!.data).slice((3 * b + 2) * hidden, (3 * b + 3) * hidden),
  )
  near(last, newest.flat())
  for (const [i, tensor] of [back.x, ...specs.map(({ name }) => back.weights[name]!)].entries())
    near(gradients[i]!, tensor.data)
})

describe('a run goes on where another ended', () => {
  test.each([
    ['skipping', skippingCell],
    ['winding', windingCell],
  ] as const)('%s', (_, cell) => {
    const random = new Random(9, 'on')
    const [batch, steps, inputs, hidden] = [3, 9, 2, 4]
    const x = randomTensor(random, [batch, steps, inputs])
    const specs = weightSpecs(cell as unknown as Cell, inputs, hidden)
    const weights = Object.fromEntries(specs.map(({ name, shape }) => [name, randomTensor(random, shape, 0.5)]))
    const part = (from: number, to: number) => ({
      data: Array.from({ length: batch }, (_, b) =>
        Array.from(x.data).slice((b * steps + from) * inputs, (b * steps + to) * inputs),
      ).flat(),
      shape: [batch, to - from, inputs],
    })
    const run = (from: number, to: number, state = {}) =>
      unroll(cell as unknown as Cell, { x: part(from, to), weights, state, kernels: 'reference' })
    const whole = run(0, steps)
    // Shorter than the cell looks back, then longer.
    const pieces = [run(0, 2)]
    pieces.push(run(2, 3, pieces.at(-1)!.state))
    pieces.push(run(3, steps, pieces.at(-1)!.state))
    for (const [name, { data }] of Object.entries(whole.state))
      expect(Array.from(pieces.at(-1)!.state[name]!.data)).toEqual(Array.from(data))
  })
})

test('inspect shows the last steps of a state that the cell looks back at, oldest first', () => {
  const layer = recurrent(windingCell, 4)
  const model = sequential([layer, dense(1)]).init({ inputs: 1, seed: 1 })
  const seen = model.inspect(layer, { x: { data: [1, 2, 3], shape: [3, 1] } })
  expect([seen.state.h.shape, seen.state.m.shape, seen.gates.read.shape]).toEqual([
    [5, 4],
    [4, 4],
    [3, 4],
  ])
  expect(Array.from(seen.state.h.data.slice(0, 8))).toEqual(Array(8).fill(0))
})

describe('a projection', () => {
  const refusal = (work: () => unknown) => {
    try {
      work()
    } catch (error) {
      if (error instanceof InputError) return error.message
    }
    throw new Error('nothing was refused')
  }
  test("is the layer's output, and what the layer above reads", () => {
    const layer = recurrent(cells.projectedLstm, 6, { projection: 2, layers: 2 })
    const model = sequential([layer, dense(3)]).init({ inputs: 4, seed: 1 })
    expect(model.run({ data: new Float32Array(2 * 5 * 4), shape: [2, 5, 4] }).shape).toEqual([2, 5, 3])
    const shapes = Object.fromEntries([...model.parameters.read()].map(([name, { shape }]) => [name, shape]))
    expect(shapes).toMatchObject({
      '0.weight_hr_l0': [2, 6],
      '0.weight_ih_l1': [24, 2],
      '0.weight_hh_l1': [24, 2],
      '1.weight': [3, 2],
    })
    const seen = model.inspect(layer, { x: { data: new Float32Array(12), shape: [3, 4] } })
    expect([seen.state.h.shape, seen.state.c.shape, seen.gates.forget.shape]).toEqual([[2], [6], [3, 6]])
  })

  test('is asked of a cell that has one, and of no other', () => {
    expect(refusal(() => recurrent(cells.projectedLstm, 6))).toBe(
      'projectedLstm: projection: expected a whole number of at least 1, got undefined',
    )
    expect(refusal(() => recurrent(cells.lstm, 6, { projection: 2 }))).toBe(
      'lstm: projection: this cell has no projected state, got 2',
    )
    expect(refusal(() => lstm(6, { projection: 2 }))).toContain(
      'lstm: option: expected one of layers, returns, reverse, ',
    )
  })
})
