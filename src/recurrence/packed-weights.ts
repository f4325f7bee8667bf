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
import { columnsIn, operandSize, type Sizes, unitsOf } from './sizes.ts'

/** Finds a weight, or the gradient of one, by its PyTorch name. */
export type FindWeight = (name: string) => Address

/** The rows of its weight matrix that a segment multiplies. */
export const weightBlock = (segment: Segment, sizes: Sizes, find: FindWeight) => {
  const [columns, units] = [operandSize(segment, sizes), unitsOf(segment.size, sizes)]
  const at = find(`weight_${segment.matrix}`) + segment.block * units * columns
  return matrix(at, segment.count * units, columns)
}

/** A cell's weights laid out for the loop, once for all shards and steps, in the arena. */
export class PackedWeights {
  /** For each slot the sum of its products' biases. */
  readonly bias: Address
  /** Vectors that the cell was given, `[hidden]` each. */
  readonly given: readonly Address[]
  private readonly kernels: Kernels
  private readonly sizes: Sizes
  private readonly find: FindWeight
  private readonly recurrence: Recurrence
  /** Where each slot's biases begin, and where the last one's end. */
  private readonly columns: readonly number[]
  private readonly transposes = new Map<Segment, Packed>()
  private readonly blocks = new Map<Segment, Packed>()

  constructor(kernels: Kernels, recurrence: Recurrence, sizes: Sizes, find: FindWeight) {
    this.kernels = kernels
    this.sizes = sizes
    this.find = find
    this.recurrence = recurrence
    const { at, width } = columnsIn(recurrence, sizes)
    this.columns = [...at, width]
    this.bias = kernels.memory.take(this.columns[recurrence.slots.length]!)
    this.given = recurrence.cell.graph.given.map(({ initial }) => {
      const to = kernels.memory.take(initial.length)
      kernels.memory.view(to, initial.length).set(initial)
      return to
    })
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
    const start: Start = segment.begins ? { bias: this.bias + this.columns[segment.slot]! + first } : 'accumulate'
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
    kernels.zero(bias, this.columns[slots.length]!)
    for (const [name, stacked] of matrices)
      for (const [block, product] of stacked.entries()) {
        if (!product.bias) continue
        const [slot, units] = [slots.findIndex((s) => s.product === product), unitsOf(product.size, this.sizes)]
        addInto(kernels, bias + this.columns[slot]!, find(`bias_${name}`) + block * units, units)
      }
  }
}
