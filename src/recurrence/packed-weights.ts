import { type Address, type Kernels, type Matrix, matrix, type Packed, transposed } from '../kernels/index.ts'
import { addInto, takeZeros } from './elementwise.ts'
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
  private readonly segments: readonly Segment[]
  private readonly transposes: ReadonlyMap<Segment, Packed>
  private blocks: ReadonlyMap<Segment, Packed> = new Map()

  constructor(kernels: Kernels, { matrices, slots, hoisted, stages }: Recurrence, sizes: Sizes, find: FindWeight) {
    this.kernels = kernels
    this.sizes = sizes
    this.find = find
    this.segments = [...hoisted, ...stages.flatMap((stage) => stage.products)]
    this.transposes = this.pack(transposed)
    const { hidden } = sizes
    this.bias = takeZeros(kernels, slots.length * hidden)
    for (const [name, stacked] of matrices)
      for (const [block, product] of stacked.entries()) {
        const slot = slots.findIndex((s) => s.product === product)
        addInto(kernels, this.bias + slot * hidden, find(`bias_${name}`) + block * hidden, hidden)
      }
  }

  /** Lays out what the way back multiplies by. */
  prepareBackward(): void {
    this.blocks = this.pack((block) => block)
  }

  /** A cell's own parameter, `[hidden]`. */
  parameter(name: string): Address {
    return this.find(name)
  }

  /** Wᵀ, for operand · Wᵀ. */
  forward(segment: Segment): Packed {
    return this.transposes.get(segment)!
  }

  /** W, for the adjoint: dZ · W. */
  backward(segment: Segment): Packed {
    return this.blocks.get(segment)!
  }

  private pack(view: (block: Matrix) => Matrix): Map<Segment, Packed> {
    return new Map(this.segments.map((s) => [s, this.kernels.pack(view(weightBlock(s, this.sizes, this.find)))]))
  }
}
