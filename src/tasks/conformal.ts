import { InputError } from '../base/errors.ts'
import type { Distribution } from './heads/index.ts'
import { centralInterval } from './metrics/index.ts'

/** How far intervals are moved so that they hold the share that they say; plain JSON. */
export interface Conformal {
  /** Forecasts that it was measured on, of each step ahead. */
  readonly windows: number
  /** The shares that intervals are to hold. */
  readonly levels: readonly number[]
  /** `[horizon][levels]`: what is added at both ends, in scales of the window; below 0 where intervals were too wide. */
  readonly margins: readonly (readonly number[])[]
  /** What it cannot promise, in words. */
  readonly notes: readonly string[]
}

/** Forecasts of windows that the model was not fitted on, with what came. Windows follow one another. */
export interface CalibrationOptions {
  readonly distributions: readonly Distribution[]
  readonly actual: ArrayLike<number>
  readonly horizon: number
  readonly levels: readonly number[]
  /** Of each window, what its errors are measured by; 1 where absent. */
  readonly scales?: ArrayLike<number>
}

/**
 * Split conformal prediction (Vovk, Gammerman & Shafer 2005; Lei et al. 2018) for each step ahead: central intervals are widened
 * by what the ⌈(n+1)·level⌉-th least of n windows lacked, and so hold at least that share of what comes, whatever the model, as
 * long as windows to come are like those. Around a number it is the absolute error; the ends of a distribution's interval are
 * both moved alike (Romano, Patterson & Candès 2019). Where n is too small for a level the widest of all is taken, and said.
 * @throws InputError when there is no window, or a level is not between 0 and 1
 */
export function calibrate({ distributions, actual, horizon, levels, scales }: CalibrationOptions): Conformal {
  const windows = distributions.length / horizon
  if (!(windows >= 1) || !Number.isInteger(windows) || actual.length !== distributions.length)
    throw new InputError(
      `conformal intervals: expected windows of ${horizon} forecasts and as many values, got ${distributions.length} and ` +
        `${actual.length}; give the split a larger validation share`,
    )
  for (const level of levels)
    if (!(level > 0 && level < 1))
      throw new InputError(`conformal intervals: expected levels above 0 and below 1, such as 0.9, got ${level}`)
  const lacking = (step: number, level: number) =>
    Float64Array.from({ length: windows }, (_, w) => {
      const i = w * horizon + step
      const [low, high] = centralInterval(distributions[i]!, level)
      return Math.max(low - actual[i]!, actual[i]! - high) / (scales?.[w] ?? 1)
    }).sort()
  return {
    windows,
    levels,
    margins: Array.from({ length: horizon }, (_, step) =>
      levels.map((level) => lacking(step, level)[Math.min(windows, rankOf(windows, level)) - 1]!),
    ),
    notes: levels.flatMap((level) => {
      if (rankOf(windows, level) <= windows) return []
      const needed = Math.ceil(rounded(level / (1 - level)))
      return [
        `Intervals of ${showPercent(level)} need at least ${needed} validation windows to be sure of their share; ` +
          `there are ${windows}, so the widest error among them was taken.`,
      ]
    }),
  }
}

/** ⌈(n+1)·level⌉; (9+1)·0.9 is 9 although doubles make it a little more. */
const rankOf = (windows: number, level: number) => Math.ceil(rounded((windows + 1) * level))
const rounded = (value: number) => Number(value.toPrecision(12))
const showPercent = (level: number) => `${rounded(100 * level)} %`

/**
 * The interval of a forecast, moved as calibrated; where nothing is left of it, its middle.
 * @param step how far ahead, from 0
 * @param scale what the errors of its window are measured by
 * @throws InputError for a level that was not calibrated, or a step beyond the horizon
 */
export function conformalInterval(
  { levels, margins }: Conformal,
  distribution: Distribution,
  step: number,
  level: number,
  scale = 1,
): readonly [low: number, high: number] {
  const margin = margins[step]?.[levels.indexOf(level)]
  if (margin === undefined)
    throw new InputError(
      `conformal intervals: expected one of the levels ${levels.join(', ')} and a step from 0 to ${margins.length - 1}, ` +
        `got ${level} and ${step}; calibrate for it`,
    )
  const [low, high] = centralInterval(distribution, level)
  const by = margin * scale
  const middle = low + (high - low) / 2
  return [Math.min(low - by, middle), Math.max(high + by, middle)]
}
