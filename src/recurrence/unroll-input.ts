import { InputError, suggestion } from '../base/errors.ts'
import { expectShape, type PlainTensor, showShape, sizeOf } from '../base/shape.ts'
import type { Cell } from '../cells/define.ts'
import type { Size } from '../cells/graph.ts'
import type { KernelChoice } from '../kernels/index.ts'
import { compile } from './compile.ts'
import { stateShape } from './sizes.ts'
import { type WeightSpec, weightSpecs } from './weights.ts'

/** A batch of sequences for `unroll`, on plain arrays. */
export interface UnrollInput<S extends string = string> {
  /** `[B, T, I]` */
  readonly x: PlainTensor
  /**
   * By PyTorch's names: `weight_ih [G·H, I]`, `weight_hh [G·H, H]`, `bias_ih`, `bias_hh`, for a projection
   * `weight_hr [P, H]`. An absent bias is zero.
   */
  readonly weights: Readonly<Record<string, PlainTensor>>
  /** Initial states `[B, H]`, or `[B, depth, H]`, oldest first, where the cell looks further back; an absent one is zero. */
  readonly state?: { readonly [State in S]?: PlainTensor }
  /** Steps of each sequence; all T where absent. What lies behind them is never read. */
  readonly lengths?: ArrayLike<number>
  /** Last step first, each sequence from its own last step. */
  readonly reverse?: boolean
  /** `'reference'` for the float64 oracle; else a kernel set, `'auto'` by default. */
  readonly kernels?: KernelChoice
}

/** The same, checked, with every weight present. */
export interface CheckedInput {
  readonly batch: number
  readonly steps: number
  readonly inputs: number
  readonly hidden: number
  readonly projected: number | undefined
  readonly specs: readonly WeightSpec[]
  readonly weights: ReadonlyMap<string, ArrayLike<number>>
  readonly state: readonly (ArrayLike<number> | undefined)[]
}

/** @throws InputError naming what does not fit, its shape and the expected one. */
export function checkUnrollInput<S extends string>(cell: Cell<S>, input: UnrollInput<S>): CheckedInput {
  expectShape('x', input.x, [-1, -1, -1])
  const [batch, steps, inputs] = input.x.shape as [number, number, number]
  if (batch === 0 || inputs === 0)
    throw new InputError(`x: expected at least one sequence and one feature, got shape ${showShape(input.x.shape)}`)
  const hidden = unitsFrom(cell, input.weights, 'hidden')
  const projected = unitsFrom(cell, input.weights, 'projected')
  if (hidden === undefined) {
    const names = [...compile(cell).matrices.keys()].map((name) => `weight_${name}`)
    throw new InputError(`cell '${cell.name}' needs the weights ${names.join(', ')}`)
  }
  const specs = weightSpecs(cell, inputs, hidden, projected)
  const names = specs.map((spec) => spec.name)
  for (const name of Object.keys(input.weights))
    if (!names.includes(name))
      throw new InputError(
        `cell '${cell.name}' has no weight '${name}'${suggestion(name, names)} (it has ${names.join(', ')})`,
      )
  const weights = new Map(
    specs.map(({ name, shape }) => {
      const given = input.weights[name]
      if (given) expectShape(name, given, shape)
      else if (!name.startsWith('bias_'))
        throw new InputError(`cell '${cell.name}' needs the weight '${name}' of shape ${showShape(shape)}`)
      return [name, given?.data ?? new Float64Array(sizeOf(shape))]
    }),
  )
  for (const name of Object.keys(input.state ?? {}))
    if (!(cell.states as readonly string[]).includes(name))
      throw new InputError(`cell '${cell.name}' has no state '${name}'${suggestion(name, cell.states)}`)
  const state = cell.states.map((name, i) => {
    const given = input.state?.[name]
    if (given) expectShape(`state ${name}`, given, [batch, ...stateShape(cell, i, { hidden, projected })])
    return given?.data
  })
  checkLengths(input.lengths, batch, steps)
  return { batch, steps, inputs, hidden, projected, specs, weights, state }
}

/** H or P, from the rows of whichever weight matrix is there. */
function unitsFrom(cell: Cell, weights: Readonly<Record<string, PlainTensor>>, size: Size): number | undefined {
  for (const [name, stacked] of compile(cell).matrices) {
    const rows = weights[`weight_${name}`]?.shape[0]
    if (rows === undefined || stacked[0]!.size !== size) continue
    if (rows === 0 || rows % stacked.length !== 0)
      throw new InputError(
        `weight_${name}: expected ${stacked.length} gates of equal size (${stacked.map((p) => p.name).join(', ')}), got ${rows} rows`,
      )
    return rows / stacked.length
  }
  return undefined
}

/** Refuses lengths that are not one whole number in 0 … T for each sequence. */
export function checkLengths(lengths: ArrayLike<number> | undefined, batch: number, steps: number): void {
  if (!lengths) return
  if (lengths.length !== batch)
    throw new InputError(`lengths: expected one for each of the ${batch} sequences, got ${lengths.length}`)
  for (let i = 0; i < batch; i++)
    if (!Number.isInteger(lengths[i]) || lengths[i]! < 0 || lengths[i]! > steps)
      throw new InputError(`lengths: expected whole numbers from 0 to ${steps}, got ${lengths[i]} for sequence ${i}`)
}
