import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { unroll } from '../../src/recurrence/index.ts'
import { batchFirst, cellOf, type OnnxNode, type OnnxWeights, weightsOf } from './onnx.ts'

interface Case extends OnnxNode {
  readonly inputs: OnnxWeights & { readonly X: readonly number[] }
  readonly outputs: { readonly Y: readonly number[]; readonly Y_h: readonly number[]; readonly Y_c?: readonly number[] }
}
const {
  sizes,
  cases,
}: { sizes: { seq: number; batch: number; inputs: number; hidden: number }; cases: readonly Case[] } = JSON.parse(
  readFileSync(new URL('ort-activations.json', import.meta.url), 'utf8'),
)

const title = ({ op, activations = [], clip }: Case) =>
  `${op} ${activations.map(({ name }) => name).join(', ')}${clip === undefined ? '' : `, clip ${clip}`}`

test('every activation, alone and with others, in all three operators, clipped and not', () => {
  expect(cases).toHaveLength(11 * 6)
  expect(new Set(cases.flatMap(({ activations = [] }) => activations.map(({ name }) => name))).size).toBe(11)
})

describe.each([
  ['reference', 5e-6],
  ['auto', 5e-6],
] as const)("ONNX Runtime's activations on %s kernels", (kernels, tolerance) => {
  test.each(cases.map((c) => [title(c), c] as const))('%s', (_, c) => {
    const { seq, batch, inputs, hidden } = sizes
    const cell = cellOf(c)
    const run = unroll(cell, {
      x: { data: batchFirst(c.inputs.X, seq, batch, inputs), shape: [batch, seq, inputs] },
      weights: weightsOf(cell, c.inputs, inputs, hidden),
      kernels,
    })
    // Relative to the largest, since some activations have no bound: float32 on ONNX Runtime's side.
    const near = (actual: ArrayLike<number>, expected: readonly number[]) => {
      const scale = Math.max(1, ...expected.map(Math.abs))
      expect(actual.length).toBe(expected.length)
      for (const [i, value] of expected.entries()) expect(Math.abs(actual[i]! - value) / scale).toBeLessThan(tolerance)
    }
    near(run.y.data, batchFirst(c.outputs.Y, seq, batch, hidden))
    near(run.state.h!.data, c.outputs.Y_h)
    if (c.outputs.Y_c) near(run.state.c!.data, c.outputs.Y_c)
  })
})
