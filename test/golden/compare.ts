import type { PlainTensor } from '../../src/base/shape.ts'

/** The largest difference between two tensors, relative to the largest element of the expected one. */
export function furthest(actual: PlainTensor, expected: PlainTensor): number {
  const values = Array.from(expected.data)
  const scale = Math.max(1e-3, ...values.map(Math.abs))
  // NaN is the furthest of all: Math.max would pass it on, and a comparison with it is false.
  return Math.max(...values.map((value, i) => Math.abs(value - actual.data[i]!))) / scale
}
