import type { Units } from '../../data/index.ts'
import { crpsByQuantiles, type Distribution } from './distribution.ts'

/** Probabilities that stand for a whole distribution. */
const GRID = Float64Array.from({ length: 20 }, (_, i) => (i + 0.5) / 20)

/**
 * A distribution in a table's own units, of one that a head made in shifted and divided ones: of log(1 + y) where the units say
 * so, otherwise of y itself.
 */
export function inUnits(make: (units: Units) => Distribution, units: Units): Distribution {
  const inner = make(units)
  return units.log ? ofLogarithm(inner) : inner
}

/** The distribution of y where log(1 + y) has the one given. */
export function ofLogarithm(inner: Distribution): Distribution {
  const quantile = (p: number) => Math.expm1(inner.quantile(p))
  return {
    get mean() {
      return GRID.reduce((sum, p) => sum + quantile(p), 0) / GRID.length
    },
    quantile,
    sample: (random) => Math.expm1(inner.sample(random)),
    logDensity: (y) => (y > -1 ? inner.logDensity(Math.log1p(y)) - Math.log1p(y) : Number.NEGATIVE_INFINITY),
    crps: (y) => crpsByQuantiles(quantile, y, 'coarse'),
  }
}

/** What samples of something say of it. */
export function empirical(samples: Float64Array): Distribution {
  const sorted = samples.slice().sort()
  const last = sorted.length - 1
  return {
    mean: sorted.reduce((sum, value) => sum + value, 0) / sorted.length,
    quantile(p) {
      const place = Math.min(last, Math.max(0, p * sorted.length - 0.5))
      const below = Math.floor(place)
      const above = Math.min(last, below + 1)
      return sorted[below]! + (place - below) * (sorted[above]! - sorted[below]!)
    },
    sample: (random) => sorted[random.below(sorted.length)]!,
    // Samples have no density.
    logDensity: () => Number.NaN,
    crps: (y) => sortedCrps(sorted, y),
  }
}

/** E|X - y| - E|X - X'|/2 over ascending samples (Gneiting & Raftery 2007). */
function sortedCrps(sorted: Float64Array, y: number): number {
  const n = sorted.length
  let [error, spread] = [0, 0]
  for (let i = 0; i < n; i++) {
    error += Math.abs(sorted[i]! - y)
    spread += (2 * i + 1 - n) * sorted[i]!
  }
  return error / n - spread / (n * n)
}
