import { cutRows, type WindowedData } from '../../data/index.ts'
import { type Baseline, overTargets } from './baseline.ts'

const DAY = 86_400_000
const YEAR = 365

/**
 * Of daily rows the mean of the same day of the year over the training years, each series by itself. A day that training never
 * saw takes the one before it; a series with less than a year to train on its last value.
 */
export function dayOfYearMean({ spec, panel, table }: WindowedData, timeColumn: string): Baseline {
  const name = 'day-of-year mean'
  const days = daysOfYear(table.dates(timeColumn))
  const values = panel.numbers(spec.target)
  const trained = panel.series.map((series) => ({ id: series.id, ...cutRows(series, spec.split).train }))
  const most = Math.max(...trained.map(({ start, end }) => end - start))
  if (most < YEAR) return { name, reason: `fewer than a year of training rows (${most})` }
  const means = new Map(
    trained.flatMap(({ id, start, end }) =>
      end - start < YEAR ? [] : [[id, meansOf(days.subarray(start, end), values.subarray(start, end))] as const],
    ),
  )
  return {
    name,
    predict(set, of) {
      const dayOf = daysOfYear(of.table.dates(timeColumn))
      return overTargets(
        set,
        of,
        ({ values, row }, ahead, series) => means.get(series)?.[dayOf[row + ahead]!] ?? values[row]!,
      )
    },
  }
}

/** The mean by day of the year, 0 for none; round the year where there is none of a day. */
function meansOf(days: Uint16Array, values: Float64Array): Float64Array {
  const [sum, count] = [new Float64Array(367), new Float64Array(367)]
  for (const [row, value] of values.entries()) {
    if (Number.isNaN(value)) continue
    sum[days[row]!]! += value
    count[days[row]!]!++
  }
  const means = sum.map((total, day) => total / count[day]!)
  let latest = means.findLast(Number.isFinite)!
  means.forEach((mean, day) => {
    if (Number.isFinite(mean)) latest = mean
    means[day] = latest
  })
  return means
}

/** 1 to 366; every 1 March is day 61, leap year or not. */
function daysOfYear(times: ArrayLike<number>): Uint16Array {
  return Uint16Array.from(times, (time) => {
    const date = new Date(time)
    return Math.round((Date.UTC(2024, date.getUTCMonth(), date.getUTCDate()) - Date.UTC(2024, 0, 1)) / DAY) + 1
  })
}
