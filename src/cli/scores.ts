import type { Score } from '../tasks/evaluation.ts'
import type { ForecasterOptions } from '../tasks/forecaster-options.ts'
import { bestOf, type MetricColumn, metricColumns } from '../tasks/metric-table.ts'
import { round, style, terminalWidth, wrapped } from './output.ts'
import { tableLines } from './table.ts'

/** `temp_max in °C` */
export const inUnit = ({ target, unit }: Pick<ForecasterOptions, 'target' | 'unit'>): string =>
  unit ? `${target} in ${unit}` : target

/** What a forecast's number is: the target in its unit, or a probability. */
export const forecastOf = (options: Pick<ForecasterOptions, 'target' | 'unit' | 'head'>): string =>
  options.head === 'bernoulli' ? `probability of ${options.target}` : inUnit(options)

/** `7 forecasts of temp_max in °C, 1 to 7 ahead, of 12 series` */
export function forecastsOf(count: number, options: ForecasterOptions, series = 1): string {
  const ahead = options.horizon > 1 ? `1 to ${options.horizon}` : '1'
  return `${count} forecasts of ${forecastOf(options)}, ${ahead} ahead${series > 1 ? `, of ${series} series` : ''}`
}

/** Metrics as a table under a title, the best of each column marked, and below it why a row has none. */
export function scoreLines(scores: readonly Score[], title: string): string[] {
  const reasons = scores.flatMap(({ name, reason }) =>
    reason ? ['', ...wrapped(`Left out: ${name}, ${reason}.`)] : [],
  )
  return [...wrapped(title), '', ...metricLines(scores, '').map((line) => `  ${line}`), ...reasons]
}

/** Rows of metrics, as many columns as the terminal is wide. */
export function metricLines(scores: readonly Score[], what: string): string[] {
  const columns = metricColumns(scores)
  const cells = scores.map(({ metrics }) =>
    columns.map((column) => {
      const value = metrics && column.of(metrics)
      return value === undefined ? '–' : marked(column, value, scores)
    }),
  )
  const lines = (count: number) =>
    tableLines(
      [what, ...columns.slice(0, count).map(({ name }) => name)],
      scores.map(({ name }, row) => [name, ...cells[row]!.slice(0, count)]),
    )
  let count = columns.length
  while (count > 1 && lines(count)[1]!.length > terminalWidth() - 2) count--
  return lines(count)
}

function marked(column: MetricColumn, value: number, scores: readonly Score[]): string {
  const text = column.shown === 'percent' ? `${value.toFixed(1)} %` : round(value)
  return column.badness(value) === bestOf(column, scores) ? style('green', text) : text
}
