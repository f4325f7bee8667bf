import { InputError } from '../base/errors.ts'
import { expectWhole, type Shape } from '../base/shape.ts'
import type { Tape, Variable } from './tape.ts'

/** How a model's outputs are held against targets: what training brings down. */
export interface Loss {
  /** Refuses targets that it can't hold outputs against; both shapes are of one sample. @throws InputError */
  expectFits(output: Shape, target: Shape): void
  /** The shape of targets for outputs of a shape. */
  targetShape(output: Shape): Shape
  /**
   * The mean over what counts, a variable of one number; 0 where nothing does. Steps past a sequence's length never do.
   * @param weights how much each sample counts; all 1 where absent
   */
  run(
    tape: Tape,
    prediction: Variable,
    target: Variable,
    lengths?: ArrayLike<number>,
    weights?: ArrayLike<number>,
  ): Variable
  /** Over how much that mean is: a batch's weight beside other batches. */
  count(
    tape: Tape,
    prediction: Variable,
    target: Variable,
    lengths?: ArrayLike<number>,
    weights?: ArrayLike<number>,
  ): number
  /**
   * Outputs in the data's own units, where not all of them are numbers of the targets' kind.
   * @param columns the targets' last dimension
   * @param restore brings numbers of the targets' kind back to their units, `[n, …, columns]`
   */
  restore?(outputs: Float64Array, columns: number, restore: (targets: ArrayLike<number>) => Float64Array): Float64Array
}

/** Neighbouring rows that weigh the same. */
export interface Stretch {
  readonly from: number
  readonly rows: number
  readonly weight: number
}

/** The rows that count, so that those of no weight are neither read nor written. */
export function stretchesOf(rows: number, weightOf: (row: number) => number | boolean): Stretch[] {
  const stretches: { from: number; rows: number; weight: number }[] = []
  for (let row = 0; row < rows; row++) {
    const weight = Number(weightOf(row))
    if (weight === 0) continue
    const last = stretches.at(-1)
    if (last && last.from + last.rows === row && last.weight === weight) last.rows++
    else stretches.push({ from: row, rows: 1, weight })
  }
  return stretches
}

/** Whether a row of `[B·T]` lies within its sequence's length; all do where there are no lengths. */
export const withinLengths =
  (steps: number, lengths: ArrayLike<number> | undefined) =>
  (row: number): boolean =>
    lengths === undefined || row % steps < lengths[Math.floor(row / steps)]!

/** Refuses lengths that are not one for each of a batch, from 0 to its steps. */
export function expectLengths(what: string, lengths: ArrayLike<number>, batch: number, steps: number): void {
  if (lengths.length !== batch)
    throw new InputError(`${what}: expected a length for each of ${batch} samples, got ${lengths.length}`)
  for (let b = 0; b < batch; b++) expectWhole(`${what}: length ${b}`, lengths[b]!, 0, steps)
}

/** What a row of `[B·T]` weighs by its sample; 1 where there are no weights. @throws InputError when there is not one for each of B */
export function sampleWeights(what: string, weights: ArrayLike<number> | undefined, batch: number, rows: number) {
  if (weights && weights.length !== batch)
    throw new InputError(`${what}: expected a weight for each of ${batch} samples, got ${weights.length}`)
  return (row: number): number => weights?.[Math.floor((row * batch) / rows)] ?? 1
}

/** What the rows in stretches weigh together. */
export const weightOf = (stretches: readonly Stretch[]): number =>
  stretches.reduce((sum, { rows, weight }) => sum + rows * weight, 0)
