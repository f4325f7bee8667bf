import type { Random } from '../../base/random.ts'

/** What a forecast says of one number to come, in the data's own units. */
export interface Distribution {
  readonly mean: number
  /** The value that what comes is below with probability p. */
  quantile(p: number): number
  /** A number drawn at random. */
  sample(random: Random): number
  /** log of the density at y, in nats; of a distribution over whole numbers of the probability. */
  logDensity(y: number): number
  /** Continuous ranked probability score (Gneiting & Raftery 2007): the absolute error, where all lies on one value. */
  crps(y: number): number
  /** Of an event that happens, 1, or does not, 0: its probability. */
  readonly chance?: number
}

/** Midpoints of [0, 1] drawn towards its ends, where quantiles run away, and what each of them stands for. */
const gridOf = (count: number) =>
  Array.from({ length: count }, (_, i) => {
    const u = (i + 0.5) / count
    return { p: u * u * (3 - 2 * u), weight: (6 * u * (1 - u)) / count }
  })
const grids = { fine: gridOf(200), coarse: gridOf(40) }

/** The CRPS as twice the pinball loss over all quantiles (Laio & Tamea 2007), on a grid: a coarse one where quantiles take long. */
export function crpsByQuantiles(quantile: (p: number) => number, y: number, grid: keyof typeof grids = 'fine'): number {
  let sum = 0
  for (const { p, weight } of grids[grid]) {
    const error = y - quantile(p)
    sum += weight * (error > 0 ? p * error : (p - 1) * error)
  }
  return 2 * sum
}

/** A number drawn by its quantile. */
export const sampleByQuantile = (quantile: (p: number) => number, random: Random): number =>
  quantile(Math.max(random.uniform(), 2 ** -53))

/**
 * Where a growing function comes to p, by Ridders' method (1979) between two places that are moved apart until it lies between
 * them.
 */
export function inverse(cdf: (x: number) => number, p: number, centre: number, width: number): number {
  let reach = width
  while (cdf(centre - reach) > p && reach < Number.MAX_VALUE) reach *= 2
  let low = centre - reach
  for (reach = width; cdf(centre + reach) < p && reach < Number.MAX_VALUE; ) reach *= 2
  let high = centre + reach
  let [atLow, atHigh] = [cdf(low) - p, cdf(high) - p]
  for (let step = 0; step < 200; step++) {
    const middle = low + (high - low) / 2
    if (atLow === 0 || middle === low || middle === high) return low
    if (atHigh === 0) return high
    const atMiddle = cdf(middle) - p
    const root = middle - ((middle - low) * atMiddle) / Math.sqrt(atMiddle * atMiddle - atLow * atHigh)
    const atRoot = cdf(root) - p
    const places = [low, Math.min(middle, root), Math.max(middle, root), high]
    const values = root > middle ? [atLow, atMiddle, atRoot, atHigh] : [atLow, atRoot, atMiddle, atHigh]
    const above = values.findIndex((value) => value >= 0)
    if (above < 1) return places[above === 0 ? 0 : 3]!
    ;[low, high, atLow, atHigh] = [places[above - 1]!, places[above]!, values[above - 1]!, values[above]!]
    if (high - low <= 1e-12 * Math.max(Math.abs(low), Math.abs(high))) break
  }
  return low + (high - low) / 2
}
