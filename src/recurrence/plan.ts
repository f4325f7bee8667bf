import type { Cell } from '../cells/define.ts'
import type { Product } from '../cells/graph.ts'
import type { Expr } from '../expr/index.ts'
import type { BoundProgram } from './sources.ts'

/**
 * One product of the cell in the compiled loop. Its pre-activation has a column block, its slot, in the pre-activation
 * matrix Z `[rows, slots · hidden]`; a training step overwrites it with `saved`.
 */
export interface Slot {
  readonly product: Product
  /** The pointwise stage that first reads it. */
  readonly stage: number
  /** What is kept for the backward pass: the activation if it alone reads the product, else the product itself. */
  readonly saved: Expr
}

/** An expression that a later product multiplies, such as r⊙h. */
export interface Intermediate {
  readonly expr: Expr
  /** The stage that computes it. */
  readonly stage: number
}

/** Neighbouring gates of one weight matrix that meet the same operand: one call of the product kernel. */
export interface Segment {
  readonly matrix: string
  readonly operand: { readonly from: 'input' } | { readonly from: 'state' | 'intermediate'; readonly index: number }
  /** First gate block in the matrix, first slot in Z, and how many. */
  readonly block: number
  readonly slot: number
  readonly count: number
  /** The first product on its slots: it starts from the bias instead of adding to what stands there. */
  readonly begins: boolean
}

/** Products, then one fused pointwise kernel; and the same backwards. */
export interface Stage {
  readonly products: readonly Segment[]
  readonly forward: BoundProgram
  readonly backward: BoundProgram
}

/** A cell compiled for the time loop, for any sizes. */
export interface Recurrence {
  readonly cell: Cell
  /** Weight matrices by name, with the products stacked in them. */
  readonly matrices: ReadonlyMap<string, readonly Product[]>
  readonly slots: readonly Slot[]
  readonly intermediates: readonly Intermediate[]
  /** The part of each product that hangs on the input alone: done before the loop, for all steps at once. */
  readonly hoisted: readonly Segment[]
  readonly stages: readonly Stage[]
  /** Every gate from what training saves. */
  readonly inspection: BoundProgram
  /** Whether the adjoint of a slot may overwrite the slot. */
  readonly inPlace: boolean
  readonly usesInput: boolean
}
