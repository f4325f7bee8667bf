import type { Cell } from '../cells/define.ts'
import type { Size } from '../cells/graph.ts'
import type { Recurrence, Segment } from './plan.ts'

/** A cell's units, and those of its projection where it has one. */
export interface Units {
  readonly hidden: number
  readonly projected?: number | undefined
}

/** What a cell is run with: the features of a step too. */
export interface Sizes extends Units {
  readonly inputs: number
}

export const unitsOf = (size: Size, { hidden, projected = 0 }: Units): number =>
  size === 'hidden' ? hidden : projected

/** Numbers in the cell's output, its first state. */
export const outputsOf = ({ graph }: Pick<Cell, 'graph'>, units: Units): number => unitsOf(graph.stateSizes[0]!, units)

/** Numbers in each gate. */
export const gateSizes = ({ graph }: Pick<Cell, 'graph'>, units: Units): readonly number[] =>
  [...graph.gates.values()].map((gate) => unitsOf(graph.sizeOf(gate), units))

/** A sequence's state as plain numbers: `[H]`, or the last steps of it `[depth, H]`, oldest first, where the cell looks further back. */
export function stateShape({ graph }: Pick<Cell, 'graph'>, state: number, sizes: Units): readonly number[] {
  const [units, depth] = [unitsOf(graph.stateSizes[state]!, sizes), graph.depths[state]!]
  return depth === 1 ? [units] : [depth, units]
}

/** Columns of a segment's weight block: what its operand has. */
export const operandSize = ({ operand }: Segment, sizes: Sizes): number =>
  operand.from === 'input' ? sizes.inputs : unitsOf(operand.size, sizes)

/** Where in a row of pre-activations each slot begins, then each learned vector's adjoint, then the row's end. */
export function columnsIn(
  { slots, cell }: Recurrence,
  sizes: Sizes,
): { readonly at: readonly number[]; readonly width: number } {
  const blocks = [...slots.map(({ product }) => product.size), ...cell.graph.parameters.map((): Size => 'hidden')]
  let width = 0
  const at = blocks.map((size) => {
    width += unitsOf(size, sizes)
    return width - unitsOf(size, sizes)
  })
  return { at, width }
}
