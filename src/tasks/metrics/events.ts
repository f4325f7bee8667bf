import { meanOf } from '../../base/statistics.ts'
import { expectPaired } from './numbers.ts'

/** Probabilities are held this far from 0 and 1, so that one wrong certainty is dear and not infinite. */
const LEAST_CHANCE = 1e-15

/** The mean of -log of the probability given to what came, 1 or 0, in nats. */
export function logLoss(chances: ArrayLike<number>, actual: ArrayLike<number>): number {
  expectPaired(chances, actual)
  return -meanOf(
    Array.from(actual, (value, i) => Math.log(Math.max(LEAST_CHANCE, value === 1 ? chances[i]! : 1 - chances[i]!))),
  )
}

/** The mean squared difference of probability and event (Brier 1950). */
export function brier(chances: ArrayLike<number>, actual: ArrayLike<number>): number {
  expectPaired(chances, actual)
  return meanOf(Array.from(actual, (value, i) => (chances[i]! - value) ** 2))
}

/** The share of events told right, where a probability from `threshold` on is a yes. */
export function accuracy(chances: ArrayLike<number>, actual: ArrayLike<number>, threshold = 0.5): number {
  expectPaired(chances, actual)
  return meanOf(Array.from(actual, (value, i) => (Number(chances[i]! >= threshold) === value ? 1 : 0)))
}

/** Forecasts of about one probability, and how often the event came. */
export interface ReliabilityBin {
  readonly from: number
  readonly to: number
  readonly count: number
  /** The mean probability, and the share of events; absent of an empty bin. */
  readonly predicted?: number
  readonly observed?: number
}

export interface Reliability {
  readonly bins: readonly ReliabilityBin[]
  /** How far probabilities are from shares; the less, the better. */
  readonly reliability: number
  /** How far shares are from the share of all; the more, the better. */
  readonly resolution: number
  /** What there is to know: the Brier score of always saying the share of all. */
  readonly uncertainty: number
}

/**
 * Probabilities in bins of equal width beside how often the event came, with the parts of the Brier score (Murphy 1973):
 * reliability - resolution + uncertainty is the score itself where all probabilities of a bin are one, and near it elsewhere.
 */
export function reliability(chances: ArrayLike<number>, actual: ArrayLike<number>, count = 10): Reliability {
  expectPaired(chances, actual)
  const share = meanOf(actual)
  const members = Array.from({ length: count }, () => ({ chances: [] as number[], events: [] as number[] }))
  for (let i = 0; i < actual.length; i++) {
    const bin = members[Math.min(count - 1, Math.floor(chances[i]! * count))]!
    bin.chances.push(chances[i]!)
    bin.events.push(actual[i]!)
  }
  const bins = members.map(({ chances, events }, i): ReliabilityBin => {
    const bounds = { from: i / count, to: (i + 1) / count, count: events.length }
    return events.length === 0 ? bounds : { ...bounds, predicted: meanOf(chances), observed: meanOf(events) }
  })
  const weighted = (distance: (bin: Required<ReliabilityBin>) => number) =>
    bins.reduce((sum, bin) => sum + (bin.count && bin.count * distance(bin as Required<ReliabilityBin>)), 0) /
    actual.length
  return {
    bins,
    reliability: weighted(({ predicted, observed }) => (predicted - observed) ** 2),
    resolution: weighted(({ observed }) => (observed - share) ** 2),
    uncertainty: share * (1 - share),
  }
}
