import { meanOf } from '../../base/statistics.ts'
import type { Distribution } from '../heads/index.ts'
import { accuracy, brier, logLoss } from './events.ts'
import { expectPaired, mae, mape, mase, perSeries, pinball, rmse, smape } from './numbers.ts'
import { centralInterval, coverage, crps, meanWidth, nats } from './spread.ts'

/** How far forecasts are from what came, in the data's own units; plain JSON. */
export interface Metrics {
  /** Mean absolute error. */
  readonly mae: number
  /** Root of the mean squared error. */
  readonly rmse: number
  /** Mean absolute error in percent, without values of 0. */
  readonly mape?: number
  /** How many values of 0 were left out there, if any. */
  readonly zeros?: number
  /** Symmetric error in percent, 0 to 200. */
  readonly smape?: number
  /** Mean absolute error over that of the seasonal naive forecast within each series. */
  readonly mase?: number
  /** Continuous ranked probability score. */
  readonly crps?: number
  /** Mean of -log of the density at what came. */
  readonly nats?: number
  /** Pinball loss, the mean over the median and both ends of each interval. */
  readonly pinball?: number
  readonly intervals?: readonly IntervalScore[]
  /** Of events: mean of -log of the probability given to what came, mean squared difference, share told right. */
  readonly logLoss?: number
  readonly brier?: number
  readonly accuracy?: number
}

export interface IntervalScore {
  /** The share that should lie within. */
  readonly level: number
  /** The share that does. */
  readonly coverage: number
  /** The mean width. */
  readonly width: number
}

/** Forecasts, with what they are held against. Windows follow one another, each as long as the horizon. */
export interface Scored {
  /** What was said of each value: numbers, or distributions. */
  readonly forecasts: ArrayLike<number> | readonly Distribution[]
  readonly actual: ArrayLike<number>
  /** For `mase`: of each window, how far a seasonal naive forecast errs within its series. */
  readonly scales?: ArrayLike<number>
  /** The series of each window: mape, smape and mase are then means over series. */
  readonly series?: ArrayLike<string>
  /** Shares that intervals should hold, such as 0.8 and 0.95. */
  readonly levels?: readonly number[]
  /** The ends of an interval of forecast `i`, where not the distribution's own. */
  readonly interval?: (distribution: Distribution, level: number, i: number) => readonly [low: number, high: number]
}

/**
 * All metrics that there is something for; one that is no finite number is left out.
 * @throws RangeError when the forecasts and what came differ in number or are none
 */
export function scoresOf({
  forecasts,
  actual,
  scales,
  series,
  levels = [],
  interval = centralInterval,
}: Scored): Metrics {
  expectPaired(forecasts, actual)
  const distributions = typeof forecasts[0] === 'number' ? undefined : (forecasts as readonly Distribution[])
  const predicted = distributions?.map(({ mean }) => mean) ?? (forecasts as ArrayLike<number>)
  const points = { mae: mae(predicted, actual), rmse: rmse(predicted, actual) }
  const chances = distributions?.flatMap(({ chance }) => chance ?? [])
  if (chances?.length === actual.length)
    return {
      ...points,
      logLoss: logLoss(chances, actual),
      brier: brier(chances, actual),
      accuracy: accuracy(chances, actual),
    }
  const relative = overSeries(predicted, actual, scales, series)
  return {
    ...points,
    ...finite({ ...relative, ...(distributions && spread(distributions, actual, levels, interval)) }),
  }
}

/** Metrics that are measured by the values or by their series, which may have a scale of its own. */
function overSeries(
  predicted: ArrayLike<number>,
  actual: ArrayLike<number>,
  scales: ArrayLike<number> | undefined,
  series: ArrayLike<string> | undefined,
) {
  const zeros = Array.from(actual).filter((value) => value === 0).length
  const windows = series?.length ?? scales?.length ?? 1
  const horizon = actual.length / windows
  if (!Number.isInteger(horizon) || (scales && scales.length !== windows))
    throw new RangeError(
      `metrics: expected a scale and a series for each window, got ${scales?.length ?? 'no'} scales and ` +
        `${series?.length ?? 'no'} series for ${actual.length} values`,
    )
  /** A metric of all windows, or of each series'. */
  const each = (
    metric: (predicted: ArrayLike<number>, actual: ArrayLike<number>, windows: readonly number[]) => number,
  ) => {
    const ofWindows = (places: readonly number[]) => {
      const of = (values: ArrayLike<number>) =>
        places.flatMap((w) => Array.from({ length: horizon }, (_, h) => values[w * horizon + h]!))
      return metric(of(predicted), of(actual), places)
    }
    return series ? perSeries(series, ofWindows) : ofWindows(Array.from({ length: windows }, (_, w) => w))
  }
  return {
    mape: each(mape),
    ...(zeros > 0 ? { zeros } : {}),
    smape: each(smape),
    ...(scales
      ? {
          mase: each((p, a, windows) =>
            mase(
              p,
              a,
              windows.map((w) => scales[w]!),
            ),
          ),
        }
      : {}),
  }
}

function spread(
  distributions: readonly Distribution[],
  actual: ArrayLike<number>,
  levels: readonly number[],
  interval: NonNullable<Scored['interval']>,
) {
  const quantileCosts: number[] = []
  const intervals = levels.map((level): IntervalScore => {
    const ends = distributions.map((distribution, i) => interval(distribution, level, i))
    const [lower, upper] = [ends.map(([low]) => low), ends.map(([, high]) => high)]
    quantileCosts.push(pinball((1 - level) / 2, lower, actual), pinball((1 + level) / 2, upper, actual))
    return { level, coverage: coverage(lower, upper, actual), width: meanWidth(lower, upper) }
  })
  const medians = distributions.map((distribution) => distribution.quantile(0.5))
  quantileCosts.push(pinball(0.5, medians, actual))
  return {
    crps: crps(distributions, actual),
    nats: nats(distributions, actual),
    pinball: meanOf(quantileCosts),
    ...(levels.length > 0 ? { intervals } : {}),
  }
}

/** Without the numbers that are none. */
const finite = <M extends object>(metrics: M): Partial<M> =>
  Object.fromEntries(
    Object.entries(metrics).filter(([, value]) => typeof value !== 'number' || Number.isFinite(value)),
  ) as Partial<M>
