import { restoredOne, type WindowSet } from '../data/index.ts'
import { type Conformal, calibrate, conformalInterval } from './conformal.ts'
import { predict, type Trained } from './forecaster.ts'
import { centralInterval } from './metrics/index.ts'
import type { Prediction } from './prediction.ts'

/** Windows that intervals are calibrated on, at most: enough for a share of 0.999. */
const MOST = 1000

/**
 * How far the intervals of a forecaster have to be moved, by windows it was not fitted on; nothing where there are none, or where
 * what is forecast is an event.
 */
export function calibration(forecaster: Trained, validation: WindowSet): Conformal | undefined {
  const { head, options } = forecaster
  if (validation.count === 0 || head.name === 'bernoulli') return undefined
  const stride = Math.ceil(validation.count / MOST)
  const set = validation.take(Array.from({ length: Math.ceil(validation.count / stride) }, (_, i) => i * stride))
  const said = predict(forecaster, set)
  const { count, horizon } = said
  const actual = new Float64Array(count * horizon)
  set.fillTargets(
    Array.from({ length: count }, (_, i) => i),
    actual,
  )
  const distributions = Array.from(actual, (_, i) => said.scaled(Math.floor(i / horizon), i % horizon))
  return calibrate({ distributions, actual, horizon, levels: options.levels })
}

/** What is to hold a share of what comes. */
export type Interval = readonly [low: number, high: number]

/**
 * The interval of a row ahead in the table's own units: the model's own, moved as calibrated; nothing where a model that says
 * one number was not calibrated, and for events.
 */
export function intervalOf(
  { head, conformal }: Pick<Trained, 'head' | 'conformal'>,
  said: Prediction,
  window: number,
  ahead: number,
  level: number,
): Interval | undefined {
  if (head.name === 'bernoulli') return undefined
  if (!conformal?.levels.includes(level) || ahead >= conformal.margins.length)
    return head.name === 'point' ? undefined : centralInterval(said.at(window, ahead), level)
  const [low, high] = conformalInterval(conformal, said.scaled(window, ahead), ahead, level)
  const units = said.units(window)
  return [restoredOne(units, low), restoredOne(units, high)]
}
