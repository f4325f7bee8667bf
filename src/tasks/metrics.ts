import { type Metrics, mae, rmse } from './metrics/index.ts'

export type { Metrics } from './metrics/index.ts'

/** @throws RangeError when the two differ in length or are empty */
export const metricsOf = (predicted: ArrayLike<number>, actual: ArrayLike<number>): Metrics => ({
  mae: mae(predicted, actual),
  rmse: rmse(predicted, actual),
})
