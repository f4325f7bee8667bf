import type { Random } from '../base/random.ts'
import type { Shape } from '../base/shape.ts'
import type { Tape, Variable } from './tape.ts'

/** An operation on variables: forward and backward on one screen. */
export interface Op<Options> {
  readonly name: string
  /** Inputs that are data, counted from 0: nothing is differentiated by them. */
  readonly data?: readonly number[]
  /** Computes the result and records how its gradient is handed down. */
  run(tape: Tape, inputs: readonly Variable[], options: Options): Variable
}

export interface OpSample<Options> {
  readonly shapes: readonly Shape[]
  readonly options: Options
  /** Draws one number of input `i`; uniform in (-1, 1) where absent. */
  draw?(random: Random, i: number): number
}

/** The inputs to try it on, which a file exports as `samples` beside its operation: a function, so that a bundle can leave it out. */
export type OpSamples<Options> = () => readonly OpSample<Options>[]

/** An operation as it is written, its options inferred; the tape is told its name as it runs. */
export const defineOp = <Options>(op: Op<Options>): Op<Options> => ({
  ...op,
  run: (tape, inputs, options) => tape.within({ op: op.name }, () => op.run(tape, inputs, options)),
})
