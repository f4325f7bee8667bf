import { cutRows, type WindowedData } from '../../data/index.ts'
import type { Distribution } from '../heads/index.ts'
import { type Baseline, saying } from './baseline.ts'

/** The exponential distribution of a mean: of times between events that know nothing of each other. */
export const exponentialOf = (mean: number): Distribution => {
  const quantile = (p: number) => -mean * Math.log1p(-p)
  return {
    mean,
    quantile,
    sample: (random) => quantile(random.uniform()),
    logDensity: (y) => (y < 0 ? Number.NEGATIVE_INFINITY : -Math.log(mean) - y / mean),
    crps: (y) => Math.abs(y) + 2 * mean * Math.expm1(-Math.max(0, y) / mean) + mean / 2,
  }
}

/** The exponential distribution of the training rows' mean, of each series by itself. */
export function exponential({ panel, spec }: WindowedData): Baseline {
  const values = panel.numbers(spec.target)
  const parts = panel.series.map((series) => {
    const { start, end } = cutRows(series, spec.split).train
    return { id: series.id, known: values.subarray(start, end).filter((value) => !Number.isNaN(value)) }
  })
  const sum = (all: Float64Array) => all.reduce((total, value) => total + value, 0)
  const rows = parts.reduce((count, { known }) => count + known.length, 0)
  const whole = parts.reduce((total, { known }) => total + sum(known), 0) / rows
  const means = new Map(parts.flatMap(({ id, known }) => (known.length > 0 ? [[id, sum(known) / known.length]] : [])))
  return saying('exponential', (set) => (window) => exponentialOf(means.get(set.series(window).id) ?? whole))
}
