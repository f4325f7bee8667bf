import type { FloatArray } from '../base/samples.ts'

/**
 * How a window's target is brought to one level, by its past alone, and its forecasts back: `last`: less the last value;
 * `standard`: less the mean, by the deviation (reversible instance normalisation, Kim et al. 2022); `mean`: by the mean size
 * (Salinas et al. 2020); `none`: as the series is scaled.
 */
export type Normalisation = 'none' | 'last' | 'standard' | 'mean'

/** `normalised = (value - shift) / scale` */
export interface Level {
  readonly shift: number
  readonly scale: number
}

/** As in reversible instance normalisation: what keeps a flat window from being divided by nothing. */
const EPSILON = 1e-5

const unchanged: Level = { shift: 0, scale: 1 }

/** The level of a window by the numbers of its past. */
export const levels: Readonly<Record<Normalisation, (past: Float64Array) => Level>> = {
  none: () => unchanged,
  last: (past) => ({ shift: past.at(-1)!, scale: 1 }),
  standard(past) {
    const shift = past.reduce((sum, value) => sum + value, 0) / past.length
    const variance = past.reduce((sum, value) => sum + (value - shift) ** 2, 0) / past.length
    return { shift, scale: Math.sqrt(variance + EPSILON) }
  },
  mean(past) {
    const size = past.reduce((sum, value) => sum + Math.abs(value), 0) / past.length
    return { shift: 0, scale: size > 0 ? size : 1 }
  },
}

/** Brings every `stride`-th number of a stretch to a level. */
export function normalise(into: FloatArray, { shift, scale }: Level, from: number, to: number, stride: number): void {
  for (let i = from; i < to; i += stride) into[i] = (into[i]! - shift) / scale
}
