import { quantileLoss } from '../../autograd/index.ts'
import { InputError } from '../../base/errors.ts'
import { quantileOf } from '../../base/statistics.ts'
import { crpsByQuantiles, type Distribution, sampleByQuantile } from './distribution.ts'
import { type Head, numbersAt } from './head.ts'

/** Quantiles stand at least so far apart, in scales, so that there is a density between them. */
const LEAST_GAP = 1e-6

/**
 * A distribution by some of its quantiles: linear between them, exponential beyond the first and the last, where the density
 * falls on from that of the interval beside. Values are put in order, so quantiles never cross (Chernozhukov et al. 2010).
 * @param levels ascending, at least two
 * @param gap the least distance between two values
 */
export function byQuantiles(levels: readonly number[], given: readonly number[], gap: number): Distribution {
  const values = given.slice().sort((a, b) => a - b)
  for (let i = 1; i < values.length; i++) values[i] = Math.max(values[i]!, values[i - 1]! + gap)
  const last = levels.length - 1
  const slope = (i: number) => (values[i + 1]! - values[i]!) / (levels[i + 1]! - levels[i]!)
  const [tail, tailAbove] = [levels[0]!, 1 - levels[last]!]
  const [fall, rise] = [tail * slope(0), tailAbove * slope(last - 1)]
  /** The interval that something lies in, by what its ends are. */
  const intervalOf = (ends: readonly number[], at: number) => {
    let i = 0
    while (i < last - 1 && at > ends[i + 1]!) i++
    return i
  }
  function quantile(p: number): number {
    if (p < tail) return values[0]! + fall * Math.log(p / tail)
    if (p > levels[last]!) return values[last]! - rise * Math.log((1 - p) / tailAbove)
    const i = intervalOf(levels, p)
    return values[i]! + slope(i) * (p - levels[i]!)
  }
  const inside = levels.slice(1).reduce((sum, p, i) => sum + (p - levels[i]!) * (values[i]! + values[i + 1]!) * 0.5, 0)
  return {
    mean: inside + tail * (values[0]! - fall) + tailAbove * (values[last]! + rise),
    quantile,
    sample: (random) => sampleByQuantile(quantile, random),
    logDensity(y) {
      if (y < values[0]!) return Math.log(tail / fall) + (y - values[0]!) / fall
      if (y > values[last]!) return Math.log(tailAbove / rise) - (y - values[last]!) / rise
      return -Math.log(slope(intervalOf(values, y)))
    },
    crps: (y) => crpsByQuantiles(quantile, y),
  }
}

export const quantileLevels: readonly number[] = [0.025, 0.1, 0.25, 0.5, 0.75, 0.9, 0.975]

/** @throws InputError for fewer than two levels, or one that is not between 0 and 1 */
export function quantiles(given: readonly number[] = quantileLevels): Head {
  const levels = [...new Set(given)].sort((a, b) => a - b)
  if (levels.length < 2)
    throw new InputError(`quantiles: expected at least two levels, such as [0.1, 0.5, 0.9], got [${given.join(', ')}]`)
  return {
    name: 'quantiles',
    outputs: levels.length,
    loss: quantileLoss(levels),
    scaling: 'any',
    bias(targets) {
      const sorted = targets.slice().sort()
      return levels.map((level) => quantileOf(sorted, level))
    },
    distribution(outputs, at, shift, scale) {
      const values = numbersAt(outputs, at, levels.length).map((value) => shift + scale * value)
      return byQuantiles(levels, values, LEAST_GAP * scale)
    },
  }
}
