import { InputError } from './errors.ts'

/** Sizes of a tensor's dimensions, outermost first: `[B, T, F]` is batch, time, features. */
export type Shape = readonly number[]

/** A tensor on plain arrays, rows first. */
export interface PlainTensor {
  readonly data: ArrayLike<number>
  readonly shape: Shape
}

/** The number of elements of a shape. */
export const sizeOf = (shape: Shape): number => shape.reduce((product, size) => product * size, 1)

/** `[2, 3, 4]`, as messages write a shape. */
export const showShape = (shape: Shape): string => `[${shape.join(', ')}]`

/** The indices of an element, counted from 0, outermost first. */
export const placeOf = (index: number, shape: Shape): number[] =>
  shape.map((size, d) => Math.floor(index / sizeOf(shape.slice(d + 1))) % size)

/** Whether a shape is as wanted; a `-1` there fits any size. */
export const fits = (wanted: Shape, given: Shape): boolean =>
  wanted.length === given.length && wanted.every((size, i) => size === -1 || size === given[i])

/** Refuses, in one sentence, a tensor whose shape is not `expected` (a `-1` there fits any size). */
export function expectShape(what: string, tensor: PlainTensor, expected: Shape): void {
  if (!fits(expected, tensor.shape)) {
    const wanted = expected.map((size) => (size === -1 ? 'any' : size)).join(', ')
    throw new InputError(`${what}: expected shape [${wanted}], got ${showShape(tensor.shape)}`)
  }
  if (tensor.data.length !== sizeOf(tensor.shape))
    throw new InputError(
      `${what}: shape ${showShape(tensor.shape)} needs ${sizeOf(tensor.shape)} numbers, got ${tensor.data.length}`,
    )
}

/** Refuses, in one sentence, a size that is not a whole number of at least `least` and at most `most`. */
export function expectWhole(what: string, value: number, least = 1, most = Number.POSITIVE_INFINITY): void {
  if (Number.isSafeInteger(value) && value >= least && value <= most) return
  const range = most === Number.POSITIVE_INFINITY ? `of at least ${least}` : `from ${least} to ${most}`
  throw new InputError(`${what}: expected a whole number ${range}, got ${value}`)
}
