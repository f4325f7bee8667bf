import type { Tape } from '../autograd/index.ts'
import { type Shape, sizeOf } from '../base/shape.ts'
import type { Cell } from '../cells/index.ts'
import type { Tensor } from '../recurrence/index.ts'
import type { RecurrentRun } from '../recurrence/run.ts'
import { gateSizes, stateShape, type Units } from '../recurrence/sizes.ts'

/** What a recurrent layer did with one sample. */
export interface Seen<S extends string = string, G extends string = string> extends SeenCell<S, G> {
  /** Of a bidirectional layer the direction that reads the last step first. */
  readonly reverse?: SeenCell<S, G>
}

/** What one cell did. */
export interface SeenCell<S extends string = string, G extends string = string> {
  /** Each gate at each step, `[T, units]`. */
  readonly gates: { readonly [Gate in G]: Tensor }
  /** Each state after the last step, `[units]`. */
  readonly state: { readonly [State in S]: Tensor }
}

/** What an encoder-decoder did with one sample. */
export interface SeenAttention {
  /** How much each step that is put out looks at each step of the encoder's outputs, `[U, T]`: rows that add up to 1. */
  readonly attention: Tensor
}

/** What a cell did with the first sequence of a run. */
export function seenIn(tape: Tape, run: RecurrentRun, cell: Cell, sizes: Units, steps: number): SeenCell {
  const read = (at: number, shape: Shape): Tensor =>
    tape.read({ at, shape, size: sizeOf(shape), differentiable: false })
  const units = gateSizes(cell, sizes)
  const gates = run.gates().map((at, i) => [cell.gates[i]!, read(at, [steps, units[i]!])])
  const state = cell.states.map((name, s) => [name, read(run.finalState(s), stateShape(cell, s, sizes))])
  return { gates: Object.fromEntries(gates), state: Object.fromEntries(state) }
}

/** Runs that went on from one another as one. */
export function seenInTurn(runs: readonly Seen[]): SeenCell {
  const gates = Object.keys(runs[0]!.gates).map((name) => [name, stacked(runs.map((run) => run.gates[name]!))])
  return { gates: Object.fromEntries(gates), state: runs.at(-1)!.state }
}

/** Rows `[T, n]` one after another. */
export const stacked = (parts: readonly Tensor[]): Tensor => ({
  data: Float64Array.from(parts.flatMap(({ data }) => Array.from(data))),
  shape: [parts.reduce((steps, { shape }) => steps + shape[0]!, 0), parts[0]!.shape[1]!],
})
