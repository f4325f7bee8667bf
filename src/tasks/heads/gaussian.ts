import { gaussianLoss } from '../../autograd/index.ts'
import { HALF_LOG_TAU } from '../../base/gamma.ts'
import { normalCdf, normalDensity, normalQuantile } from '../../base/normal.ts'
import { deviationOf, meanOf } from '../../base/statistics.ts'
import type { Distribution } from './distribution.ts'
import { type Head, inverseSoftplus, LEAST_START, numbersAt } from './head.ts'

/** A normal distribution; its CRPS in closed form (Gneiting & Raftery 2007, equation 21). */
export const normal = (mean: number, deviation: number): Distribution => ({
  mean,
  quantile: (p) => mean + deviation * normalQuantile(p),
  sample: (random) => mean + deviation * random.normal(),
  logDensity: (y) => -0.5 * ((y - mean) / deviation) ** 2 - Math.log(deviation) - HALF_LOG_TAU,
  crps(y) {
    const z = (y - mean) / deviation
    return deviation * (z * (2 * normalCdf(z) - 1) + 2 * normalDensity(z) - 1 / Math.sqrt(Math.PI))
  },
})

export function gaussian(): Head {
  const loss = gaussianLoss({ scale: 'softplus', full: true })
  return {
    name: 'gaussian',
    outputs: 2,
    loss,
    scaling: 'any',
    bias: (targets) => [meanOf(targets), inverseSoftplus(Math.max(deviationOf(targets), LEAST_START))],
    distribution(outputs, at, shift, scale) {
      const [mean, deviation] = loss.parameters(numbersAt(outputs, at, 2))
      return normal(shift + scale * mean!, scale * deviation!)
    },
  }
}
