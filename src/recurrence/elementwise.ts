import { leaf } from '../expr/index.ts'
import type { Address, Kernels, Matrix } from '../kernels/index.ts'

const x = leaf('x')
const adding = { inputs: ['x'], outputs: [{ expr: x, accumulate: true }] }

/** to += from, over `length` numbers. */
export function addInto(kernels: Kernels, to: Address, from: Address, length: number): void {
  const rowStride = length
  kernels.pointwise(adding)(1, length, [
    { at: from, rowStride },
    { at: to, rowStride },
  ])
}

/** to[j] += Σ_i m[i, j]: every row is added into the same one. */
export function addColumnSums(kernels: Kernels, to: Address, m: Matrix): void {
  kernels.pointwise(adding)(m.rows, m.columns, [
    { at: m.at, rowStride: m.rowStride },
    { at: to, rowStride: 0 },
  ])
}

/** Zeroed room in the arena. */
export function takeZeros(kernels: Kernels, length: number): Address {
  const at = kernels.memory.take(length)
  kernels.zero(at, length)
  return at
}
