import type { Cell } from '../cells/define.ts'
import { type Address, type Kernels, type Matrix, matrix, type Rows } from '../kernels/index.ts'
import { compile } from './compile.ts'
import { takeZeros } from './elementwise.ts'
import { type FindWeight, PackedWeights } from './packed-weights.ts'
import type { Recurrence, Segment } from './plan.ts'
import type { BoundProgram, Source } from './sources.ts'

/**
 * A cell that runs a step at a time, for as many sequences as its input has rows; it is the time loop's step, on the same
 * stages and kernels. Its buffers, with S sequences and H units: `z [S, slots · H]`, a state and an intermediate `[S, H]`
 * each. They and the weights, laid out once, are taken from the arena and must stay.
 */
export class Step {
  /** Each state `[S, H]`, zero at first: before a step what the last one left, after it its own. */
  readonly states: readonly Address[]
  private readonly kernels: Kernels
  private readonly recurrence: Recurrence
  private readonly weights: PackedWeights
  private readonly x: Matrix
  private readonly hidden: number
  private readonly z: Address
  private readonly operands: readonly Address[]

  /** @param x where the input `[S, I]` of each step will lie */
  constructor(kernels: Kernels, cell: Cell, x: Matrix, hidden: number, weight: FindWeight) {
    const recurrence = compile(cell)
    this.kernels = kernels
    this.recurrence = recurrence
    this.weights = new PackedWeights(kernels, recurrence, { inputs: x.columns, hidden }, weight)
    for (const job of this.weights.prepareForward()) job()
    this.x = x
    this.hidden = hidden
    this.z = kernels.memory.take(x.rows * recurrence.slots.length * hidden)
    this.operands = recurrence.intermediates.map(() => kernels.memory.take(x.rows * hidden))
    this.states = cell.states.map(() => takeZeros(kernels, x.rows * hidden))
  }

  /** Calls the kernels of one step. */
  run(): void {
    const { hoisted, stages } = this.recurrence
    for (const segment of hoisted) this.multiply(segment)
    for (const { products, forward } of stages) {
      for (const segment of products) this.multiply(segment)
      this.pointwise(forward)
    }
  }

  private multiply(segment: Segment): void {
    const { x, hidden, recurrence } = this
    const { operand, slot, count } = segment
    const slots = matrix(this.z + slot * hidden, x.rows, count * hidden, recurrence.slots.length * hidden)
    const bases = operand.from === 'state' ? this.states : this.operands
    const left = operand.from === 'input' ? x : matrix(bases[operand.index]!, x.rows, hidden)
    this.weights.multiply(segment, slots, left)
  }

  private pointwise({ program, inputs, outputs }: BoundProgram): void {
    const matrices = [...inputs, ...outputs].map((source) => this.place(source))
    this.kernels.pointwise(program)(this.x.rows, this.hidden, matrices)
  }

  private place({ kind, index }: Source): Rows {
    const { x, z, hidden: rowStride, recurrence } = this
    if (kind === 'input') return x
    if (kind === 'slot') return { at: z + index * rowStride, rowStride: recurrence.slots.length * rowStride }
    if (kind === 'operand') return { at: this.operands[index]!, rowStride }
    // The last kernel has read a state's element when it writes it, so the next state lies on the previous one.
    if (kind === 'previous' || kind === 'next') return { at: this.states[index]!, rowStride }
    if (kind === 'parameter')
      return { at: this.weights.parameter(recurrence.cell.graph.parameters[index]!.name), rowStride: 0 }
    throw new RangeError(`a step forward has no '${kind}'`)
  }
}
