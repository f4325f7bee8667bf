import type { IntervalScore, Metrics } from './scores.ts'

/**
 * The mean of metrics, each by its weight; of `rmse` the root of the mean square, so that errors of equal horizons come to what they
 * are all together. What one of them lacks is left out.
 */
export function meanMetrics(all: readonly Metrics[], weights: readonly number[]): Metrics {
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  const mean = (values: readonly number[]) => values.reduce((sum, value, i) => sum + weights[i]! * value, 0) / total
  const { intervals = [], ...first } = all[0]!
  const shared = (Object.keys(first) as (keyof typeof first)[]).filter((key) =>
    all.every((metrics) => metrics[key] !== undefined),
  )
  const means = shared.map((key) => {
    const values = all.map((metrics) => metrics[key]!)
    if (key === 'zeros') return [key, values.reduce((sum, value) => sum + value, 0)]
    return [key, key === 'rmse' ? Math.sqrt(mean(values.map((value) => value ** 2))) : mean(values)]
  })
  const meanIntervals = intervals.map(
    ({ level }, i): IntervalScore => ({
      level,
      coverage: mean(all.map((metrics) => metrics.intervals?.[i]?.coverage ?? Number.NaN)),
      width: mean(all.map((metrics) => metrics.intervals?.[i]?.width ?? Number.NaN)),
    }),
  )
  const known = meanIntervals.filter(({ coverage }) => Number.isFinite(coverage))
  return { ...Object.fromEntries(means), ...(known.length > 0 ? { intervals: known } : {}) } as Metrics
}
