import { InputError } from '../base/errors.ts'
import type { WindowedData } from '../data/index.ts'
import type { TrainingHooks } from '../train/index.ts'
import { type Baseline, baselines } from './baselines/index.ts'
import { predict, type Trained } from './forecaster.ts'
import type { Distribution } from './heads/index.ts'
import { intervalOf } from './intervals.ts'
import { type Metrics, type Scored, scoresOf } from './metrics/index.ts'
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
  const { horizon } = data.spec
  const hold = holder(data, seasonOf(data, forecaster.options.season))
  const scores = others.map(({ name, predict, say, reason }): Score => {
    if (!predict) return { name, reason: reason ?? 'absent' }
    const means = predict(test, data)
    if (!means.every(Number.isFinite)) return { name, reason: 'the table does not reach back far enough' }
    return { name, metrics: hold(means, say && { at: say(test, data), levels: [] }) }
  })
  const own = predict(forecaster, test)
  const { head, conformal, options } = forecaster
  const spread: Spread | undefined =
    head.name === 'point' && !conformal
      ? undefined
      : {
          at: (window, ahead) => own.at(window, ahead),
          levels: options.levels,
          interval: (_, level, i) => intervalOf(forecaster, own, Math.floor(i / horizon), i % horizon, level)!,
        }
  return [{ name: options.cell.toUpperCase(), metrics: hold(own.means, spread) }, ...scores]
}

/** What is said of each number, and the intervals around it. */
interface Spread extends Pick<Scored, 'levels' | 'interval'> {
  at(window: number, ahead: number): Distribution
}

/** Windows of which all that is said is looked at; of more of them evenly spaced ones are. */
const MOST_SPREAD = 2000

/** Holds forecasts of the test part against what came. */
function holder({ test, panel, spec, ...rest }: WindowedData, season: Season | undefined) {
  const { horizon } = spec
  const actual = test.targets()
  const errors = inSampleErrors({ panel, spec, ...rest }, season)
  const idOf = (window: number) => test.series(window).id
  const several = panel.series.length > 1
  const over = (windows: readonly number[]) => ({
    actual: windows.flatMap((window) => [...actual.subarray(window * horizon, (window + 1) * horizon)]),
    scales: windows.map((window) => errors.get(idOf(window)) ?? Number.NaN),
    ...(several ? { series: windows.map(idOf) } : {}),
  })
  const all = over(Array.from({ length: test.count }, (_, window) => window))
  const stride = Math.ceil(test.count / MOST_SPREAD)
  const looked = Array.from({ length: Math.ceil(test.count / stride) }, (_, i) => i * stride)
  return (means: Float64Array, spread?: Spread): Metrics => {
    const points = scoresOf({ ...all, forecasts: means })
    if (!spread) return points
    const { at, levels = [], interval } = spread
    const forecasts = looked.flatMap((window) => Array.from({ length: horizon }, (_, ahead) => at(window, ahead)))
    const place = (i: number) => looked[Math.floor(i / horizon)]! * horizon + (i % horizon)
    const own = interval && ((said: Distribution, level: number, i: number) => interval(said, level, place(i)))
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
