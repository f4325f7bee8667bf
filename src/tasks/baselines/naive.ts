import type { Season } from '../season.ts'
import { type Baseline, type Origin, overTargets } from './baseline.ts'

/** What was last seen, for every row ahead. */
export const lastValue = (): Baseline => ({
  name: 'last value',
  predict: (set, of) => overTargets(set, of, ({ values, row }) => values[row]!),
})

/**
 * The value a season before; of a horizon longer than a season the last one goes round. Where that is missing, the season before
 * it; where the series does not reach back so far, its last value.
 */
export function seasonalNaive(season: Season | undefined): Baseline {
  if (!season)
    return { name: 'seasonal naive', reason: 'no season suggests itself; ask for one with season (--season)' }
  return {
    name: season.name,
    predict: (set, of) =>
      overTargets(set, of, (origin, ahead) => {
        const last = origin.row + ahead - season.rows * Math.ceil(ahead / season.rows)
        return known(origin, last, season.rows)
      }),
  }
}

function known({ values, start, row: origin }: Origin, last: number, season: number): number {
  for (let row = last; row >= start; row -= season) if (!Number.isNaN(values[row])) return values[row]!
  return values[origin]!
}

/** The last value, and on by the mean step from the first row of the series that is known (Hyndman & Athanasopoulos 2021, 5.2). */
export const drift = (): Baseline => ({
  name: 'drift',
  predict(set, of) {
    const firsts = new Map<number, number>()
    return overTargets(set, of, ({ values, start, row }, ahead) => {
      if (!firsts.has(start))
        firsts.set(
          start,
          values.findIndex((value, at) => at >= start && !Number.isNaN(value)),
        )
      const first = firsts.get(start)!
      const step = row > first ? (values[row]! - values[first]!) / (row - first) : 0
      return values[row]! + ahead * step
    })
  },
})
