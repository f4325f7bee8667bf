import type { Random } from '../base/random.ts'
import type { Expr } from '../expr/index.ts'

/** How many numbers a state, a gate or a product has: the hidden size, or that of a projection (PyTorch's `proj_size`). */
export type Size = 'hidden' | 'projected'

/** A state as it was some steps before, and the leaf that stands for it. */
export interface Past {
  /** Which of the declared states. */
  readonly state: number
  /** 1 for the step before, and so on. */
  readonly back: number
  readonly leaf: Expr
}

/** What a product multiplies its weights by, and the matrix they stand in: PyTorch's name for it without `weight_`. */
export type Operand = { readonly matrix: string } & (
  | { readonly from: 'input' }
  | { readonly from: 'past'; readonly past: Past }
  | { readonly from: 'intermediate'; readonly expr: Expr }
)

/** One call of `linear` or `project`: the sum over its operands of W·operand + b, and the leaf that stands for it. */
export interface Product {
  readonly name: string
  readonly operands: readonly Operand[]
  readonly leaf: Expr
  readonly size: Size
  /** Whether each operand has a bias. */
  readonly bias: boolean
}

/** A vector with one number a unit: learned from `initial` on, or given as it is. */
export interface Vector<Start> {
  readonly name: string
  readonly initial: Start
  readonly leaf: Expr
}

/** Numbers of chance that a step reads, a number a unit, and the leaf that stands for them. */
export interface Noise {
  readonly leaf: Expr
  readonly size: Size
  /** Drawn anew for each step of a sequence, or once a sequence. */
  readonly per: 'step' | 'sequence'
  draw(random: Random): number
}

/** A cell's equations, traced: every expression is over the leaves of past states, products, vectors and the input. */
export interface CellGraph {
  /** The input as a vector, for cells that use it outside a product (its size must then be the hidden size). */
  readonly input: Expr
  /** Every state one step back, in declared order; then what else the equations read. */
  readonly past: readonly Past[]
  /** Each state after the step, in declared order. */
  readonly next: ReadonlyMap<string, Expr>
  readonly products: readonly Product[]
  readonly parameters: readonly Vector<number>[]
  readonly given: readonly Vector<readonly number[]>[]
  /** What training draws by chance; none outside it. */
  readonly noise: readonly Noise[]
  /** What the author named for inspection. */
  readonly gates: ReadonlyMap<string, Expr>
  /** Of each state, in declared order, and how many steps of it the equations look back at. */
  readonly stateSizes: readonly Size[]
  readonly depths: readonly number[]
  readonly sizeOf: (expr: Expr) => Size
}

/** The matrix an operand is multiplied by: `ih`, `hh`, `hh_back3`; for a second state m `mh`. */
export function matrixOf(states: readonly string[], operand: 'input' | Past | Expr): string {
  if (operand === 'input') return 'ih'
  // An intermediate such as r⊙h takes the place of the state in the recurrent matrix, as in ONNX and Keras.
  if (!('back' in operand)) return 'hh'
  const matrix = operand.state === 0 ? 'hh' : `${states[operand.state]}h`
  return operand.back === 1 ? matrix : `${matrix}_back${operand.back}`
}
