import { logAdd } from '../../base/logarithms.ts'
import { meanOf } from '../../base/statistics.ts'
import { event } from './bernoulli.ts'
import { crpsByQuantiles, type Distribution } from './distribution.ts'

/**
 * What several models say together: the mean of their means, quantiles averaged (Vincent 1912), which keeps the shape that
 * the members share; the density of their equal mixture; samples from a member at random. Of an event the mean probability.
 */
export function pooled(members: readonly Distribution[]): Distribution {
  if (members.length === 1) return members[0]!
  if (members.every(({ chance }) => chance !== undefined)) return event(meanOf(members.map(({ chance }) => chance!)))
  const quantile = (p: number) => meanOf(members.map((member) => member.quantile(p)))
  return {
    mean: meanOf(members.map(({ mean }) => mean)),
    quantile,
    sample: (random) => members[random.below(members.length)]!.sample(random),
    logDensity: (y) => members.map((member) => member.logDensity(y)).reduce(logAdd) - Math.log(members.length),
    crps: (y) => crpsByQuantiles(quantile, y, 'coarse'),
  }
}
