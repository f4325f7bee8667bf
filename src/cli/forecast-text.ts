import { InputError, suggestion } from '../base/errors.ts'
import type { Future, FutureSeries } from '../tasks/forecast.ts'
import { percentOf, whenOf } from '../tasks/forecast-table.ts'
import type { ForecasterOptions } from '../tasks/forecaster-options.ts'
import type { Place } from './canvas.ts'
import { round, wrapped } from './output.ts'
import { type Band, chart } from './plot.ts'
import { forecastOf } from './scores.ts'
import { tableLines } from './table.ts'

/** Rows of a table on the terminal, at most: of one series, and of the first of many. */
const MOST = { one: 40, many: 7 }

export type Options = Pick<ForecasterOptions, 'target' | 'unit' | 'head' | 'levels'>

/** The series of a name. @throws InputError when there is none */
export function seriesNamed({ series, short }: Future, id: string): FutureSeries {
  const found = series.find((one) => one.id === id)
  if (found) return found
  const ids = series.map((one) => one.id)
  if (ids.length === 1 && ids[0] === '')
    throw new InputError(`--series: this table is one series without a name, got '${id}'; leave --series away`)
  if (short.includes(id)) throw new InputError(`--series: '${id}' is too short to be forecast`)
  throw new InputError(
    `--series: there is no series '${id}'${suggestion(id, ids) || `; the first ones are ${ids.slice(0, 5).join(', ')}`}`,
  )
}

/** What is to come of the first series, as a table and a chart, and how much more there is. */
export function forecastLines(future: Future, options: Options): string[] {
  const shown = future.series[0]!
  const others = future.series.length - 1
  const rows = others > 0 ? MOST.many : MOST.one
  const left = shown.means.length - rows
  const more = [
    ...(left > 0 ? [`${left} rows`] : []),
    ...(others > 0 ? [`${others} other series (--series ID shows one)`] : []),
  ]
  return [
    ...(shown.id === '' ? [] : [`Series ${shown.id}`, '']),
    ...tableOf(shown, options, rows),
    ...(more.length === 0 ? [] : ['', ...wrapped(`Not shown: ${more.join(' and ')}; --out FILE.csv writes all.`)]),
    ...tooShort(future.short),
    '',
    ...chartOf(future, shown, options),
  ]
}

/** When, how much, and each interval that there is. */
function tableOf(series: FutureSeries, options: Options, most: number): string[] {
  const levels = options.levels.filter((level) => series.interval(0, level))
  const rows = Array.from(series.means.subarray(0, most), (mean, ahead) => [
    whenOf(series, ahead),
    round(mean),
    ...levels.map((level) => series.interval(ahead, level)?.map(round).join(' – ') ?? '–'),
  ])
  const header = [series.times ? 'time' : 'row', forecastOf(options), ...levels.map((level) => `${percentOf(level)} %`)]
  return tableLines(header, rows)
}

function tooShort(short: readonly string[]): string[] {
  if (short.length === 0) return []
  const names = `${short.slice(0, 5).join(', ')}${short.length > 5 ? ' …' : ''}`
  return ['', ...wrapped(`Too short to be forecast, and left out: ${names} (${short.length} series).`)]
}

/** The end of a series, its forecast, and the narrowest interval as a band. */
function chartOf({ panel }: Future, series: FutureSeries, options: Options): string[] {
  const { target, levels } = options
  const { means, end, times } = series
  const start = panel.series.find(({ id }) => id === series.id)!.start
  const back = Math.min(end - start - 1, Math.max(21, 2 * means.length))
  const known = panel.numbers(target).subarray(end - 1 - back, end)
  const level = [...levels].sort((a, b) => a - b).find((level) => series.interval(0, level))
  const dates = panel.timeColumn === undefined ? undefined : panel.table.dates(panel.timeColumn)
  return chart({
    came: { name: target, points: Array.from(known, (value, i): Place => [i - back, value]) },
    forecast: { name: 'forecast', points: Array.from(means, (value, i): Place => [i + 1, value]) },
    band: level === undefined ? undefined : bandOf(series, level),
    ticks:
      dates && times
        ? [
            [means.length, shortTime(times.at(-1)!)],
            [0, shortTime(dates[end - 1]!)],
            [-back, shortTime(dates[end - 1 - back]!)],
          ]
        : rowTicks(back, means.length),
  })
}

function bandOf(series: FutureSeries, level: number): Band {
  const [lower, upper]: [Place[], Place[]] = [[], []]
  for (let ahead = 0; ahead < series.means.length; ahead++) {
    const interval = series.interval(ahead, level)
    if (!interval) break
    lower.push([ahead + 1, interval[0]])
    upper.push([ahead + 1, interval[1]])
  }
  return { name: `${percentOf(level)} % interval`, lower, upper }
}

/** A time for an axis: `2012-01-31`, `2012-01-31 18:00`. */
export const shortTime = (time: number): string =>
  new Date(time).toISOString().slice(0, 16).replace('T00:00', '').replace('T', ' ')

/** Steps from the last row known. */
export const rowTicks = (back: number, ahead: number): [x: number, word: string][] => [
  [ahead, `+${ahead}`],
  [0, '0, the last row known'],
  [-back, `-${back}`],
]
