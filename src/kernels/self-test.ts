import { exp, leaf, sigmoid, tanh } from '../expr/index.ts'
import { type Kernels, matrix, type PointwiseProgram, transposed } from './contract.ts'
import { ReferenceKernels } from './reference.ts'

/** How a kernel set did on this machine. */
export interface SelfTest {
  /** What was wrong with its numbers; absent when they are right. */
  readonly failure?: string
  /** Speed of a matrix product of the size of a training step's. */
  readonly gigaflops: number
}

const [x, y] = [leaf('x'), leaf('y')]
const program: PointwiseProgram = {
  inputs: ['x', 'y'],
  outputs: [
    {
      expr: sigmoid(x)
        .mul(tanh(y))
        .add(x.div(y.mul(y).add(1))),
    },
  ],
  sum: x.mul(y),
}

const byRow: PointwiseProgram = {
  inputs: ['x'],
  perRow: ['y'],
  outputs: [],
  reductions: [
    { expr: exp(x.sub(y)), by: 'sum' },
    { expr: x, by: 'max' },
  ],
}

/** Numbers against the reference, then a few milliseconds of timing. */
export function selfTest(kernels: Kernels): SelfTest {
  const [actual, expected] = [exercise(kernels), exercise(new ReferenceKernels())]
  const wrong = expected.findIndex((value, i) => !(Math.abs(value - actual[i]!) <= 1e-4))
  if (wrong >= 0)
    return { failure: `expected ${expected[wrong]} at place ${wrong}, got ${actual[wrong]}`, gigaflops: 0 }
  return { gigaflops: speed(kernels) }
}

/** Both forms of product with ragged edges, and pointwise kernels with a ragged end: one of elements, one of rows. */
function exercise(kernels: Kernels): number[] {
  const { memory } = kernels
  const mark = memory.mark()
  const place = (length: number, phase: number) => {
    const at = memory.take(length)
    memory.view(at, length).set(Float32Array.from({ length }, (_, i) => Math.sin(i + phase)))
    return at
  }
  const [m, n, k] = [13, 21, 19]
  const right = kernels.pack(matrix(place(k * n, 1), k, n))
  const out = matrix(place(m * n, 2), m, n)
  kernels.multiply(out, matrix(place(m * k, 3), m, k), right, 'accumulate')
  kernels.multiply(out, transposed(matrix(place(k * m, 4), k, m)), right, { bias: place(n, 5) })
  const result = place(m * n, 6)
  const rows = [out.at, place(m * n, 7), result].map((at) => ({ at, rowStride: n }))
  const sum = kernels.pointwise(program)(m - 1, n, rows)
  const columns = [8, 9, 10].map((phase) => ({ at: place(m, phase), rowStride: 1 }))
  kernels.pointwise(byRow)(m, n, [rows[1]!, ...columns])
  const folded = columns.flatMap(({ at }) => [...memory.view(at, m)])
  const numbers = [...memory.view(out.at, m * n), ...memory.view(result, (m - 1) * n), sum, ...folded]
  memory.release(mark)
  return numbers
}

/** GFLOP/s of a matrix product: the best of a few milliseconds. */
export function speed(kernels: Kernels): number {
  const { memory } = kernels
  const mark = memory.mark()
  const [m, n, k] = [24, 256, 128]
  const [left, out] = [matrix(memory.take(m * k), m, k), matrix(memory.take(m * n), m, n)]
  const right = kernels.pack(matrix(memory.take(k * n), k, n))
  let best = Number.POSITIVE_INFINITY
  const end = performance.now() + 3
  do {
    const started = performance.now()
    for (let i = 0; i < 4; i++) kernels.multiply(out, left, right, 'zero')
    best = Math.min(best, (performance.now() - started) / 4)
  } while (performance.now() < end)
  memory.release(mark)
  return (2 * m * n * k) / best / 1e6
}
