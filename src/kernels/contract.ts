import type { FloatArray } from '../base/samples.ts'
import type { Expr } from '../expr/index.ts'

/** Kernel sets, slowest first. `relaxed` adds fused multiply-add, `wide` pairs of vectors. */
export type Tier = 'reference' | 'simd' | 'relaxed' | 'wide'

/** A place in a kernel set's memory, counted in elements (not bytes). */
export type Address = number

/**
 * Memory of one owner (a model, or one call of `unroll`). What is kept lies below; above it grows an arena that is
 * emptied as a whole at the end of each step. Nothing is ever freed one by one.
 */
export interface Memory {
  /** Room that lasts as long as the memory, zeroed. Only while the arena is empty. */
  keep(length: number): Address
  /** Room in the arena, not zeroed, until the next `release` of an earlier mark. */
  take(length: number): Address
  /** Whole numbers in the arena, for `gatherRows` and `scatterAddRows`. */
  takeIndex(index: Int32Array): Address
  /** The arena's present top, to be given to `release`. */
  mark(): number
  release(mark: number): void
  /** The numbers at an address. Hold it no longer than until the next `keep` or `take`: growing moves them. */
  view(at: Address, length: number): FloatArray
  /** A copy of the numbers at an address; zeros where kernels only count room. */
  copy(at: Address, length: number): FloatArray
  /** The most bytes it can come to hold. */
  readonly limit: number
  /** Bytes now reserved, those kept, and the most the arena has held. */
  usage(): { readonly reserved: number; readonly kept: number; readonly arenaPeak: number }
}

/** A matrix in a memory: element (i, j) lies at `at + i·rowStride + j·columnStride`. */
export interface Matrix {
  at: Address
  rows: number
  readonly columns: number
  readonly rowStride: number
  readonly columnStride: number
}

/** A dense or row-strided matrix, columns side by side. */
export const matrix = (at: Address, rows: number, columns: number, rowStride = columns): Matrix => ({
  at,
  rows,
  columns,
  rowStride,
  columnStride: 1,
})

/** The same numbers with rows and columns exchanged. */
export const transposed = (m: Matrix): Matrix => ({
  at: m.at,
  rows: m.columns,
  columns: m.rows,
  rowStride: m.columnStride,
  columnStride: m.rowStride,
})

/** The right side of a product, laid out as the kernel reads it, or some of its columns. */
export interface Packed {
  readonly at: Address
  readonly rows: number
  /** Of the whole. */
  readonly width: number
  /** The first of its columns that are meant, and how many. */
  readonly first: number
  readonly columns: number
}

/** Rows and columns of matrices one below the other. */
export const packedSize = (parts: readonly Matrix[]): [rows: number, columns: number] => [
  parts.reduce((sum, { rows }) => sum + rows, 0),
  parts[0]!.columns,
]

/** Columns of a packed right side start and end at multiples of this, or at its end. */
export const PANEL = 16

/** Some columns of a packed right side, from a multiple of `PANEL` on. */
export const columnsOf = (packed: Packed, first: number, columns: number): Packed => ({
  ...packed,
  first: packed.first + first,
  columns,
})

/** A right side and where its product goes. */
export interface Product {
  readonly out: Matrix
  readonly right: Packed
}

/** What a product is added to: nothing, what stands there, or a row of biases. */
export type Start = 'zero' | 'accumulate' | { readonly bias: Address }

/**
 * A pointwise computation over the elements of equally large matrices: every output element is an expression of the
 * input elements at its place. Beside them stand columns, which hold one number for each row.
 */
export interface PointwiseProgram {
  /** Leaf names bound, in this order, to matrices. A row stride of 0 repeats one row for all. */
  readonly inputs: readonly string[]
  /** Leaf names bound to columns: a row's number stands at every place of that row. */
  readonly perRow?: readonly string[]
  /** Leaf names bound to one number for the whole call. */
  readonly scalars?: readonly string[]
  /** Written, or added to what stands there. An output may lie exactly on an input. */
  readonly outputs: readonly { readonly expr: Expr; readonly accumulate?: boolean }[]
  /** Columns written when a row is through. One may lie exactly on a column that is read. */
  readonly reductions?: readonly Reduction[]
  /** Added up over all elements in float64 and returned by the call. */
  readonly sum?: Expr
}

/**
 * What an expression comes to along each row: its `'sum'`, added up in float64 (0 where there are no columns), or its `'max'`
 * (then -Infinity). A NaN anywhere in the row makes either of them NaN.
 */
export interface Reduction {
  readonly expr: Expr
  readonly by: 'sum' | 'max'
}

/** Where a pointwise kernel finds one of its matrices. */
export interface Rows {
  at: Address
  /** Elements from one row to the next; of a column, from one number to the next. */
  rowStride: number
}

/**
 * Runs over `rows` × `columns` elements; `matrices` are the inputs, those per row, the outputs and the reductions. Returns
 * the sum, or 0.
 */
export type PointwiseKernel = (
  rows: number,
  columns: number,
  matrices: readonly Rows[],
  scalars?: readonly number[],
) => number

/** A kernel set bound to one memory. Every implementation passes `test/contract`. */
export interface Kernels {
  readonly tier: Tier
  readonly memory: Memory
  /** Threads that `parallel` may use. Nothing but the time a run takes may depend on it. */
  readonly threads: number
  /** Compiles a program, once an object: keep programs rather than making them anew. Equal ones share machine code. */
  pointwise(program: PointwiseProgram): PointwiseKernel
  /** Lays a right side out for products, in the arena: matrices as wide as one another, one below the other. */
  pack(...parts: readonly Matrix[]): Packed
  /** out = start + left · right. `out` has column stride 1; `left` has row or column stride 1. */
  multiply(out: Matrix, left: Matrix, right: Packed, start: Start): void
  /** The same for several right sides of one left side, which is then laid out once. */
  multiplyEach(left: Matrix, products: readonly Product[], start: Start): void
  /** Zeroes `length` numbers. */
  zero(at: Address, length: number): void
  /** Row i of `to` ← row `index[i]` of `from`; both dense with `columns` columns; `index` from `takeIndex`. */
  gatherRows(to: Address, from: Address, index: Address, rows: number, columns: number): void
  /** Row `index[i]` of `to` += row i of `from`. */
  scatterAddRows(to: Address, from: Address, index: Address, rows: number, columns: number): void
  /** Row `index[i]` of `to` ← row i of `from`. */
  scatterRows(to: Address, from: Address, index: Address, rows: number, columns: number): void
  /**
   * Runs phases one after another, the jobs of each on several threads where there are some. A job calls kernels and takes
   * room; it touches numbers in no other way, writes nothing that another job of its phase reads or writes, and releases
   * nothing. Its kernels run in order, but only once the job functions of all phases have returned.
   */
  parallel(phases: readonly Jobs[]): void
  /**
   * A function that runs a job's kernels, again and again and with less ado than the job would. The job only calls kernels,
   * and says the same each time it is called: the same kernels at the same addresses.
   */
  record(job: () => void): () => void
}

export type Jobs = readonly (() => unknown)[]
