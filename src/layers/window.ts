import { placesAlong, type Window } from '../autograd/index.ts'
import { InputError } from '../base/errors.ts'
import { expectWhole, type Shape, showShape } from '../base/shape.ts'

/** One number for all dimensions, or one for each. */
export type PerDimension = number | readonly number[]

export interface WindowOptions {
  /** How far the window moves at a time; 1 by default. */
  readonly stride?: PerDimension
  /** How much is put before and behind each dimension; `'same'` is what keeps its size, with a stride of 1; 0 by default. */
  readonly padding?: PerDimension | 'same'
  /** How far apart the places are that a window sees; 1 by default. */
  readonly dilation?: PerDimension
}

/** @throws InputError when an option is out of its range, or there are not as many as dimensions */
export function windowFrom(
  what: string,
  dimensions: number,
  sizes: PerDimension,
  { stride: strides = 1, padding = 0, dilation: dilations = 1 }: WindowOptions,
): Window {
  const each = (name: string, given: PerDimension, least: number): readonly number[] => {
    const values = typeof given === 'number' ? Array<number>(dimensions).fill(given) : given
    if (!Array.isArray(values) || values.length !== dimensions)
      throw new InputError(`${what}: ${name}: expected a number or ${dimensions} of them, got ${JSON.stringify(given)}`)
    for (const value of values) expectWhole(`${what}: ${name}`, value, least)
    return values
  }
  const [size, stride, dilation] = [each('size', sizes, 1), each('stride', strides, 1), each('dilation', dilations, 1)]
  if (padding !== 'same')
    return { size, stride, dilation, padding: each('padding', padding, 0).map((more) => [more, more]) }
  if (stride.some((step) => step !== 1))
    throw new InputError(`${what}: padding 'same' keeps the size with a stride of 1 alone, got ${showShape(stride)}`)
  const reach = size.map((count, d) => dilation[d]! * (count - 1))
  return { size, stride, dilation, padding: reach.map((more) => [Math.floor(more / 2), Math.ceil(more / 2)]) }
}

/** The dimensions between batch and channels when the window has passed. @throws InputError when the input is of others */
export function spaceAfter(what: string, window: Window, input: Shape): number[] {
  const dimensions = window.size.length
  const known = dimensions === 1 ? '[time, features]' : '[rows, columns, channels]'
  if (input.length !== dimensions + 1 || input.at(-1)! < 0)
    throw new InputError(`${what}: expected ${known}, got ${showShape(input)}; a reshape layer gives other dimensions`)
  return input.slice(0, -1).map((length, d) => {
    const places = length < 0 ? length : placesAlong(window, d, length)
    if (places !== 0 && (places > 0 || length < 0)) return places
    throw new InputError(
      `${what}: a window of ${showShape(window.size)} fits nowhere in ${showShape(input.slice(0, -1))}`,
    )
  })
}

/** How many steps there are when the window has passed over so many. */
export const stepsAfter =
  (window: Window) =>
  (steps: number): number =>
    steps === 0 ? 0 : Math.max(0, placesAlong(window, 0, steps))

/** Why there is no output after each step. */
export function refuseStep(what: string): never {
  throw new InputError(`${what} sees several steps at once, so it has no output after each of them`)
}
