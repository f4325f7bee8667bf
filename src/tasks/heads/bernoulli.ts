import { losses } from '../../autograd/index.ts'
import { meanOf } from '../../base/statistics.ts'
import type { Distribution } from './distribution.ts'
import type { Head } from './head.ts'

/** How near 0 or 1 a share of events may be for a start. */
const LEAST_SHARE = 1e-3

/**
 * An event of probability p: 1 or 0. The CRPS of it is the Brier score (1950).
 * @param rest 1 - p, where it is known with more digits
 */
export const event = (chance: number, rest = 1 - chance): Distribution => ({
  mean: chance,
  chance,
  quantile: (p) => (p > rest ? 1 : 0),
  sample: (random) => (random.uniform() < chance ? 1 : 0),
  logDensity: (y) => Math.log(y === 1 ? chance : rest),
  crps: (y) => (y - chance) ** 2,
})

/** One logit a target of 0 or 1. */
export const bernoulli = (): Head => ({
  name: 'bernoulli',
  outputs: 1,
  loss: losses.binaryCrossEntropy,
  scaling: 'none',
  bias(targets) {
    const share = Math.min(1 - LEAST_SHARE, Math.max(LEAST_SHARE, meanOf(targets)))
    return [Math.log(share / (1 - share))]
  },
  distribution: (outputs, at) => event(1 / (1 + Math.exp(-outputs[at]!)), 1 / (1 + Math.exp(outputs[at]!))),
})
