import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { fromOnnx, type OnnxCase } from './onnx.ts'
import { transposed } from './tensors.ts'
import { testVectors } from './vectors.ts'

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

/** Where layout is 1, the batch comes first: what stands there where it comes second. */
const axes: Readonly<Record<string, readonly number[]>> = {
  X: [1, 0, 2],
  Y: [1, 2, 0, 3],
  Y_h: [1, 0, 2],
  Y_c: [1, 0, 2],
}

function caseOf({ name, op, attributes, inputs, outputs }: Case): OnnxCase {
  const named = (tensors: readonly Tensor[]) =>
    Object.fromEntries(
      tensors.map(({ name, dims, data }) => {
        const tensor = { data, shape: dims }
        return [name, attributes.layout === 1 && axes[name] ? transposed(tensor, axes[name]) : tensor] as const
      }),
    )
  const { sequence_lens, ...rest } = named(inputs)
  const lengths = sequence_lens && Array.from(sequence_lens.data)
  return { name, layer: { op, hidden: attributes.hidden_size }, lengths, inputs: rest, outputs: named(outputs) }
}

describe.skipIf(!present)("ONNX's node tests (skipped where ../shared/vectors is absent)", () => {
  test('there are twelve, of all three operators', () => {
    expect(cases.map(({ op }) => op).sort()).toEqual([
      ...Array(4).fill('GRU'),
      ...Array(4).fill('LSTM'),
      ...Array(4).fill('RNN'),
    ])
  })

  testVectors(
    cases.map((one) => fromOnnx(caseOf(one))),
    { reference: 2e-6, auto: 1e-5 },
  )
})
