import type { Loss } from '../../autograd/index.ts'
import type { Distribution } from './distribution.ts'

/** What a model's last numbers mean: how many there are for a target, what trains them, and what they say. */
export interface Head {
  readonly name: 'point' | 'gaussian' | 'studentT' | 'negativeBinomial' | 'quantiles' | 'bernoulli' | 'mixture'
  /** Numbers of the model for each target, side by side. */
  readonly outputs: number
  readonly loss: Loss
  /** How targets may be scaled: shifted and divided; divided only, where they are above 0; not at all. */
  readonly scaling: 'any' | 'ratio' | 'none'
  /** Where the last layer's biases start, one an output, by the scaled training targets: at what all targets are like. */
  bias?(targets: Float64Array): readonly number[]
  /**
   * What is said of one target.
   * @param outputs the model's numbers, those of the target from `at` on, in scaled units: y = shift + scale · scaled
   */
  distribution(outputs: ArrayLike<number>, at: number, shift: number, scale: number): Distribution
}

/** So many numbers from a place on. */
export const numbersAt = (outputs: ArrayLike<number>, at: number, count: number): number[] =>
  Array.from({ length: count }, (_, i) => outputs[at + i]!)

/** The x of log(1 + e^x) = y; y above 0. */
export const inverseSoftplus = (y: number): number => y + Math.log(-Math.expm1(-y))

/** The least deviation that biases start from, in scaled units. */
export const LEAST_START = 0.01
