import type { Cell } from '../cells/define.ts'
import { compile } from './compile.ts'

/** A weight of a cell: its name as PyTorch has it, and its shape. */
export interface WeightSpec {
  readonly name: string
  readonly shape: readonly number[]
  /** The starting value of a cell's own parameter; matrices and biases start at random. */
  readonly initial?: number
}

/**
 * The weights of a cell: for each matrix `weight_ih [G·H, I]`, `weight_hh [G·H, H]`, …, with a bias `bias_ih [G·H]` each,
 * gates stacked in PyTorch's order; then the cell's own parameters `[H]`.
 */
export function weightSpecs(cell: Cell, inputs: number, hidden: number): WeightSpec[] {
  const { matrices } = compile(cell)
  const sizes = [...matrices].map(([name, stacked]) => ({ name, rows: stacked.length * hidden }))
  return [
    ...sizes.map(({ name, rows }) => ({ name: `weight_${name}`, shape: [rows, name === 'ih' ? inputs : hidden] })),
    ...sizes.map(({ name, rows }) => ({ name: `bias_${name}`, shape: [rows] })),
    ...cell.graph.parameters.map(({ name, initial }) => ({ name, shape: [hidden], initial })),
  ]
}
