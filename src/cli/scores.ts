import type { Score } from '../tasks/evaluation.ts'
import type { ForecasterOptions } from '../tasks/forecaster-options.ts'
import { round, style, wrapped } from './output.ts'
import { tableLines } from './table.ts'

/** `temp_max in °C` */
export const inUnit = ({ target, unit }: Pick<ForecasterOptions, 'target' | 'unit'>): string =>
  unit ? `${target} in ${unit}` : target

/** What a forecast's number is: the target in its unit, or a probability. */
export const forecastOf = (options: Pick<ForecasterOptions, 'target' | 'unit' | 'head'>): string =>
  options.head === 'bernoulli' ? `probability of ${options.target}` : inUnit(options)

/** `7 forecasts of temp_max in °C, 1 to 7 ahead` */
export const forecastsOf = (count: number, options: ForecasterOptions): string =>
  `${count} forecasts of ${inUnit(options)}, ${options.horizon > 1 ? `1 to ${options.horizon}` : '1'} ahead`

/** Metrics as a table under a title, the best of each column marked, and below it why a row has none. */
export function scoreLines(scores: readonly Score[], title: string): string[] {
  const best = (key: 'mae' | 'rmse') =>
    Math.min(...scores.map(({ metrics }) => metrics?.[key] ?? Number.POSITIVE_INFINITY))
  const [mae, rmse] = [best('mae'), best('rmse')]
  const mark = (value: number, least: number) => (value === least ? style('green', round(value)) : round(value))
  const rows = scores.map(({ name, metrics }) =>
    metrics ? [name, mark(metrics.mae, mae), mark(metrics.rmse, rmse)] : [name, '–', '–'],
  )
  const reasons = scores.flatMap(({ name, reason }) =>
    reason ? ['', ...wrapped(`Left out: ${name}, ${reason}.`)] : [],
  )
  return [title, '', ...tableLines(['', 'MAE', 'RMSE'], rows).map((line) => `  ${line}`), ...reasons]
}
