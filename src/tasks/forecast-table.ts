import { Random } from '../base/random.ts'
import { showTime } from '../data/index.ts'
import type { Future, FutureSeries } from './forecast.ts'

/** Columns of one length, by name. */
export type Columns = Readonly<Record<string, readonly (number | string)[]>>

export interface ForecastColumnsOptions {
  /** What the columns of series, times and means are called. */
  readonly names: { readonly id: string; readonly time: string; readonly value: string }
  /** Shares of what comes that intervals are to hold. */
  readonly levels: readonly number[]
  /** How many courses are drawn of each series; none unless given. */
  readonly paths?: number | undefined
  readonly seed?: number | undefined
}

/** `80` of 0.8, `97.5` of 0.975 */
export const percentOf = (level: number): string => String(Number((100 * level).toPrecision(12)))

/** When a row ahead is due, or how many rows ahead it lies. */
export const whenOf = ({ times }: FutureSeries, ahead: number): string =>
  times ? showTime(times[ahead]!) : `+${ahead + 1}`

/**
 * What is to come, a row for each series and row ahead: the series where there are several, the time, the mean, both ends of each
 * interval (`low_80`, `high_80`) and courses (`path_1` …). What is not known beyond the model's own horizon is NaN.
 */
export function forecastColumns(
  { panel, series }: Future,
  { names, levels, paths = 0, seed = 0 }: ForecastColumnsOptions,
): Columns {
  const rows = series.flatMap((one) => Array.from(one.means, (mean, ahead) => ({ one, mean, ahead })))
  const ends = levels.flatMap((level) => {
    const intervals = rows.map(({ one, ahead }) => one.interval(ahead, level))
    if (intervals.every((interval) => interval === undefined)) return []
    return (['low', 'high'] as const).map((end, i) => [
      `${end}_${percentOf(level)}`,
      intervals.map((interval) => interval?.[i] ?? Number.NaN),
    ])
  })
  const courses = series.flatMap((one) => {
    const random = new Random(seed, `forecast/${one.id}`)
    const drawn = Array.from({ length: paths }, () => one.path(random))
    return Array.from(one.means, (_, ahead) => drawn.map((path) => path[ahead] ?? Number.NaN))
  })
  return {
    ...(panel.idColumn === undefined ? {} : { [names.id]: rows.map(({ one }) => one.id) }),
    [names.time]: rows.map(({ one, ahead }) => whenOf(one, ahead)),
    [names.value]: rows.map(({ mean }) => mean),
    ...Object.fromEntries(ends),
    ...Object.fromEntries(Array.from({ length: paths }, (_, p) => [`path_${p + 1}`, courses.map((row) => row[p]!)])),
  }
}

/** Columns as objects, a row each; without what is not known. */
export function asRows(columns: Columns): Record<string, number | string>[] {
  const entries = Object.entries(columns)
  return Array.from(entries[0]![1], (_, row) =>
    Object.fromEntries(
      entries.map(([name, values]) => [name, values[row]!]).filter(([, value]) => !Number.isNaN(value)),
    ),
  )
}
