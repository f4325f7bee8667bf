import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { unroll } from '../../src/recurrence/index.ts'
import { batchFirst, cellOf, weightsOf } from './onnx.ts'

// The node tests of ONNX's own backend suite (onnx/backend/test/data/node, Apache-2.0).
const file = fileURLToPath(new URL('../../../shared/vectors/onnx-node-cases.json', import.meta.url))

interface Tensor {
  readonly name: string
  readonly dims: readonly number[]
  readonly data: readonly number[]
}
interface Case {
  readonly name: string
  readonly op: 'RNN' | 'GRU' | 'LSTM'
  readonly attributes: { readonly hidden_size: number; readonly layout?: number }
  readonly inputs: readonly Tensor[]
  readonly outputs: readonly Tensor[]
}

const present = existsSync(file)
const cases: readonly Case[] = present ? JSON.parse(readFileSync(file, 'utf8')).cases : []

describe.skipIf(!present)("ONNX's node tests (skipped where ../shared/vectors is absent)", () => {
  test('there are twelve, of all three operators', () => {
    expect(cases.map(({ op }) => op).sort()).toEqual([
      ...Array(4).fill('GRU'),
      ...Array(4).fill('LSTM'),
      ...Array(4).fill('RNN'),
    ])
  })

  describe.each([
    ['reference', 2e-6],
    ['auto', 1e-5],
  ] as const)('%s', (kernels, tolerance) => {
    test.each(cases.map((c) => [c.name, c] as const))('%s', (_, { op, attributes, inputs, outputs }) => {
      const input = (name: string) => inputs.find((tensor) => tensor.name === name)
      const { hidden_size: H, layout = 0 } = attributes
      const X = input('X')!
      // Batch first where layout is 1.
      const [batch, seq] = layout === 1 ? [X.dims[0]!, X.dims[1]!] : [X.dims[1]!, X.dims[0]!]
      const I = X.dims[2]!
      const [W, R, B, P] = ['W', 'R', 'B', 'P'].map((name) => input(name)?.data)
      const cell = cellOf({ op, peepholes: P !== undefined })
      const lengths = input('sequence_lens')?.data
      const states = [['h', input('initial_h')] as const, ['c', input('initial_c')] as const].flatMap(
        ([name, initial]) => (initial ? [[name, { data: initial.data, shape: [batch, H] }] as const] : []),
      )
      const run = unroll(cell, {
        x: { data: layout === 1 ? X.data : batchFirst(X.data, seq, batch, I), shape: [batch, seq, I] },
        weights: weightsOf(cell, { W: W!, R: R!, B, P }, I, H),
        state: Object.fromEntries(states),
        ...(lengths ? { lengths } : {}),
        kernels,
      })
      expect(outputs.length).toBeGreaterThan(0)
      for (const { name, data } of outputs) {
        const expected = name === 'Y' && layout === 0 ? batchFirst(data, seq, batch, H) : data
        const actual = name === 'Y' ? run.y : run.state[name === 'Y_h' ? 'h' : 'c']!
        expect(actual.data.length, name).toBe(expected.length)
        for (const [i, value] of expected.entries())
          expect(Math.abs(actual.data[i]! - value), `${name} ${i}`).toBeLessThan(tolerance)
      }
    })
  })
})
