import { InputError } from '../base/errors.ts'
import type { WindowedData } from '../data/index.ts'
import type { TrainingHooks } from '../train/index.ts'
import { type Baseline, baselines } from './baselines.ts'
import { predict, type Trained } from './forecaster.ts'
import { intervalOf } from './intervals.ts'
import { type Metrics, type Scored, scoresOf } from './metrics/index.ts'
import type { Prediction } from './prediction.ts'

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
  const { test, table, panel } = data
  if (test.count === 0) throw new InputError(`'${table.name}' leaves no test windows; give the split a test share`)
  const windows = Array.from({ length: test.count }, (_, i) => i)
  const held = {
    actual: test.targets(),
    ...(panel.series.length > 1 ? { series: windows.map((i) => test.series(i).id) } : {}),
  }
  const scores = others.map(({ name, predict, reason }): Score => {
    if (!predict) return { name, reason: reason ?? 'absent' }
    const forecasts = predict(test, data)
    return forecasts.every(Number.isFinite)
      ? { name, metrics: scoresOf({ ...held, forecasts }) }
      : { name, reason: 'the table does not reach back far enough' }
  })
  const own = predict(forecaster, test)
  return [
    { name: forecaster.options.cell.toUpperCase(), metrics: scoresOf({ ...held, ...saidOf(forecaster, own) }) },
    ...scores,
  ]
}

/** Forecasts that are looked at one by one, with all that is said of each; of more of them the means alone are. */
const MOST_LOOKED_AT = 200_000

/** What is scored of a prediction: distributions and intervals where there are such. */
function saidOf(forecaster: Trained, own: Prediction): Pick<Scored, 'forecasts' | 'interval' | 'levels'> {
  const { horizon, means } = own
  const { head, conformal, options } = forecaster
  if ((head.name === 'point' && !conformal) || means.length > MOST_LOOKED_AT) return { forecasts: means }
  const place = (i: number) => [Math.floor(i / horizon), i % horizon] as const
  return {
    forecasts: Array.from(means, (_, i) => own.at(...place(i))),
    levels: options.levels,
    interval: (_, level, i) => intervalOf(forecaster, own, ...place(i), level)!,
  }
}

/** An honest sentence on how the first row does against the others, by mean absolute error. */
export function verdict([own, ...others]: readonly Score[]): string {
  const parts = (better: boolean) =>
    others.flatMap(({ name, metrics }) => {
      if (!metrics || !own?.metrics || metrics.mae > own.metrics.mae !== better) return []
      const share = 100 * Math.abs(1 - own.metrics.mae / metrics.mae)
      return [Number.isFinite(share) ? `${name} by ${share.toFixed(1)} %` : name]
    })
  const [beats, loses] = [parts(true), parts(false)]
  const list = (items: readonly string[]) => new Intl.ListFormat('en').format(items)
  if (beats.length + loses.length === 0) return `There is nothing here to hold the ${own?.name} against.`
  if (loses.length === 0) return `The ${own?.name} beats ${list(beats)} in mean absolute error.`
  if (beats.length === 0)
    return `The ${own?.name} is behind ${list(loses)} in mean absolute error: use the simpler one.`
  return `The ${own?.name} beats ${list(beats)} in mean absolute error, and is behind ${list(loses)}.`
}
