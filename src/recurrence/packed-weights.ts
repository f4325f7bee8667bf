import {
  type Address,
  columnsOf,
  type Jobs,
  type Kernels,
  type Matrix,
  matrix,
  type Packed,
  type Start,
  transposed,
} from '../kernels/index.ts'
import { addInto } from './elementwise.ts'
import type { Recurrence, Segment } from './plan.ts'

export interface Sizes {
  readonly inputs: number
  readonly hidden: number
}

/** Finds a weight, or the gradient of one, by its PyTorch name. */
export type FindWeight = (name: string) => Address

/** Columns of a segment's weight block: what its operand has. */
export const operandSize = (segment: Segment, { inputs, hidden }: Sizes): number =>
  segment.operand.from === 'input' ? inputs : hidden

/** The rows of its weight matrix that a segment multiplies. */
export const weightBlock = (segment: Segment, sizes: Sizes, find: FindWeight) => {
  const columns = operandSize(segment, sizes)
  const at = find(`weight_${segment.matrix}`) + segment.block * sizes.hidden * columns
  return matrix(at, segment.count * sizes.hidden, columns)
}

/** A cell's weights laid out for the loop, once for all shards and steps, in the arena. */
export class PackedWeights {
  /** For each slot the sum of its products' biases: `[slots · hidden]`. */
  readonly bias: Address
  private readonly kernels: Kernels
  private readonly sizes: Sizes
  private readonly find: FindWeight
  private readonly recurrence: Recurrence
  private readonly transposes = new Map<Segment, Packed>()
  private readonly blocks = new Map<Segment, Packed>()

  constructor(kernels: Kernels, recurrence: Recurrence, sizes: Sizes, find: FindWeight) {
    this.kernels = kernels
    this.sizes = sizes
    this.find = find
    this.recurrence = recurrence
    this.bias = kernels.memory.take(recurrence.slots.length * sizes.hidden)
  }

  /** Jobs that lay out what the way forward multiplies by. */
  prepareForward(): Jobs {
    const { hoisted, stages } = this.recurrence
    const segments = [...hoisted, ...stages.flatMap((stage) => stage.products)]
    return [...this.pack(segments, this.transposes, transposed), () => this.addBiases()]
  }

  /** Jobs that lay out what the way back multiplies by. */
  prepareBackward(input: boolean): Jobs {
    const { hoisted, stages } = this.recurrence
    const segments = [...(input ? hoisted : []), ...stages.flatMap((stage) => stage.products)]
    return this.pack(segments, this.blocks, (block) => block)
  }

  /** A cell's own parameter, `[hidden]`. */
  parameter(name: string): Address {
    return this.find(name)
  }

  /**
   * Adds a segment's part to the pre-activations: `out` = bias or what stands there, + operand · Wᵀ.
   * @param first the first of the segment's columns that `out` has
   */
  multiply(segment: Segment, out: Matrix, operand: Matrix, first = 0): void {
    const start: Start = segment.begins ? { bias: this.bias + segment.slot * this.sizes.hidden + first } : 'accumulate'
    this.kernels.multiply(out, operand, columnsOf(this.transposes.get(segment)!, first, out.columns), start)
  }

  /** W, for the adjoint: dZ · W. */
  backward(segment: Segment): Packed {
    return this.blocks.get(segment)!
  }

  private pack(segments: readonly Segment[], into: Map<Segment, Packed>, view: (block: Matrix) => Matrix): Jobs {
    return segments.map((segment) => () => {
      into.set(segment, this.kernels.pack(view(weightBlock(segment, this.sizes, this.find))))
    })
  }

  private addBiases(): void {
    const { kernels, bias, find } = this
    const { matrices, slots } = this.recurrence
    const { hidden } = this.sizes
    kernels.zero(bias, slots.length * hidden)
    for (const [name, stacked] of matrices)
      for (const [block, product] of stacked.entries()) {
        const slot = slots.findIndex((s) => s.product === product)
        addInto(kernels, bias + slot * hidden, find(`bias_${name}`) + block * hidden, hidden)
      }
  }
}
