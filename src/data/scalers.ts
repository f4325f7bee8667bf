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

type Fit = (values: Float64Array) => { shift: number; scale: number }

const mean = (values: Float64Array) => values.reduce((sum, value) => sum + value, 0) / values.length

const FITS: Readonly<Record<ScalerKind, Fit>> = {
  standard(values) {
    const shift = mean(values)
    return { shift, scale: Math.sqrt(mean(values.map((value) => (value - shift) ** 2))) }
  },
  minmax(values) {
    const least = values.reduce((a, b) => Math.min(a, b))
    const most = values.reduce((a, b) => Math.max(a, b))
    return { shift: least, scale: most - least }
  },
  mean: (values) => ({ shift: 0, scale: mean(values.map(Math.abs)) }),
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
  expectOneOf('scale', kind, Object.keys(FITS))
  const known = values.filter((value) => !Number.isNaN(value))
  const low = log ? known.find((value) => value <= -1) : undefined
  if (low !== undefined)
    throw new InputError(`log: expected values above -1, for log(1 + value), got ${low}; leave log away`)
  const fitted = log ? known.map(Math.log1p) : known
  const { shift, scale } = known.length === 0 ? { shift: 0, scale: 1 } : FITS[kind](fitted)
  // Rounding may leave a constant column a deviation near 0, and tiny numbers one that others divided by it overflow.
  const divides = kind === 'mean' ? scale >= SMALLEST : !isConstant(fitted) && scale >= SMALLEST
  return { kind, shift, scale: divides ? scale : 1, ...(log ? { log } : {}) }
}

/** True when every value is the same. */
export function isConstant(values: Float64Array): boolean {
  return values.every((value) => value === values[0])
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
