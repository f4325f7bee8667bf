import { InputError } from '../base/errors.ts'
import type { WindowedData } from '../data/index.ts'
import type { TrainingHooks } from '../train/index.ts'
import { type Baseline, baselines } from './baselines/index.ts'
import { predict, type Trained } from './forecaster.ts'
import type { Distribution } from './heads/index.ts'
import { intervalOf } from './intervals.ts'
import { type Metrics, type Scored, scoresOf } from './metrics/index.ts'
import type { Prediction } from './prediction.ts'
import { inSampleErrors, type Season, seasonOf } from './season.ts'

/** A row of the table of results: the model first, then each baseline, or why it is absent. */
export interface Score {
  readonly name: string
  readonly metrics?: Metrics
  readonly reason?: string
}

/** The model and the baselines on the test part. Baselines are fitted on the train part alone. */
export async function evaluateForecaster(
  forecaster: Trained,
  data: WindowedData,
  hooks: TrainingHooks = {},
): Promise<Score[]> {
  return scoreOn(forecaster, data, await baselines(data, forecaster.options, hooks))
}

/** The model and ready baselines on the test part of some data. */
export function scoreOn(forecaster: Trained, data: WindowedData, others: readonly Baseline[]): Score[] {
  const { test, table } = data
  if (test.count === 0) throw new InputError(`'${table.name}' leaves no test windows; give the split a test share`)
  const hold = holder(data, seasonOf(data, forecaster.options.season))
  const scores = others.map(({ name, predict, say, reason }): Score => {
    if (!predict) return { name, reason: reason ?? 'absent' }
    const means = predict(test, data)
    if (!means.every(Number.isFinite)) return { name, reason: 'the table does not reach back far enough' }
    return { name, metrics: hold(means, say && { at: say(test, data), levels: [] }) }
  })
  const own = predict(forecaster, test)
  return [
    { name: forecaster.options.cell.toUpperCase(), metrics: hold(own.means, spreadOf(forecaster, own)) },
    ...scores,
  ]
}

/** What is said of each number, and the intervals around it. */
export interface Spread extends Pick<Scored, 'levels' | 'interval'> {
  at(window: number, ahead: number): Distribution
}

/** What a forecaster says besides its means; nothing of single numbers without intervals. */
export function spreadOf(forecaster: Trained, own: Prediction): Spread | undefined {
  const { head, conformal, options } = forecaster
  if (head.name === 'point' && !conformal) return undefined
  return {
    at: (window, ahead) => own.at(window, ahead),
    levels: options.levels,
    interval: (_, level, i) => intervalOf(forecaster, own, Math.floor(i / own.horizon), i % own.horizon, level)!,
  }
}

/** Some windows of the test part, and some of their rows ahead. */
export interface Part {
  readonly windows: readonly number[]
  readonly aheads: readonly number[]
}

/** Forecasts of which all that is said is looked at, of 100 windows at least; where there are more, of evenly spaced windows. */
const MOST_SPREAD = 2000
const LEAST_WINDOWS = 100

/** Holds forecasts of the test part, or of some of it, against what came. */
export function holder({ test, panel, spec, ...rest }: WindowedData, season: Season | undefined) {
  const { horizon } = spec
  const actual = test.targets()
  const errors = inSampleErrors({ panel, spec, ...rest }, season)
  const idOf = (window: number) => test.series(window).id
  const several = panel.series.length > 1
  const whole: Part = {
    windows: Array.from({ length: test.count }, (_, window) => window),
    aheads: Array.from({ length: horizon }, (_, ahead) => ahead),
  }
  return (means: Float64Array, spread?: Spread, { windows, aheads } = whole): Metrics => {
    const placesOf = (some: readonly number[]) => some.flatMap((w) => aheads.map((ahead) => w * horizon + ahead))
    const over = (some: readonly number[]) => ({
      actual: placesOf(some).map((i) => actual[i]!),
      scales: some.map((window) => errors.get(idOf(window)) ?? Number.NaN),
      ...(several ? { series: some.map(idOf) } : {}),
    })
    const points = scoresOf({ ...over(windows), forecasts: placesOf(windows).map((i) => means[i]!) })
    if (!spread) return points
    const most = Math.max(LEAST_WINDOWS, Math.ceil(MOST_SPREAD / aheads.length))
    const stride = Math.ceil(windows.length / most)
    const looked = windows.filter((_, i) => i % stride === 0)
    const { at, levels = [], interval } = spread
    const forecasts = looked.flatMap((window) => aheads.map((ahead) => at(window, ahead)))
    const places = placesOf(looked)
    const own = interval && ((said: Distribution, level: number, i: number) => interval(said, level, places[i]!))
    const said = scoresOf({ ...over(looked), forecasts, levels, ...(own ? { interval: own } : {}) })
    // What hangs on the means alone is of all windows; shares of an event that did not happen mean nothing.
    const { mae, rmse } = points
    return said.logLoss === undefined ? { ...said, ...points } : { ...said, mae, rmse }
  }
}

/** What a model is judged by: events by their chances, all else by its error. */
export function measureOf({ metrics }: Pick<Score, 'metrics'>): {
  readonly key: 'mae' | 'logLoss'
  readonly name: string
} {
  if (metrics?.logLoss !== undefined) return { key: 'logLoss', name: 'log loss' }
  return { key: 'mae', name: 'mean absolute error' }
}

/** An honest sentence on how the first row does against the others. */
export function verdict([own, ...others]: readonly Score[]): string {
  const { key, name: measure } = measureOf(own!)
  const mine = own?.metrics?.[key]
  const parts = (better: boolean) =>
    others.flatMap(({ name, metrics }) => {
      const theirs = metrics?.[key]
      if (theirs === undefined || mine === undefined || theirs > mine !== better) return []
      const share = 100 * Math.abs(1 - mine / theirs)
      return [Number.isFinite(share) ? `${name} by ${share.toFixed(1)} %` : name]
    })
  const [beats, loses] = [parts(true), parts(false)]
  const list = (items: readonly string[]) => new Intl.ListFormat('en').format(items)
  if (beats.length + loses.length === 0) return `There is nothing here to hold the ${own?.name} against.`
  if (loses.length === 0) return `The ${own?.name} beats ${list(beats)} in ${measure}.`
  if (beats.length === 0) return `The ${own?.name} is behind ${list(loses)} in ${measure}: use the simpler one.`
  return `The ${own?.name} beats ${list(beats)} in ${measure}, and is behind ${list(loses)}.`
}
