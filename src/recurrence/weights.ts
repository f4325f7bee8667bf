import { InputError } from '../base/errors.ts'
import type { Cell } from '../cells/define.ts'
import { compile } from './compile.ts'
import { operandSize, unitsOf } from './sizes.ts'

/** A weight of a cell: its name as PyTorch has it, and its shape. */
export interface WeightSpec {
  readonly name: string
  readonly shape: readonly number[]
  /** The starting value of a cell's own parameter; matrices and biases start at random. */
  readonly initial?: number
  /** The products of which a matrix or bias has a block of rows each. */
  readonly blocks?: readonly string[]
  /** What a matrix reads: the input, or a state or something made of one. */
  readonly reads?: 'input' | 'state'
  /** Of a bias, the products that have no other one before it. */
  readonly firstBiases?: readonly string[]
}

/**
 * The weights of a cell with `hidden` units (`projected` after a projection): for each matrix `weight_ih [G·H, I]`, `weight_hh [G·H, H]`, …, with a bias `bias_ih [G·H]` each,
 * gates stacked in PyTorch's order, a projection `weight_hr [P, H]` without one; then the cell's own parameters `[H]`.
 *
 * @throws InputError when the cell can't be of these sizes
 */
export function weightSpecs(cell: Cell, inputs: number, hidden: number, projected?: number): WeightSpec[] {
  const { matrices, hoisted, stages, usesInput } = compile(cell)
  const sizes = { inputs, hidden, projected }
  if (usesInput && inputs !== hidden)
    throw new InputError(
      `cell '${cell.name}' uses x outside a product, so its units must equal its inputs: got ${hidden} and ${inputs}`,
    )
  for (const { name, initial } of cell.graph.given)
    if (initial.length !== hidden)
      throw new InputError(
        `cell '${cell.name}' is given ${initial.length} numbers for ${name}, one a unit, but has ${hidden} units`,
      )
  const segments = [...hoisted, ...stages.flatMap(({ products }) => products)]
  const firstMatrix = new Map(
    [...cell.graph.products].reverse().map(({ name, operands }) => [name, operands[0]!.matrix] as const),
  )
  const shapes = [...matrices].map(([name, stacked]) => {
    const segment = segments.find(({ matrix }) => matrix === name)!
    const rows = stacked.length * unitsOf(segment.size, sizes)
    return {
      name,
      shape: [rows, operandSize(segment, sizes)],
      bias: stacked[0]!.bias,
      blocks: stacked.map((product) => product.name),
      reads: segment.operand.from === 'input' ? ('input' as const) : ('state' as const),
      firstBiases: stacked.map((product) => product.name).filter((product) => firstMatrix.get(product) === name),
    }
  })
  return [
    ...shapes.map(({ name, shape, blocks, reads }) => ({ name: `weight_${name}`, shape, blocks, reads })),
    ...shapes
      .filter(({ bias }) => bias)
      .map(({ name, shape, blocks, firstBiases }) => ({
        name: `bias_${name}`,
        shape: [shape[0]!],
        blocks,
        firstBiases,
      })),
    ...cell.graph.parameters.map(({ name, initial }) => ({ name, shape: [hidden], initial })),
  ]
}
