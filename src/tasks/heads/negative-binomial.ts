import { negativeBinomialLoss } from '../../autograd/index.ts'
import { incompleteBeta } from '../../base/beta.ts'
import { logGamma } from '../../base/gamma.ts'
import { deviationOf, meanOf } from '../../base/statistics.ts'
import { crpsByQuantiles, type Distribution, sampleByQuantile } from './distribution.ts'
import { type Head, inverseSoftplus, LEAST_START, numbersAt } from './head.ts'

/** Counts that a CRPS sums over one by one; beyond it quantiles are as exact. */
const MOST_TERMS = 5000

/** Counts of mean μ and variance μ + αμ²; quantiles are whole numbers. */
export function negativeBinomialOf(mean: number, alpha: number): Distribution {
  const r = 1 / alpha
  const odds = alpha * mean
  const logChance = (y: number) =>
    logGamma(y + r) - logGamma(r) - logGamma(y + 1) + y * Math.log(odds) - (y + r) * Math.log1p(odds)
  const cdf = (count: number) => (count < 0 ? 0 : incompleteBeta(1 / (1 + odds), r, count + 1, odds / (1 + odds)))
  function quantile(p: number): number {
    if (p >= 1) return Number.POSITIVE_INFINITY
    let [below, high] = [-1, Math.ceil(mean)]
    while (cdf(high) < p) [below, high] = [high, 2 * high + 1]
    while (high - below > 1) {
      const middle = Math.floor(below + (high - below) / 2)
      if (cdf(middle) < p) below = middle
      else high = middle
    }
    return high
  }
  return {
    mean,
    quantile,
    sample: (random) => sampleByQuantile(quantile, random),
    logDensity: logChance,
    /** ∫ (F(x) - [x ≥ y])² dx, over [k, k+1) at a time. */
    crps(y) {
      const reach = Math.max(y, mean + 40 * Math.sqrt(mean + alpha * mean * mean)) + 40
      if (!(reach < MOST_TERMS)) return crpsByQuantiles(quantile, y)
      let [score, up] = [0, 0]
      for (let count = 0; count <= reach; count++) {
        up += Math.exp(logChance(count))
        const before = Math.min(1, Math.max(0, y - count))
        score += before * up ** 2 + (1 - before) * (1 - up) ** 2
        if (count >= y && 1 - up < 1e-12) break
      }
      return score
    },
  }
}

export function negativeBinomial(): Head {
  const loss = negativeBinomialLoss()
  return {
    name: 'negativeBinomial',
    outputs: 2,
    loss,
    scaling: 'none',
    bias(targets) {
      const mean = Math.max(meanOf(targets), LEAST_START)
      const dispersion = Math.max((deviationOf(targets) ** 2 - mean) / mean ** 2, LEAST_START)
      return [Math.log(mean), inverseSoftplus(dispersion)]
    },
    distribution(outputs, at) {
      const [mean, alpha] = loss.parameters(numbersAt(outputs, at, 2))
      return negativeBinomialOf(mean!, alpha!)
    },
  }
}
