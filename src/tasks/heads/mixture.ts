import { mixtureLoss } from '../../autograd/index.ts'
import { HALF_LOG_TAU } from '../../base/gamma.ts'
import { logAdd } from '../../base/logarithms.ts'
import { normalCdf } from '../../base/normal.ts'
import { deviationOf, meanOf, quantileOf } from '../../base/statistics.ts'
import { crpsByQuantiles, type Distribution, inverse } from './distribution.ts'
import { type Head, inverseSoftplus, LEAST_START, numbersAt } from './head.ts'

/** One of the mixed log-normal distributions. */
export interface LogNormal {
  readonly weight: number
  /** Mean and deviation of the logarithm. */
  readonly mean: number
  readonly deviation: number
}

/** A mixture of log-normal distributions, of numbers above 0 (Shchur et al. 2020). */
export function logNormals(parts: readonly LogNormal[]): Distribution {
  const centre = parts.reduce((sum, { weight, mean }) => sum + weight * mean, 0)
  const width = parts.reduce((most, { mean, deviation }) => Math.max(most, Math.abs(mean - centre) + deviation), 0)
  const cdf = (u: number) =>
    parts.reduce((sum, { weight, mean, deviation }) => sum + weight * normalCdf((u - mean) / deviation), 0)
  const quantile = (p: number) => Math.exp(inverse(cdf, p, centre, width))
  return {
    mean: parts.reduce((sum, { weight, mean, deviation }) => sum + weight * Math.exp(mean + 0.5 * deviation ** 2), 0),
    quantile,
    sample(random) {
      let [k, left] = [0, random.uniform() - parts[0]!.weight]
      while (left >= 0 && k < parts.length - 1) left -= parts[++k]!.weight
      const part = parts[k]!
      return Math.exp(part.mean + part.deviation * random.normal())
    },
    logDensity(y) {
      if (!(y > 0)) return Number.NEGATIVE_INFINITY
      const u = Math.log(y)
      const logs = parts.map(
        ({ weight, mean, deviation }) =>
          Math.log(weight) - 0.5 * ((u - mean) / deviation) ** 2 - Math.log(deviation) - HALF_LOG_TAU - u,
      )
      return logs.reduce(logAdd)
    },
    crps: (y) => crpsByQuantiles(quantile, y),
  }
}

/** @throws InputError when components are not a whole number of at least 1 */
export function mixture(components = 8): Head {
  const loss = mixtureLoss({ components, of: 'logNormal' })
  return {
    name: 'mixture',
    outputs: 3 * components,
    loss,
    scaling: 'ratio',
    bias(targets) {
      const parts = fitted(targets.map(Math.log), components)
      return [
        ...parts.map(({ weight }) => Math.log(weight)),
        ...parts.map(({ mean }) => mean),
        ...parts.map(({ deviation }) => inverseSoftplus(deviation)),
      ]
    },
    distribution(outputs, at, _shift, scale) {
      const numbers = loss.parameters(numbersAt(outputs, at, 3 * components))
      return logNormals(
        Array.from({ length: components }, (_, k) => ({
          weight: numbers[k]!,
          mean: Math.log(scale * numbers[components + k]!),
          deviation: numbers[2 * components + k]!,
        })),
      )
    },
  }
}

/** Steps that biases are fitted by; more of them gain less than an epoch of training does. */
const FIT_STEPS = 30
/** The least weight and width of a part at the start, of the whole: equal values draw none to a spike. */
const [LEAST_WEIGHT, LEAST_WIDTH] = [1e-3, 0.1]

/**
 * Parts fitted to logarithms by expectation and maximisation (Dempster, Laird & Rubin 1977), from such as stand side by side, each
 * in the middle of its share; what they lack in spread there is theirs alike.
 */
function fitted(logs: Float64Array, components: number): LogNormal[] {
  const sorted = logs.toSorted()
  const least = Math.max(LEAST_WIDTH * deviationOf(logs), LEAST_START)
  const centres = Array.from({ length: components }, (_, k) => quantileOf(sorted, (k + 0.5) / components))
  const lacking = Math.sqrt(Math.max(deviationOf(logs) ** 2 - deviationOf(centres) ** 2, least ** 2))
  let parts: LogNormal[] = centres.map((mean) => ({ weight: 1 / components, mean, deviation: lacking }))
  for (let step = 0; step < FIT_STEPS; step++) {
    const densities = parts.map(({ weight, mean, deviation }) =>
      logs.map((u) => (weight / deviation) * Math.exp(-0.5 * ((u - mean) / deviation) ** 2) + Number.MIN_VALUE),
    )
    const sums = logs.map((_, i) => densities.reduce((sum, of) => sum + of[i]!, 0))
    parts = parts.map((part, k) => {
      const shares = densities[k]!.map((density, i) => density / sums[i]!)
      const weight = meanOf(shares)
      if (weight < LEAST_WEIGHT) return { ...part, weight: LEAST_WEIGHT }
      const mean = meanOf(shares.map((share, i) => share * logs[i]!)) / weight
      const variance = meanOf(shares.map((share, i) => share * (logs[i]! - mean) ** 2)) / weight
      return { weight, mean, deviation: Math.max(Math.sqrt(variance), least) }
    })
  }
  return parts
}
