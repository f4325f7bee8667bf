import { describe, expect, test } from 'vitest'
import { fromOnnx, type OnnxCase } from './onnx.ts'
import { readCases, type Tensors, testVectors } from './vectors.ts'

const cases = readCases<OnnxCase & { readonly ort: Tensors }>('ort-recurrent.json')

test('every operator in every direction, and every activation, clipped and not', () => {
  const told = cases.map(({ layer }) => layer)
  expect(new Set(told.map(({ op, direction }) => `${op} ${direction}`)).size).toBe(9)
  for (const clipped of [false, true])
    for (const op of ['RNN', 'GRU', 'LSTM']) {
      const those = told.filter((layer) => layer.op === op && (layer.clip !== undefined) === clipped)
      expect(new Set(those.flatMap(({ activations = [] }) => activations[0]!.name)).size).toBe(11)
    }
  expect(cases.filter(({ lengths }) => lengths?.includes(0)).length).toBeGreaterThan(10)
})

// Relative to the largest, since some activations have no bound: ONNX Runtime computes in float32.
describe('as ONNX Runtime has it', () =>
  testVectors(
    cases.map(({ name, layer, lengths, inputs, ort }) => fromOnnx({ name, layer, lengths, inputs, outputs: ort })),
    { reference: 2e-6, auto: 5e-6 },
  ))

describe("ONNX's equations, differentiated by PyTorch", () => testVectors(cases.map(fromOnnx)))
