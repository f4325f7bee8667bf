import type { Random } from '../base/random.ts'
import type { Expr } from '../expr/index.ts'

/** What a product multiplies its weights by. */
export type Operand =
  | { readonly from: 'input' }
  | { readonly from: 'state'; readonly state: string }
  | { readonly from: 'intermediate'; readonly expr: Expr }

/** One call of `linear`: the sum over its operands of W·operand + b, and the leaf that stands for it in expressions. */
export interface Product {
  readonly name: string
  readonly operands: readonly Operand[]
  readonly leaf: Expr
}

/** A learned vector with one number a unit. */
export interface Parameter {
  readonly name: string
  readonly initial: number
  readonly leaf: Expr
}

/** Numbers of chance that a step reads, a number a unit, and the leaf that stands for them. */
export interface Noise {
  readonly leaf: Expr
  /** Drawn anew for each step of a sequence, or once a sequence. */
  readonly per: 'step' | 'sequence'
  draw(random: Random): number
}

/** A cell's equations, traced: every expression is over the leaves of states, products, parameters and the input. */
export interface CellGraph {
  /** The input as a vector, for cells that use it outside a product (its size must then be the hidden size). */
  readonly input: Expr
  /** The leaf of each state before the step, in declared order. */
  readonly previous: ReadonlyMap<string, Expr>
  /** Each state after the step, in declared order. */
  readonly next: ReadonlyMap<string, Expr>
  readonly products: readonly Product[]
  readonly parameters: readonly Parameter[]
  /** What training draws by chance; none outside it. */
  readonly noise: readonly Noise[]
  /** What the author named for inspection. */
  readonly gates: ReadonlyMap<string, Expr>
}

/** The matrix a product's operand is multiplied by, named as PyTorch names it without the `weight_`: `ih`, `hh`. */
export function matrixOf(operand: Operand, states: readonly string[]): string {
  if (operand.from === 'input') return 'ih'
  // An intermediate such as r⊙h takes the place of the state in the recurrent matrix, as in ONNX and Keras.
  if (operand.from === 'intermediate' || operand.state === states[0]) return 'hh'
  return `${operand.state}h`
}
