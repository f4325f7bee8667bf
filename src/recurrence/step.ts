import type { Cell } from '../cells/define.ts'
import { type Address, type Kernels, type Matrix, matrix, type Rows } from '../kernels/index.ts'
import { compile } from './compile.ts'
import { takeZeros } from './elementwise.ts'
import { type FindWeight, PackedWeights } from './packed-weights.ts'
import type { Recurrence, Segment } from './plan.ts'
import { columnsIn, operandSize, type Sizes, type Units, unitsOf } from './sizes.ts'
import type { Pass, Source } from './sources.ts'

/** A state between steps. */
interface Kept {
  /** `[S, depth · units]`: a row's last steps, oldest first. */
  readonly last: Matrix
  /** `[S, units]`: what the step makes of it. It lies on `last` where that is all. */
  readonly next: Matrix
  /** Moves `next` into `last`. */
  readonly advance: () => void
}

/**
 * A cell that runs a step at a time, for as many sequences as its input has rows; it is the time loop's step, on the same
 * stages and kernels. Its buffers, with S sequences and H units: `z [S, slots · H]`, an intermediate `[S, H]` each, and its
 * states. They and the weights, laid out once, are taken from the arena and must stay.
 */
export class Step {
  /** Each state, `[S, depth · units]`, zero at first: the last steps before the next one. */
  readonly states: readonly Matrix[]
  /** The first state after a step. */
  readonly output: Matrix
  private readonly kernels: Kernels
  private readonly recurrence: Recurrence
  private readonly weights: PackedWeights
  private readonly x: Matrix
  private readonly sizes: Sizes
  private readonly z: Address
  private readonly columns: readonly number[]
  private readonly width: number
  private readonly kept: readonly Kept[]
  private readonly operands: readonly Address[]
  private readonly means: readonly Address[]
  private readonly passingMeans: readonly Address[]

  /** @param x where the input `[S, I]` of each step will lie */
  constructor(kernels: Kernels, cell: Cell, x: Matrix, sizes: Units, weight: FindWeight) {
    const recurrence = compile(cell)
    const take = (length: number) => kernels.memory.take(length)
    this.kernels = kernels
    this.recurrence = recurrence
    this.sizes = { ...sizes, inputs: x.columns }
    this.weights = new PackedWeights(kernels, recurrence, this.sizes, weight)
    for (const job of this.weights.prepareForward()) job()
    this.x = x
    const { at, width } = columnsIn(recurrence, this.sizes)
    this.columns = at
    // The columns after the slots are for adjoints.
    this.width = at[recurrence.slots.length] ?? width
    this.z = take(x.rows * this.width)
    this.operands = recurrence.intermediates.map(({ expr }) =>
      take(x.rows * unitsOf(cell.graph.sizeOf(expr), this.sizes)),
    )
    this.means = Array.from({ length: recurrence.means }, () => take(x.rows))
    this.passingMeans = Array.from({ length: recurrence.passingMeans }, () => take(x.rows))
    this.kept = cell.states.map((_, state) => this.keep(state))
    this.states = this.kept.map(({ last }) => last)
    this.output = this.kept[0]!.next
  }

  /** Calls the kernels of one step. */
  run(): void {
    const { hoisted, stages } = this.recurrence
    for (const segment of hoisted) this.multiply(segment)
    for (const { products, forward } of stages) {
      for (const segment of products) this.multiply(segment)
      for (const pass of forward) this.pointwise(pass)
    }
    for (const { advance } of this.kept) advance()
  }

  private keep(state: number): Kept {
    const { kernels, x, sizes, recurrence } = this
    const { graph } = recurrence.cell
    const [units, depth] = [unitsOf(graph.stateSizes[state]!, sizes), graph.depths[state]!]
    const blocks = x.rows * depth
    // The blocks of all rows, then what comes next: one list of rows to gather from.
    const at = takeZeros(kernels, (blocks + x.rows) * units)
    const last = matrix(at, x.rows, depth * units)
    // A state is written by the last pass of its size, which has read an element when it writes it.
    if (depth === 1) return { last, next: last, advance() {} }
    const moved = Int32Array.from({ length: blocks }, (_, i) =>
      (i + 1) % depth === 0 ? blocks + Math.floor(i / depth) : i + 1,
    )
    const [from, to] = [moved, moved.map((_, i) => i)].map((index) => kernels.memory.takeIndex(index))
    const between = kernels.memory.take(blocks * units)
    return {
      last,
      next: matrix(at + blocks * units, x.rows, units),
      advance() {
        kernels.gatherRows(between, at, from!, blocks, units)
        kernels.gatherRows(at, between, to!, blocks, units)
      },
    }
  }

  private multiply(segment: Segment): void {
    const { x } = this
    const { operand, size, slot, count } = segment
    const slots = matrix(this.z + this.columns[slot]!, x.rows, count * unitsOf(size, this.sizes), this.width)
    const left = (): Matrix => {
      if (operand.from === 'input') return x
      const columns = operandSize(segment, this.sizes)
      const { at, rowStride } = this.place({ kind: operand.from === 'past' ? 'past' : 'operand', ...operand })
      return matrix(at, x.rows, columns, rowStride)
    }
    this.weights.multiply(segment, slots, left())
  }

  private pointwise({ program, sources, size }: Pass): void {
    const units = unitsOf(size, this.sizes)
    const matrices = sources.map((source) => this.place(source))
    const scalars = program.scalars?.map(() => 1 / units)
    this.kernels.pointwise(program)(this.x.rows, units, matrices, scalars)
  }

  private place({ kind, index, size }: Pick<Source, 'kind' | 'index' | 'size'>): Rows {
    const { x, z, recurrence } = this
    const { graph } = recurrence.cell
    const rowStride = unitsOf(size, this.sizes)
    if (kind === 'input') return x
    if (kind === 'slot') return { at: z + this.columns[index]!, rowStride: this.width }
    if (kind === 'operand') return { at: this.operands[index]!, rowStride }
    if (kind === 'past') {
      const { state, back } = graph.past[index]!
      const { last } = this.kept[state]!
      return { at: last.at + last.columns - back * rowStride, rowStride: last.rowStride }
    }
    if (kind === 'next') return this.kept[index]!.next
    if (kind === 'mean') return { at: this.means[index]!, rowStride: 1 }
    if (kind === 'passingMean') return { at: this.passingMeans[index]!, rowStride: 1 }
    if (kind === 'parameter') return { at: this.weights.parameter(graph.parameters[index]!.name), rowStride: 0 }
    if (kind === 'given') return { at: this.weights.given[index]!, rowStride: 0 }
    throw new RangeError(`a step forward has no '${kind}'`)
  }
}
