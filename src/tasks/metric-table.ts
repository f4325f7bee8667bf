import type { Score } from './evaluation.ts'
import { percentOf } from './forecast-table.ts'
import type { Metrics } from './metrics/index.ts'

/** A metric as a column of a table. */
export interface MetricColumn {
  readonly name: string
  of(metrics: Metrics): number | undefined
  /** How far a value is from the best there could be. */
  badness(value: number): number
  /** `number`: in the data's units or none; `percent`: already a percentage. */
  readonly shown: 'number' | 'percent'
}

const low = (name: string, key: keyof Metrics & string, shown: MetricColumn['shown'] = 'number'): MetricColumn => ({
  name,
  of: (metrics) => metrics[key] as number | undefined,
  badness: (value) => value,
  shown,
})

/** The share that lies in an interval, best where it is the share that should. */
const covered = (level: number): MetricColumn => ({
  name: `in ${percentOf(level)} %`,
  of({ intervals }) {
    const coverage = intervals?.find((interval) => interval.level === level)?.coverage
    return coverage === undefined ? undefined : 100 * coverage
  },
  badness: (value) => Math.abs(value - 100 * level),
  shown: 'percent',
})

const width = (level: number): MetricColumn => ({
  name: `width ${percentOf(level)} %`,
  of: ({ intervals }) => intervals?.find((interval) => interval.level === level)?.width,
  badness: (value) => value,
  shown: 'number',
})

const accuracy: MetricColumn = {
  name: 'right',
  of: ({ accuracy }) => (accuracy === undefined ? undefined : 100 * accuracy),
  badness: (value) => -value,
  shown: 'percent',
}

/** The columns that some scores have something for, the most useful ones first. */
export function metricColumns(scores: readonly Pick<Score, 'metrics'>[]): MetricColumn[] {
  const known = scores.flatMap(({ metrics }) => metrics ?? [])
  const levels = [...new Set(known.flatMap(({ intervals = [] }) => intervals.map(({ level }) => level)))]
  const events = known.some(({ logLoss }) => logLoss !== undefined)
  const points = [low('MAE', 'mae'), low('RMSE', 'rmse')]
  const all = [
    ...(events ? [low('log loss', 'logLoss'), low('Brier', 'brier'), accuracy] : []),
    ...points,
    low('MASE', 'mase'),
    low('sMAPE', 'smape', 'percent'),
    ...levels.map(covered),
    low('CRPS', 'crps'),
    low('nats', 'nats'),
    low('MAPE', 'mape', 'percent'),
    low('pinball', 'pinball'),
    ...levels.map(width),
  ]
  return all.filter((column) => known.some((metrics) => column.of(metrics) !== undefined))
}

/** The least badness of a column, where there are several values to compare. */
export function bestOf(column: MetricColumn, scores: readonly Pick<Score, 'metrics'>[]): number {
  const values = scores.flatMap(({ metrics }) => (metrics && column.of(metrics)) ?? [])
  return values.length > 1 ? Math.min(...values.map(column.badness)) : Number.NEGATIVE_INFINITY
}
