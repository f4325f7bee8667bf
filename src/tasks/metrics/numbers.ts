import { meanOf } from '../../base/statistics.ts'

/** Refuses lists that differ in length, or are empty. @throws RangeError */
export function expectPaired(predicted: ArrayLike<unknown>, actual: ArrayLike<unknown>): void {
  if (predicted.length !== actual.length || actual.length === 0)
    throw new RangeError(
      `metrics: expected as many predictions as values, got ${predicted.length} and ${actual.length}`,
    )
}

/** The mean over pairs of a cost. */
function meanCost(
  predicted: ArrayLike<number>,
  actual: ArrayLike<number>,
  cost: (predicted: number, actual: number) => number,
): number {
  expectPaired(predicted, actual)
  return meanOf(Array.from(actual, (value, i) => cost(predicted[i]!, value)))
}

/** Mean absolute error. */
export const mae = (predicted: ArrayLike<number>, actual: ArrayLike<number>): number =>
  meanCost(predicted, actual, (p, a) => Math.abs(p - a))

/** Root of the mean squared error. */
export const rmse = (predicted: ArrayLike<number>, actual: ArrayLike<number>): number =>
  Math.sqrt(meanCost(predicted, actual, (p, a) => (p - a) ** 2))

/** Mean absolute error in percent of what came, without the values of 0, of which there is no percentage; NaN of zeros alone. */
export function mape(predicted: ArrayLike<number>, actual: ArrayLike<number>): number {
  expectPaired(predicted, actual)
  const shares = Array.from(actual, (value, i) => Math.abs((predicted[i]! - value) / value))
  return 100 * meanOf(shares.filter((_, i) => actual[i] !== 0))
}

/** Symmetric error as in the M4 competition, 200·|p - a| / (|p| + |a|): 0 to 200 %, and 0 where both are 0. */
export const smape = (predicted: ArrayLike<number>, actual: ArrayLike<number>): number =>
  meanCost(predicted, actual, (p, a) => (p === a ? 0 : (200 * Math.abs(p - a)) / (Math.abs(p) + Math.abs(a))))

/**
 * Mean absolute scaled error (Hyndman & Koehler 2006): errors of each window over what a seasonal naive forecast errs within
 * the series it was fitted on. Windows of a scale of 0, series that only repeat themselves, are left out; NaN where all are.
 * @param scales one a window, as `seasonalError` gives it; windows follow one another, all as long
 */
export function mase(predicted: ArrayLike<number>, actual: ArrayLike<number>, scales: ArrayLike<number>): number {
  expectPaired(predicted, actual)
  const horizon = actual.length / scales.length
  if (!Number.isInteger(horizon))
    throw new RangeError(`mase: expected a scale for each window, got ${scales.length} for ${actual.length} values`)
  const errors = Array.from(actual, (value, i) => Math.abs(predicted[i]! - value) / scales[Math.floor(i / horizon)]!)
  return meanOf(errors.filter((_, i) => scales[Math.floor(i / horizon)]! > 0))
}

/** The mean absolute error within a series of the value one season before; values that are missing, NaN, are left out. */
export function seasonalError(series: ArrayLike<number>, season = 1): number {
  const errors = Array.from({ length: Math.max(0, series.length - season) }, (_, i) =>
    Math.abs(series[i + season]! - series[i]!),
  )
  return meanOf(errors.filter((error) => !Number.isNaN(error)))
}

/** The pinball loss of forecasts of one quantile: too low costs its level for each unit, too high 1 - level. */
export const pinball = (level: number, predicted: ArrayLike<number>, actual: ArrayLike<number>): number =>
  meanCost(predicted, actual, (p, a) => (a > p ? level * (a - p) : (1 - level) * (p - a)))

/**
 * A metric of each series, and the mean over the series, as in the M4 competition: a long series counts as much as a short one.
 * A series without a figure, NaN, is left out.
 * @param ids which series each element belongs to
 * @param metric of the elements at some places
 */
export function perSeries(ids: ArrayLike<string>, metric: (places: readonly number[]) => number): number {
  const places = new Map<string, number[]>()
  for (let i = 0; i < ids.length; i++) {
    const known = places.get(ids[i]!)
    if (known) known.push(i)
    else places.set(ids[i]!, [i])
  }
  return meanOf(Array.from(places.values(), metric).filter((value) => !Number.isNaN(value)))
}
