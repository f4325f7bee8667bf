import {
  type Address,
  type Jobs,
  type Kernels,
  type Matrix,
  type Packed,
  type PointwiseKernel,
  type PointwiseProgram,
  type Product,
  packedSize,
  type Start,
} from '../contract.ts'
import { type KernelId, library } from './library.ts'
import { type Machine, type Recording, WasmMachine } from './machine.ts'
import type { WordMemory } from './memory.ts'
import { BLOCK } from './multiply.ts'
import { type Job, MOST_JOBS, type ThreadPool } from './threads.ts'
import { tierShapes, type WasmTier } from './tiers.ts'

/** Rows of the right side that are worked on together: one panel of them stays in the first-level cache. */
const DEPTH = 384
/** Rows of the left side that stay in the second-level cache while the panels pass, read in place or packed. */
const HEIGHT = 96
const PACKED_HEIGHT = 528
/** A product less deep than this writes more than it reads: few rows at a time, so that it writes along them. */
const SHALLOW = 128
const FEW_ROWS = 24
/** Floats of a thread's scratch: a tile, and a packed block of a left side with room between its tiles. */
export const SCRATCH = BLOCK / 4 + PACKED_HEIGHT * (DEPTH + 16)
/** Byte address of the descriptor of the pointwise kernel that runs now, in the scratch page at the memory's bottom. */
const DESCRIPTOR = 64

/** What an element of a pointwise kernel counts as, in multiplications, and one that is moved. */
const POINTWISE_WORK = 8
const MOVE_WORK = 4

/** The kernels of a tier, carried out by a machine. */
export class WasmKernels implements Kernels {
  readonly tier: WasmTier
  readonly memory: WordMemory
  readonly threads: number
  private readonly machine: Machine
  private readonly width: number
  private readonly kernels = new WeakMap<PointwiseProgram, PointwiseKernel>()
  /** The commands of jobs being recorded; kernels run at once where there are none. */
  private recording: Recording | undefined
  /** Multiplications asked for so far, roughly. */
  private work = 0

  constructor(machine: Machine) {
    this.tier = machine.tier
    this.memory = machine.memory
    this.threads = machine.threads
    this.machine = machine
    this.width = 4 * tierShapes[machine.tier].product.vectors
  }

  /** Over a new memory, on one thread or on a pool's. */
  static on(tier: WasmTier, pool: ThreadPool | undefined): WasmKernels {
    return new WasmKernels(new WasmMachine(tier, pool, SCRATCH))
  }

  pointwise(program: PointwiseProgram): PointwiseKernel {
    const known = this.kernels.get(program)
    if (known) return known
    const id = this.machine.kernel(program)
    const { inputs, perRow = [], outputs, reductions = [], scalars: names = [] } = program
    const words = 2 * (inputs.length + perRow.length + outputs.length + reductions.length) + names.length
    const joinable = perRow.length + reductions.length === 0
    const kernel: PointwiseKernel = (rows, columns, matrices, scalars) => {
      this.work += rows * columns * POINTWISE_WORK
      // A recorded kernel runs later, so its descriptor is its own.
      const descriptor = this.recording ? 4 * this.memory.take(words) : DESCRIPTOR
      const { integers, floats } = this.memory
      let slot = descriptor / 4
      let dense = joinable
      for (const { at, rowStride } of matrices) {
        integers[slot++] = 4 * at
        integers[slot++] = 4 * rowStride
        if (rowStride !== columns) dense = false
      }
      if (scalars) for (const scalar of scalars) floats[slot++] = scalar
      // Where all rows follow one another they are one long row, with one ragged end, unless a row has numbers of its own.
      return dense ? this.call(id, 1, rows * columns, descriptor) : this.call(id, rows, columns, descriptor)
    }
    this.kernels.set(program, kernel)
    return kernel
  }

  pack(...parts: readonly Matrix[]): Packed {
    const [rows, columns] = packedSize(parts)
    const padded = Math.ceil(columns / this.width) * this.width
    const at = this.memory.take(rows * padded)
    let row = 0
    for (const part of parts)
      for (let done = 0; done < part.rows; ) {
        const inside = row % DEPTH
        const depth = Math.min(DEPTH, rows - row + inside)
        const count = Math.min(depth - inside, part.rows - done)
        const from = part.at + done * part.rowStride
        const to = at + (row - inside) * padded + inside * this.width
        const gap = (depth - count) * this.width
        this.call('pack', count, columns, 4 * from, 4 * part.rowStride, 4 * part.columnStride, 4 * to, 4 * gap)
        row += count
        done += count
      }
    this.work += rows * columns * MOVE_WORK
    return { at, rows, width: columns, first: 0, columns }
  }

