import type { Address, Kernels, Matrix, Packed, PointwiseKernel, PointwiseProgram, Start } from '../contract.ts'
import { programKey } from '../program.ts'
import { type KernelId, library } from './library.ts'
import { WasmMemory } from './memory.ts'
import { BLOCK } from './multiply.ts'
import { emitPointwise } from './pointwise.ts'
import { constantAddress } from './pool.ts'
import { KernelTable } from './table.ts'
import { type ThreadPool, threadPool } from './threads.ts'
import { tierShapes, type WasmTier } from './tiers.ts'

/** Rows of the right side that are worked on together: one panel of them stays in the first-level cache. */
const DEPTH = 384
/** Rows of the left side that stay in the second-level cache while the panels pass. */
const HEIGHT = 96
/** Floats of a thread's scratch: a tile, and a packed block of a left side with room between its tiles. */
const SCRATCH = BLOCK / 4 + HEIGHT * (DEPTH + 16)
/** Byte address of the descriptor of the pointwise kernel that runs now, in the scratch page at the memory's bottom. */
const DESCRIPTOR = 64

/** What an element of a pointwise kernel counts as, in multiplications. */
const POINTWISE_WORK = 8

/** The WebAssembly kernels of a tier over a memory of their own. */
export class WasmKernels implements Kernels {
  readonly tier: WasmTier
  readonly memory = new WasmMemory()
  private readonly table: KernelTable
  private readonly pool: ThreadPool | undefined
  private readonly scratch: readonly number[]
  private readonly width: number
  private readonly kernels = new WeakMap<PointwiseProgram, PointwiseKernel>()
  /** The commands of the job being recorded; kernels run at once where there is none. */
  private recording: number[] | undefined
  /** Multiplications asked for so far, roughly. */
  private work = 0

  constructor(tier: WasmTier, pool: ThreadPool | undefined = threadPool()) {
    this.tier = tier
    this.pool = pool
    this.width = 4 * tierShapes[tier].product.vectors
    const scratch = Array.from({ length: pool?.threads ?? 1 }, () => 4 * this.memory.keep(SCRATCH))
    this.table = new KernelTable(library(tier), this.memory.wasm, scratch[0]!)
    this.scratch = scratch.slice(1)
  }

  pointwise(program: PointwiseProgram): PointwiseKernel {
    const known = this.kernels.get(program)
    if (known) return known
    const { pointwise } = tierShapes[this.tier]
    const id = library(this.tier).add(programKey(program), () => emitPointwise(program, pointwise, constantAddress))
    this.memory.updateConstants()
    const words = 2 * (program.inputs.length + program.outputs.length) + (program.scalars?.length ?? 0)
    const kernel: PointwiseKernel = (rows, columns, matrices, scalars) => {
      this.work += rows * columns * POINTWISE_WORK
      // A recorded kernel runs later, so its descriptor is its own.
      const descriptor = this.recording ? 4 * this.memory.take(words) : DESCRIPTOR
      const { integers, floats } = this.memory
      let slot = descriptor / 4
      let dense = true
      for (const { at, rowStride } of matrices) {
        integers[slot++] = 4 * at
        integers[slot++] = 4 * rowStride
        if (rowStride !== columns) dense = false
      }
      if (scalars) for (const scalar of scalars) floats[slot++] = scalar
      // Where all rows follow one another they are one long row, with one ragged end.
      return dense ? this.call(id, 1, rows * columns, descriptor) : this.call(id, rows, columns, descriptor)
    }
    this.kernels.set(program, kernel)
    return kernel
  }

  pack(right: Matrix): Packed {
    const columns = Math.ceil(right.columns / this.width) * this.width
    const at = this.memory.take(right.rows * columns)
    for (let row = 0; row < right.rows; row += DEPTH) {
      const from = right.at + row * right.rowStride
      const rows = Math.min(DEPTH, right.rows - row)
      const to = at + row * columns
      this.call('pack', rows, right.columns, 4 * from, 4 * right.rowStride, 4 * right.columnStride, 4 * to)
    }
    return { at, rows: right.rows, columns: right.columns }
  }

  multiply(out: Matrix, left: Matrix, right: Packed, start: Start): void {
    const paddedColumns = Math.ceil(right.columns / this.width) * this.width
    const byRows = left.columnStride === 1
    this.work += out.rows * out.columns * right.rows
    for (let depth = 0; depth < right.rows; depth += DEPTH) {
      const k = Math.min(DEPTH, right.rows - depth)
      for (let row = 0; row < out.rows; row += HEIGHT) {
        const m = Math.min(HEIGHT, out.rows - row)
        const from = 4 * (left.at + row * left.rowStride + depth * left.columnStride)
        // Columns far apart would fight for the same lines of the cache.
        if (!byRows) this.call('packLeft', k, m, from, 4 * left.columnStride)
        const to = 4 * (out.at + row * out.rowStride)
        const panel = 4 * (right.at + depth * paddedColumns)
        const accumulating = depth > 0 || start === 'accumulate'
        const begin = accumulating ? to : start === 'zero' ? 0 : 4 * (start as { bias: Address }).bias
        const beginStride = accumulating ? 4 * out.rowStride : 0
        const kernel = byRows ? 'multiplyRows' : 'multiplyPacked'
        this.call(kernel, m, out.columns, k, from, 4 * left.rowStride, panel, to, 4 * out.rowStride, begin, beginStride)
      }
    }
  }

  zero(at: Address, length: number): void {
    this.call('zero', 4 * at, length)
  }

  gatherRows(to: Address, from: Address, index: Address, rows: number, columns: number): void {
    this.call('gatherRows', 4 * to, 4 * from, 4 * index, rows, columns)
  }

  scatterAddRows(to: Address, from: Address, index: Address, rows: number, columns: number): void {
    this.call('scatterAddRows', 4 * to, 4 * from, 4 * index, rows, columns)
  }

  parallel(jobs: readonly (() => void)[]): void {
    if (this.recording) throw new RangeError('parallel() within a job')
    if (!this.pool || jobs.length === 1) {
      for (const job of jobs) job()
      return
    }
    const before = this.work
    const commands = jobs.map((job) => this.record(job))
    const places = commands.map((words) => ({
      from: this.memory.takeIndex(Int32Array.from(words)),
      length: words.length,
    }))
    const table = this.memory.takeIndex(Int32Array.from(places.flatMap(({ from, length }) => [from, length])))
    const { integers } = this.memory
    if (this.work - before >= this.pool.worth) this.pool.run(this.table, this.scratch, integers, places, table)
    else for (const { from, length } of places) this.table.kernels.runAll(integers, from, length)
  }

  private record(job: () => void): number[] {
    this.recording = []
    try {
      job()
      return this.recording
    } finally {
      this.recording = undefined
    }
  }

  private call(kernel: KernelId | number, ...args: number[]): number {
    const id = typeof kernel === 'number' ? kernel : library(this.tier).ids[kernel]
    if (!this.recording) return this.table.kernels.run(id, args)
    this.recording.push(id, args.length, ...args)
    return 0
  }
}
