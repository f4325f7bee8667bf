import type { Cell } from '../cells/define.ts'
import type { Product, Size } from '../cells/graph.ts'
import type { Expr } from '../expr/index.ts'
import type { Pass } from './sources.ts'

/**
 * One product of the cell in the compiled loop. Its pre-activation has a column block, its slot, in the pre-activation
 * matrix Z `[rows, …slots]`; a training step overwrites it with `saved`.
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
  /** `index` counts the graph's past states, or the intermediates. */
  readonly operand:
    | { readonly from: 'input' }
    | { readonly from: 'past' | 'intermediate'; readonly index: number; readonly size: Size }
  /** First gate block in the matrix, first slot in Z, how many, and of what size each. */
  readonly block: number
  readonly slot: number
  readonly count: number
  readonly size: Size
  /** The first product on its slots: it starts from the bias instead of adding to what stands there. */
  readonly begins: boolean
}

/** Products, then the pointwise passes that follow them; and the same backwards. */
export interface Stage {
  readonly products: readonly Segment[]
  readonly forward: readonly Pass[]
  readonly backward: readonly Pass[]
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
  readonly inspection: readonly Pass[]
  /** Means over the units of a row: those that training saves, and the most that passes need besides. */
  readonly means: number
  readonly passingMeans: number
  /** Whether the adjoint of a slot may overwrite the slot. */
  readonly inPlace: boolean
  /** Whether some units can be computed without the others, save for products: nothing is folded, all sizes are one. */
  readonly unitsApart: boolean
  readonly usesInput: boolean
}
