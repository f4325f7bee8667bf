/** How far predictions are from what came, in the data's own units. */
export interface Metrics {
  /** Mean absolute error. */
  readonly mae: number
  /** Root of the mean squared error. */
  readonly rmse: number
}

/** @throws RangeError when the two differ in length or are empty */
export function metricsOf(predicted: ArrayLike<number>, actual: ArrayLike<number>): Metrics {
  if (predicted.length !== actual.length || actual.length === 0)
    throw new RangeError(
      `metrics: expected as many predictions as values, got ${predicted.length} and ${actual.length}`,
    )
  let [absolute, squared] = [0, 0]
  for (let i = 0; i < actual.length; i++) {
    const error = predicted[i]! - actual[i]!
    absolute += Math.abs(error)
    squared += error * error
  }
  return { mae: absolute / actual.length, rmse: Math.sqrt(squared / actual.length) }
}