  multiply(out: Matrix, left: Matrix, right: Packed, start: Start): void {
    this.multiplyEach(left, [{ out, right }], start)
  }

  multiplyEach(left: Matrix, products: readonly Product[], start: Start): void {
    const depths = products[0]!.right.rows
    const byRows = left.columnStride === 1
    const height = byRows ? (depths < SHALLOW ? FEW_ROWS : HEIGHT) : PACKED_HEIGHT
    for (const { out } of products) this.work += out.rows * out.columns * depths
    for (let depth = 0; depth < depths; depth += DEPTH) {
      const k = Math.min(DEPTH, depths - depth)
      for (let row = 0; row < left.rows; row += height) {
        const m = Math.min(height, left.rows - row)
        const from = 4 * (left.at + row * left.rowStride + depth * left.columnStride)
        // Columns far apart would fight for the same lines of the cache.
        if (!byRows) this.call('packLeft', k, m, from, 4 * left.columnStride)
        const kernel = byRows ? 'multiplyRows' : 'multiplyPacked'
        for (const { out, right } of products) {
          const to = 4 * (out.at + row * out.rowStride)
          const paddedColumns = Math.ceil(right.width / this.width) * this.width
          const panel = 4 * (right.at + depth * paddedColumns + right.first * k)
          const accumulating = depth > 0 || start === 'accumulate'
          const begin = accumulating ? to : start === 'zero' ? 0 : 4 * (start as { bias: Address }).bias
          const beginStride = accumulating ? 4 * out.rowStride : 0
          this.call(
            kernel,
            m,
            out.columns,
            k,
            from,
            4 * left.rowStride,
            panel,
            to,
            4 * out.rowStride,
            begin,
            beginStride,
          )
        }
      }
    }
  }

  zero(at: Address, length: number): void {
    this.work += length
    this.call('zero', 4 * at, length)
  }

  gatherRows(to: Address, from: Address, index: Address, rows: number, columns: number): void {
    this.move('gatherRows', to, from, index, rows, columns)
  }

  scatterRows(to: Address, from: Address, index: Address, rows: number, columns: number): void {
    this.move('scatterRows', to, from, index, rows, columns)
  }

  scatterAddRows(to: Address, from: Address, index: Address, rows: number, columns: number): void {
    this.move('scatterAddRows', to, from, index, rows, columns)
  }

  parallel(phases: readonly Jobs[]): void {
    if (this.recording) throw new RangeError('parallel() within a job')
    if (this.threads === 1 || phases.every((jobs) => jobs.length === 1)) {
      for (const job of phases.flat()) job()
      return
    }
    // As many phases at once as a run can number.
    let count = 0
    for (const [i, { length }] of phases.entries()) {
      count += length
      if (count <= MOST_JOBS || i === 0) continue
      this.parallel(phases.slice(0, i))
      this.parallel(phases.slice(i))
      return
    }
    const before = this.work
    const jobs: Job[] = []
    const commands = this.commandsOf((recording) => {
      for (const phase of phases) {
        const after = jobs.length
        for (const job of phase) {
          const from = recording.length
          job()
          jobs.push({ from, length: recording.length - from, after })
        }
      }
    })
    this.machine.runJobs(commands, jobs, this.work - before)
  }

  record(job: () => void): () => void {
    return this.machine.replay(this.commandsOf(job))
  }

  private commandsOf(calls: (recording: Recording) => void): Recording {
    this.recording = this.machine.recording()
    try {
      calls(this.recording)
      return this.recording
    } finally {
      this.recording = undefined
    }
  }

  private move(kernel: KernelId, to: Address, from: Address, index: Address, rows: number, columns: number): void {
    this.work += rows * columns * MOVE_WORK
    this.call(kernel, 4 * to, 4 * from, 4 * index, rows, columns)
  }

  private call(kernel: KernelId | number, ...args: number[]): number {
    const id = typeof kernel === 'number' ? kernel : library(this.tier).ids[kernel]
    if (!this.recording) return this.machine.run(id, args)
    this.recording.push(id, args.length, ...args)
    return 0
  }
}
