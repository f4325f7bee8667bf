import { expectOneOf, InputError } from '../base/errors.ts'

/** `standard`: mean 0 and deviation 1; `minmax`: 0 to 1; `mean`: divided by the mean size; `none`: as it is. All over the rows it was fitted on. */
export type ScalerKind = 'standard' | 'minmax' | 'mean' | 'none'

/** How a column is scaled, as plain data: `scaled = (value - shift) / scale`, of log(1 + value) where `log` says so. */
export interface Scaler {
  readonly kind: ScalerKind
  readonly shift: number
  readonly scale: number
  readonly log?: boolean
}

/** What takes scaled values back to the column's own units. */
export type Units = Pick<Scaler, 'shift' | 'scale' | 'log'>

/** Values that are gone through as often as needed: `into = next(into, value)` from `start` on. */
interface Values {
  readonly count: number
  fold(next: (into: number, value: number) => number, start: number): number
}

type Fit = (values: Values) => { shift: number; scale: number }

const mean = ({ count, fold }: Values, of: (value: number) => number) =>
  fold((sum, value) => sum + of(value), 0) / count
const rangeOf = ({ fold }: Values) =>
  [
    fold((least, value) => Math.min(least, value), Number.POSITIVE_INFINITY),
    fold((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY),
  ] as const

const FITS: Readonly<Record<ScalerKind, Fit>> = {
  standard(values) {
    const shift = mean(values, (value) => value)
    return { shift, scale: Math.sqrt(mean(values, (value) => (value - shift) ** 2)) }
  },
  minmax(values) {
    const [least, most] = rangeOf(values)
    return { shift: least, scale: most - least }
  },
  mean: (values) => ({ shift: 0, scale: mean(values, Math.abs) }),
  none: () => ({ shift: 0, scale: 1 }),
}

/** Below this a deviation is none: any number of a table divided by it stays finite from here on. */
const SMALLEST = 1e-150

/**
 * The scaler of a column from the rows it may know, those that are missing (NaN) left aside. A column that never changes is
 * shifted and not divided.
 *
 * @throws InputError for an unknown kind, and for the logarithm of a value of -1 or below
 */
export function fitScaler(kind: ScalerKind, values: Float64Array, log = false): Scaler {
  return fitScalerOver(kind, [values], log)
}

/** The same scaler of values that come in pieces, one after another, as often as they are asked for. @throws InputError likewise */
export function fitScalerOver(kind: ScalerKind, pieces: Iterable<Float64Array>, log = false): Scaler {
  expectOneOf('scale', kind, Object.keys(FITS))
  const known = valuesOf(pieces)
  const low = log ? firstOf(pieces, (value) => value <= -1) : undefined
  if (low !== undefined)
    throw new InputError(`log: expected values above -1, for log(1 + value), got ${low}; leave log away`)
  const { count } = known
  const fitted: Values = log
    ? { count, fold: (next, start) => known.fold((into, value) => next(into, Math.log1p(value)), start) }
    : known
  const { shift, scale } = count === 0 ? { shift: 0, scale: 1 } : FITS[kind](fitted)
  // Rounding may leave a constant column a deviation near 0, and tiny numbers one that others divided by it overflow.
  const divides = scale >= SMALLEST && (kind === 'mean' || !isConstant(fitted))
  return { kind, shift, scale: divides ? scale : 1, ...(log ? { log } : {}) }
}

/** Those of some pieces that are not missing. */
function valuesOf(pieces: Iterable<Float64Array>): Values {
  const fold = (next: (into: number, value: number) => number, start: number) => {
    let into = start
    for (const piece of pieces)
      for (let i = 0; i < piece.length; i++) if (!Number.isNaN(piece[i]!)) into = next(into, piece[i]!)
    return into
  }
  return { count: fold((count) => count + 1, 0), fold }
}

function firstOf(pieces: Iterable<Float64Array>, is: (value: number) => boolean): number | undefined {
  for (const piece of pieces) {
    const found = piece.find(is)
    if (found !== undefined) return found
  }
  return undefined
}

function isConstant(values: Values): boolean {
  const [least, most] = rangeOf(values)
  return least >= most
}

/** The value that all have which are not missing, and how many they are; nothing where they differ. */
export function onlyValue(pieces: Iterable<Float64Array>): { value: number | undefined; count: number } | undefined {
  const values = valuesOf(pieces)
  if (!isConstant(values)) return undefined
  return { value: firstOf(pieces, (value) => !Number.isNaN(value)), count: values.count }
}

/** Values in a column's own units as the model sees them. */
export function scaled({ shift, scale, log }: Units, values: ArrayLike<number>): Float64Array {
  return Float64Array.from(values, (value) => ((log ? Math.log1p(value) : value) - shift) / scale)
}

/** Scaled values back in the column's own units. */
export function restored(units: Units, values: ArrayLike<number>): Float64Array {
  return Float64Array.from(values, (value) => restoredOne(units, value))
}

/** One scaled value back in the column's own units. */
export const restoredOne = ({ shift, scale, log }: Units, value: number): number =>
  log ? Math.expm1(value * scale + shift) : value * scale + shift
