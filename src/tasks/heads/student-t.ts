import { studentTLoss } from '../../autograd/index.ts'
import { incompleteBeta } from '../../base/beta.ts'
import { logGamma } from '../../base/gamma.ts'
import { deviationOf, meanOf } from '../../base/statistics.ts'
import { type Distribution, inverse } from './distribution.ts'
import { type Head, inverseSoftplus, LEAST_START, numbersAt } from './head.ts'

/** Degrees of freedom at the start: tails clearly heavier than the normal's. */
const FREEDOM_START = 6

/** The standard distribution with ν degrees of freedom up to t. */
function cdf(t: number, freedom: number): number {
  const square = t * t
  const tail = 0.5 * incompleteBeta(freedom / (freedom + square), freedom / 2, 0.5, square / (freedom + square))
  return t > 0 ? 1 - tail : tail
}

/** log of the constant of the standard density, and of the beta function B(½, b). */
const logConstant = (freedom: number) => -0.5 * Math.log(freedom) - logBetaOfHalf(freedom / 2)
const logBetaOfHalf = (b: number) => 0.5 * Math.log(Math.PI) + logGamma(b) - logGamma(b + 0.5)

/**
 * Student's t moved by its mean and stretched. Samples by Bailey's method (1994), Box and Muller's with other tails; the CRPS in
 * closed form (Jordan, Krüger & Lerch 2019).
 */
export function student(mean: number, scale: number, freedom: number): Distribution {
  const logStandard = (t: number) => logConstant(freedom) - ((freedom + 1) / 2) * Math.log1p((t * t) / freedom)
  const lower = (p: number) => inverse((t) => cdf(t, freedom), p, -1, 1)
  return {
    mean,
    quantile: (p) => mean + scale * (p === 0.5 ? 0 : p < 0.5 ? lower(p) : -lower(1 - p)),
    sample(random) {
      const radius = Math.sqrt(freedom * Math.expm1((-2 / freedom) * Math.log(1 - random.uniform())))
      return mean + scale * radius * Math.cos(2 * Math.PI * random.uniform())
    },
    logDensity: (y) => logStandard((y - mean) / scale) - Math.log(scale),
    crps(y) {
      const t = (y - mean) / scale
      const spread = Math.exp(logBetaOfHalf(freedom - 0.5) - 2 * logBetaOfHalf(freedom / 2))
      const density = Math.exp(logStandard(t))
      const near = (2 * density * (freedom + t * t)) / (freedom - 1) - (2 * Math.sqrt(freedom) * spread) / (freedom - 1)
      return scale * (t * (2 * cdf(t, freedom) - 1) + near)
    },
  }
}

export function studentT(): Head {
  const loss = studentTLoss()
  return {
    name: 'studentT',
    outputs: 3,
    loss,
    scaling: 'any',
    bias(targets) {
      const scale = Math.max(deviationOf(targets), LEAST_START) * Math.sqrt((FREEDOM_START - 2) / FREEDOM_START)
      return [meanOf(targets), inverseSoftplus(scale), inverseSoftplus(FREEDOM_START - 2)]
    },
    distribution(outputs, at, shift, scale) {
      const [mean, sigma, freedom] = loss.parameters(numbersAt(outputs, at, 3))
      return student(shift + scale * mean!, scale * sigma!, freedom!)
    },
  }
}
