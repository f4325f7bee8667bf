import type { Cell } from '../cells/define.ts'
import {
  type Address,
  type Jobs,
  type Kernels,
  type Matrix,
  matrix,
  type Packed,
  transposed,
} from '../kernels/index.ts'
import { compile } from './compile.ts'
import { addColumnSums, addInto, takeZeros } from './elementwise.ts'
import { rowsBetween } from './layout.ts'
import { type FindWeight, weightBlock } from './packed-weights.ts'
import type { Recurrence, Segment } from './plan.ts'
import type { Shard } from './shard.ts'
import { columnsIn, type Sizes, unitsOf } from './sizes.ts'
import { runsOf } from './timeline.ts'

/** Columns of dZ that a job works on at most, and what they are a multiple of, so that tiles are the same for all threads. */
const BLOCK = 528
const TILES = 48

/** What a segment multiplied in a phase. */
interface Operand {
  readonly segment: Segment
  right?: Packed
}

/**
 * The gradients of a cell's weights, to which runs add after `backward`: dW += dZᵀ · operand over all steps of all shards,
 * and the column sums of dZ for the biases and the cell's own parameters. The last phase of steps comes first, so that
 * windows, whose last one does, add up in the order of a whole run.
 */
export class WeightGradients {
  private readonly kernels: Kernels
  private readonly recurrence: Recurrence
  private readonly sizes: Sizes
  private readonly gradient: FindWeight
  private readonly columns: readonly number[]
  private readonly width: number
  private readonly sums: Address

  /** @param gradient finds what is added to */
  constructor(kernels: Kernels, cell: Cell, sizes: Sizes, gradient: FindWeight) {
    this.kernels = kernels
    this.recurrence = compile(cell)
    this.sizes = sizes
    this.gradient = gradient
    const { at, width } = columnsIn(this.recurrence, sizes)
    this.columns = at
    this.width = width
    this.sums = takeZeros(kernels, width)
  }

  /**
   * Jobs that lay out what was multiplied, then phases that go through the rows of dZ: their jobs share out its columns, so
   * nobody's part has to be added to another's.
   */
  add(shards: readonly Shard[], bounds: readonly number[]): Jobs[] {
    const { hoisted, stages } = this.recurrence
    const segments = [...hoisted, ...stages.flatMap((stage) => stage.products)]
    const packing: (() => void)[] = []
    const phases: Jobs[] = []
    for (let phase = bounds.length - 2; phase >= 0; phase--)
      for (const shard of shards) {
        const [from, to] = [bounds[phase]!, bounds[phase + 1]!]
        const rows = rowsBetween(shard.layout, from, to)
        if (rows === 0) continue
        const operands = segments.map((segment): Operand => ({ segment }))
        for (const operand of operands)
          packing.push(() => {
            operand.right = this.operand(operand.segment, shard, from, to)
          })
        const first = shard.layout.offset[from]!
        // The sums first: they read along the rows, which brings them near for the products.
        phases.push([...this.sumsOf(shard, first, rows), ...this.productsOf(shard, first, rows, operands)])
      }
    return [packing, ...phases]
  }

  /** After the last run: adds what came of the biases and the cell's own parameters. */
  finish(): void {
    const { kernels, gradient, sums, columns, sizes } = this
    const { matrices, slots, cell } = this.recurrence
    for (const [name, stacked] of matrices)
      for (const [block, product] of stacked.entries()) {
        if (!product.bias) continue
        const [slot, units] = [slots.findIndex((s) => s.product === product), unitsOf(product.size, sizes)]
        addInto(kernels, gradient(`bias_${name}`) + block * units, sums + columns[slot]!, units)
      }
    for (const [i, { name }] of cell.graph.parameters.entries())
      addInto(kernels, gradient(name), sums + columns[slots.length + i]!, sizes.hidden)
  }

  /** What a segment multiplied in some steps, wherever those rows lie. */
  private operand(segment: Segment, shard: Shard, from: number, to: number): Packed {
    const { operand } = segment
    const clock = operand.from === 'past' ? shard.pastClock(operand.index) : 'step'
    const runs = runsOf(shard.layout, clock, from, to)
    return this.kernels.pack(...runs.map(({ first, rows }) => shard.operandRows(segment, first, rows)))
  }

  private sumsOf(shard: Shard, first: number, rows: number): Jobs {
    const { kernels, sums } = this
    const dZ = shard.adjoints(first, rows)
    const width = blockOf(dZ.columns, kernels.threads)
    return Array.from({ length: Math.ceil(dZ.columns / width) }, (_, i) => () => {
      const columns = Math.min(width, dZ.columns - i * width)
      addColumnSums(kernels, sums + i * width, { ...dZ, at: dZ.at + i * width, columns })
    })
  }

  /** A job for each block of columns of dZ: it meets the operands of all segments at once. */
  private productsOf(shard: Shard, first: number, rows: number, operands: readonly Operand[]): Jobs {
    const { kernels, recurrence, sizes, gradient, columns, width } = this
    const height = blockOf(columns[recurrence.slots.length] ?? width, kernels.threads)
    const jobs = new Map<string, { left: Matrix; products: { out: Matrix; operand: Operand }[] }>()
    for (const operand of operands) {
      const { segment } = operand
      const all = weightBlock(segment, sizes, gradient)
      for (let above = 0; above < all.rows; above += height) {
        const out = matrix(all.at + above * all.columns, Math.min(height, all.rows - above), all.columns)
        const left = transposed(shard.adjointRows(segment, first, rows))
        const key = `${columns[segment.slot]! + above} ${out.rows}`
        const job = jobs.get(key) ?? { left: { ...left, at: left.at + above, rows: out.rows }, products: [] }
        jobs.set(key, job)
        job.products.push({ out, operand })
      }
    }
    return [...jobs.values()].map(({ left, products }) => () => {
      const pairs = products.map(({ out, operand }) => ({ out, right: operand.right! }))
      kernels.multiplyEach(left, pairs, 'accumulate')
    })
  }
}

const blockOf = (columns: number, threads: number) =>
  TILES * Math.ceil(columns / Math.max(Math.ceil(columns / BLOCK), threads) / TILES)
