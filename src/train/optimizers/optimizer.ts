import { InputError } from '../../base/errors.ts'
import { type Expr, flush, leaf } from '../../expr/index.ts'
import type { PointwiseProgram } from '../../kernels/index.ts'
import { expectNotNegative } from '../ranges.ts'
import type { Rate } from '../schedules.ts'

/**
 * An optimiser: one pointwise program over all parameters at once. Inputs are `weight`, `gradient` and a matrix for each
 * slot; outputs are the new weight and slots. The scalar `clip` multiplies the gradient.
 */
export interface Optimizer {
  readonly name: string
  /** The learning rate, or how it goes along. */
  readonly rate: Rate
  readonly options: Readonly<Record<string, number | boolean>> & { readonly weightDecay: number }
  /** What it remembers of each parameter, by name, and what stands there at first. */
  readonly slots: Readonly<Record<string, number>>
  readonly program: PointwiseProgram
  /** The scalars of step n = 1, 2, … after `clip`. */
  scalars(step: number, rate: number, weightDecay: number): number[]
}

export const [weight, rate, decay] = ['weight', 'rate', 'decay'].map((name) => leaf(name)) as [Expr, Expr, Expr]
export const gradient: Expr = leaf('gradient').mul(leaf('clip'))
/** The gradient with λ·w added: weight decay as a part of the loss. */
export const decayed: Expr = gradient.add(decay.mul(weight))

/** The smallest normal float: where gradients cease, means of them stop there instead of creeping on. */
const SMALLEST = 2 ** -126

/** What becomes of a weight and of each slot, as a program. */
export const programOf = (
  next: Expr,
  slots: Readonly<Record<string, Expr>>,
  scalars: readonly string[],
): PointwiseProgram => ({
  inputs: ['weight', 'gradient', ...Object.keys(slots)],
  scalars: ['clip', ...scalars],
  outputs: [{ expr: next }, ...Object.values(slots).map((slot) => ({ expr: flush(slot, SMALLEST) }))],
})

/** Slots that are zero at first. */
export const zeros = (slots: Readonly<Record<string, Expr>>): Record<string, number> =>
  Object.fromEntries(Object.keys(slots).map((name) => [name, 0]))

/** @throws InputError when the rate is a number that is not above 0, or the weight decay is below 0 */
export function expectRate(name: string, value: Rate, weightDecay: number): void {
  if (typeof value === 'number' && !(value > 0 && Number.isFinite(value)))
    throw new InputError(`${name}: expected a learning rate above 0, got ${value}`)
  expectNotNegative(name, { weightDecay })
}
