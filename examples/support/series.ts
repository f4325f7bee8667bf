import { samplesMade } from './data.ts'

/** Where a window of a series stands: steps before `at` are read, those from `at` on are to come. */
export interface Origin {
  readonly series: number
  readonly at: number
}

export interface Windowing {
  readonly past: number
  readonly horizon: number
  /** What a window's numbers are shifted and divided by, told by the steps that are read. */
  readonly normal: (past: Float64Array) => Normal
  /** Reads the step so long before each as well, of those to come too: at least as long as the horizon. */
  readonly lag?: number
  /** Reads which series it is. */
  readonly channels?: boolean
}

export interface Normal {
  readonly shift: number
  readonly scale: number
}

/** All windows of `series[of]` whose steps to come lie in [from, to). */
export const originsIn = (of: number, from: number, to: number, horizon: number): Origin[] =>
  Array.from({ length: Math.max(0, to - from - horizon + 1) }, (_, i) => ({ series: of, at: from + i }))

/** Windows of series as samples, each normalised by itself; `forecasts` puts outputs back in the series' units, a row a window. */
export function windowsOf(series: readonly Float64Array[], origins: readonly Origin[], options: Windowing) {
  const { past, horizon, normal, lag = 0, channels = false } = options
  const features = 1 + (lag > 0 ? 1 : 0) + (channels ? 1 : 0)
  const steps = lag > 0 ? past + horizon : past
  const normalOf = ({ series: of, at }: Origin) => normal(series[of]!.subarray(at - past, at))
  const samples = samplesMade({
    count: origins.length,
    inputShape: [steps, features],
    targetShape: [horizon, 1],
    make(sample, input, target) {
      const origin = origins[sample]!
      const values = series[origin.series]!
      const { shift, scale } = normalOf(origin)
      const first = origin.at - past
      for (let t = 0; t < steps; t++) {
        if (t < past) input[t * features] = (values[first + t]! - shift) / scale
        if (lag > 0) input[t * features + 1] = (values[first + t - lag]! - shift) / scale
        if (channels) input[(t + 1) * features - 1] = origin.series
      }
      for (let t = 0; t < horizon; t++) target[t] = (values[origin.at + t]! - shift) / scale
    },
  })
  const forecasts = (outputs: ArrayLike<number>) =>
    origins.map((origin, sample) => {
      const { shift, scale } = normalOf(origin)
      return Float64Array.from({ length: horizon }, (_, t) => outputs[sample * horizon + t]! * scale + shift)
    })
  return { ...samples, forecasts }
}

/** By the last step that was read. */
export const byLast = (past: Float64Array): Normal => ({ shift: past.at(-1)!, scale: 1 })

/** By mean and deviation, of which no less is taken than a hundredth of the mean: a flat window stays near zero. */
export function byDeviation(past: Float64Array): Normal {
  const mean = past.reduce((sum, value) => sum + value, 0) / past.length
  const variance = past.reduce((sum, value) => sum + (value - mean) ** 2, 0) / past.length
  return { shift: mean, scale: Math.max(Math.sqrt(variance), Math.abs(mean) / 100, 1e-6) }
}
