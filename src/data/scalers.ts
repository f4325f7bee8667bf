import { InputError, suggestion } from '../base/errors.ts'

/** `standard`: mean 0 and deviation 1; `minmax`: 0 to 1; `none`: as it is. All over the rows it was fitted on. */
export type ScalerKind = 'standard' | 'minmax' | 'none'

/** How a column is scaled, as plain data: `scaled = (value - shift) / scale`. */
export interface Scaler {
  readonly kind: ScalerKind
  readonly shift: number
  readonly scale: number
}

type Fit = (values: Float64Array) => { shift: number; scale: number }

const FITS: Readonly<Record<ScalerKind, Fit>> = {
  standard(values) {
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length
    const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length
    return { shift: mean, scale: Math.sqrt(variance) }
  },
  minmax(values) {
    const least = values.reduce((a, b) => Math.min(a, b))
    const most = values.reduce((a, b) => Math.max(a, b))
    return { shift: least, scale: most - least }
  },
  none: () => ({ shift: 0, scale: 1 }),
}

/** Below this a deviation is none: any number of a table divided by it stays finite from here on. */
const SMALLEST = 1e-150

/**
 * The scaler of a column from the rows it may know. A column that never changes is shifted and not divided.
 *
 * @throws InputError for an unknown kind
 */
export function fitScaler(kind: ScalerKind, values: Float64Array): Scaler {
  if (!Object.hasOwn(FITS, kind)) {
    const kinds = Object.keys(FITS)
    throw new InputError(`scale: expected one of ${kinds.join(', ')}, got '${kind}'${suggestion(kind, kinds)}`)
  }
  const { shift, scale } = FITS[kind](values)
  // Rounding may leave a constant column a deviation near 0, and tiny numbers one that others divided by it overflow.
  return { kind, shift, scale: isConstant(values) || scale < SMALLEST ? 1 : scale }
}

/** True when every value is the same. */
export function isConstant(values: Float64Array): boolean {
  return values.every((value) => value === values[0])
}

/** Values in a column's own units as the model sees them. */
export function scaled({ shift, scale }: Scaler, values: ArrayLike<number>): Float64Array {
  return Float64Array.from(values, (value) => (value - shift) / scale)
}

/** Scaled values back in the column's own units. */
export function restored({ shift, scale }: Scaler, values: ArrayLike<number>): Float64Array {
  return Float64Array.from(values, (value) => value * scale + shift)
}
