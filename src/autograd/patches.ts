import { InputError } from '../base/errors.ts'
import { type Shape, showShape, sizeOf } from '../base/shape.ts'
import { leaf } from '../expr/index.ts'
import type { Address, Kernels } from '../kernels/index.ts'
import { addInto, takeZeros } from '../recurrence/elementwise.ts'
import { expectLengths } from './loss.ts'

/** A window that moves over the dimensions between batch and channels: time, or rows and columns. A number for each. */
export interface Window {
  readonly size: readonly number[]
  readonly stride: readonly number[]
  readonly dilation: readonly number[]
  /** How much is put before and behind. */
  readonly padding: readonly (readonly [number, number])[]
}

export interface WindowedOptions extends Window {
  /** Steps of each sample along its first dimension: those behind are never read. */
  readonly lengths?: ArrayLike<number> | undefined
}

/** A window alike along all its dimensions. */
export function windowOf(
  size: readonly number[],
  { stride = 1, dilation = 1, padding = [0, 0] as readonly [number, number] } = {},
): Window {
  return { size, stride: size.map(() => stride), dilation: size.map(() => dilation), padding: size.map(() => padding) }
}

/** In how many places a window can stand along its dimension `d`, of `length` places. */
export function placesAlong({ size, stride, dilation, padding }: Window, d: number, length: number): number {
  const [before, behind] = padding[d]!
  return Math.floor((length + before + behind - dilation[d]! * (size[d]! - 1) - 1) / stride[d]!) + 1
}

/** What a window sees in all its places: rows of `channels` numbers, by their index. */
export interface Patches {
  /** In how many places it can stand along each dimension. */
  readonly output: Shape
  /** All places of a batch, and what a window sees in each. */
  readonly rows: number
  readonly seen: number
  readonly channels: number
  /** The rows of the input, as which anything outside has the number one behind the last. */
  readonly inputs: number
  /** `[rows, seen]`. */
  readonly index: Int32Array
}

/**
 * @param shape `[B, …, C]`
 * @param lengths steps of each sample along the first dimension: those behind count as outside
 * @throws InputError when a window fits nowhere
 */
export function patchesOf(what: string, shape: Shape, window: Window, lengths?: ArrayLike<number>): Patches {
  const dimensions = window.size.length
  const [batch, space, channels] = [shape[0]!, shape.slice(1, -1), shape.at(-1)!]
  if (space.length !== dimensions)
    throw new InputError(`${what}: expected [batch, ${dimensions} dimensions, channels], got ${showShape(shape)}`)
  const output = space.map((length, d) => placesAlong(window, d, length))
  if (output.some((places) => places < 1))
    throw new InputError(`${what}: a window of ${showShape(window.size)} fits nowhere in ${showShape(space)}`)
  if (lengths) expectLengths(what, lengths, batch, space[0]!)
  const near = space.reduce<Near>((found, length, d) => alongOne(found, window, d, length, output[d]!), {
    outer: 1,
    inner: 1,
    index: Int32Array.of(0),
  })
  const [area, step] = [sizeOf(space), sizeOf(space.slice(1))]
  const inputs = batch * area
  const index = new Int32Array(batch * near.index.length)
  for (let b = 0, i = 0; b < batch; b++) {
    const end = step * (lengths?.[b] ?? space[0]!)
    for (const place of near.index) index[i++] = place >= 0 && place < end ? b * area + place : inputs
  }
  return { output, rows: batch * sizeOf(output), seen: near.inner, channels, inputs, index }
}

/** Places of a sample `[outer, inner]`, of windows and within them; -1 is outside. */
interface Near {
  readonly outer: number
  readonly inner: number
  readonly index: Int32Array
}

/** The same with one more dimension inside those known. */
function alongOne({ outer, inner, index }: Near, window: Window, d: number, length: number, places: number): Near {
  const [size, stride, dilation] = [window.size[d]!, window.stride[d]!, window.dilation[d]!]
  const found = new Int32Array(outer * places * inner * size)
  let next = 0
  for (let o = 0; o < outer; o++)
    for (let place = 0; place < places; place++)
      for (let i = 0; i < inner; i++)
        for (let k = 0; k < size; k++) {
          const known = index[o * inner + i]!
          const at = place * stride + k * dilation - window.padding[d]![0]
          found[next++] = known < 0 || at < 0 || at >= length ? -1 : known * length + at
        }
  return { outer: outer * places, inner: inner * size, index: found }
}

const x = leaf('x')
const copying = { inputs: ['x'], outputs: [{ expr: x }] }

/** What each window sees, `[rows, seen, channels]`, and where its index lies; what is outside is `outside`. */
export function gatherPatches(kernels: Kernels, from: Address, patches: Patches, outside: number) {
  const { rows, seen, channels, inputs } = patches
  const { memory } = kernels
  const index = memory.takeIndex(patches.index)
  const padded = memory.take((inputs + 1) * channels)
  const rowStride = inputs * channels
  kernels.pointwise(copying)(1, rowStride, [
    { at: from, rowStride },
    { at: padded, rowStride },
  ])
  memory.view(padded + rowStride, channels).fill(outside)
  const at = memory.take(rows * seen * channels)
  kernels.gatherRows(at, padded, index, rows * seen, channels)
  return { at, index }
}

/** Adds what stands for each window at `from` to the rows that it saw. */
export function scatterPatches(kernels: Kernels, into: Address, from: Address, index: Address, patches: Patches): void {
  const { rows, seen, channels, inputs } = patches
  const padded = takeZeros(kernels, (inputs + 1) * channels)
  kernels.scatterAddRows(padded, from, index, rows * seen, channels)
  addInto(kernels, into, padded, inputs * channels)
}
