import { meanOf } from '../../base/statistics.ts'
import type { Distribution } from '../heads/index.ts'
import { expectPaired } from './numbers.ts'

/** The continuous ranked probability score, mean over forecasts, in the data's units (Gneiting & Raftery 2007). */
export function crps(distributions: readonly Distribution[], actual: ArrayLike<number>): number {
  expectPaired(distributions, actual)
  return meanOf(distributions.map((distribution, i) => distribution.crps(actual[i]!)))
}

/** The mean of -log of the density at what came. */
export function nats(distributions: readonly Distribution[], actual: ArrayLike<number>): number {
  expectPaired(distributions, actual)
  return -meanOf(distributions.map((distribution, i) => distribution.logDensity(actual[i]!)))
}

/** The share of values that lie within their intervals, ends counted. */
export function coverage(lower: ArrayLike<number>, upper: ArrayLike<number>, actual: ArrayLike<number>): number {
  expectPaired(lower, actual)
  expectPaired(upper, actual)
  return meanOf(Array.from(actual, (value, i) => (value >= lower[i]! && value <= upper[i]! ? 1 : 0)))
}

/** How wide intervals are in the mean. */
export function meanWidth(lower: ArrayLike<number>, upper: ArrayLike<number>): number {
  expectPaired(lower, upper)
  return meanOf(Array.from(upper, (value, i) => value - lower[i]!))
}

/** The ends of the interval in the middle that holds a share of a distribution: 0.8 from its tenth to its ninetieth percent. */
export const centralInterval = (distribution: Distribution, level: number): readonly [low: number, high: number] => [
  distribution.quantile((1 - level) / 2),
  distribution.quantile((1 + level) / 2),
]
