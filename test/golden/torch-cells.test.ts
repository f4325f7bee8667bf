import { describe, expect, test } from 'vitest'
import type { Cell } from '../../src/cells/index.ts'
import { type UnrollInput, unroll } from '../../src/recurrence/index.ts'
import { furthest } from './compare.ts'
import { ours, type Tensors, torchCells } from './torch-cells.ts'

test('all eight cells are in the files', () => {
  expect(torchCells.map(({ name }) => name).sort()).toEqual(Object.keys(ours).sort())
})

describe.each(torchCells)("PyTorch's $name", (golden) => {
  test.each([
    ['reference', 1e-12],
    ['auto', 1e-5],
  ] as const)('on %s kernels: outputs, final states and every gradient, ragged, within %d', (kernels, tolerance) => {
    const { x, weights, state, lengths } = golden
    const input: UnrollInput = { x, weights, state, lengths, kernels }
    const run = unroll(ours[golden.name] as unknown as Cell, input)
    const back = run.backward(golden.adjoints)
    const pairs: [string, Tensors, Tensors][] = [
      ['output', { y: run.y, x: back.x }, { y: golden.y, x: golden.gradients.x }],
      ['final state', run.state, golden.final],
      ['gradient of', back.weights, golden.gradients.weights],
      ['gradient of state', back.state, golden.gradients.state],
    ]
    for (const [what, actual, expected] of pairs) {
      expect(Object.keys(actual).sort(), what).toEqual(Object.keys(expected).sort())
      for (const [name, tensor] of Object.entries(expected)) {
        expect(actual[name]!.shape, `${what} ${name}`).toEqual(tensor.shape)
        expect(furthest(actual[name]!, tensor), `${what} ${name}`).toBeLessThan(tolerance)
      }
    }
  })
})
