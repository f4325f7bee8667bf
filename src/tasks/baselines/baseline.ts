import type { WindowedData, WindowSet } from '../../data/index.ts'
import type { ForecasterOptions } from '../forecaster-options.ts'
import type { Distribution } from '../heads/index.ts'
import type { TrainingChoices } from '../training.ts'

/** Forecasts every window of a set: `[count · horizon]` in the table's own units. */
export type Predict = (set: WindowSet, of: WindowedData) => Float64Array

/** What is said of the windows of a set: of each a distribution for every row ahead, counted from 0. */
export type Say = (set: WindowSet, of: WindowedData) => (window: number, ahead: number) => Distribution

/** Something simple to hold a model against. */
export interface Baseline {
  readonly name: string
  /** Absent where the data does not allow it, with the reason in words. */
  readonly predict?: Predict
  /** Where it says more than a number. */
  readonly say?: Say
  readonly reason?: string
}

/** What decides the baselines: those that learn are trained as the model they stand beside. */
export type BaselineOptions = Pick<ForecasterOptions, keyof TrainingChoices | 'head' | 'loss' | 'season'>

/** Where a forecast is made from. */
export interface Origin {
  /** The target's values, of all series. */
  readonly values: Float64Array
  /** First row of the series. */
  readonly start: number
  /** The last row that is known. */
  readonly row: number
}

/** A value for each row ahead of each window, counted from 1. */
export function overTargets(
  set: WindowSet,
  { panel, spec }: Pick<WindowedData, 'panel' | 'spec'>,
  value: (origin: Origin, ahead: number, series: string) => number,
): Float64Array {
  const { horizon, target } = spec
  const values = panel.numbers(target)
  const forecasts = new Float64Array(set.count * horizon)
  for (let i = 0; i < set.count; i++) {
    const { id, start } = set.series(i)
    const origin = { values, start, row: set.origin(i) }
    for (let h = 0; h < horizon; h++) forecasts[i * horizon + h] = value(origin, h + 1, id)
  }
  return forecasts
}

/** A baseline that says a distribution of each target, and its mean where a number is wanted. */
export const saying = (name: string, say: Say): Baseline => ({
  name,
  say,
  predict(set, of) {
    const at = say(set, of)
    const { horizon } = of.spec
    return Float64Array.from({ length: set.count * horizon }, (_, i) => at(Math.floor(i / horizon), i % horizon).mean)
  },
})
