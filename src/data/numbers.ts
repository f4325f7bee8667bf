import type { FloatArray } from '../base/samples.ts'
import { Growing } from './growing.ts'

/** Numbers in a row, in memory or on disk. */
export interface Numbers {
  readonly length: number
  at(place: number): number
  /** Those from one place up to, not including, another; in memory a view of them. */
  part(from: number, to: number): Float64Array
  /** Copies those from one place up to another. */
  copy(from: number, to: number, into: FloatArray, at: number): void
  /** All, or those from one place up to another, piece by piece; each holds until the next is taken. */
  pieces(from?: number, to?: number): Iterable<Float64Array>
  /** Those of some places, kept as these are; NaN for a place of -1. */
  take(places: ArrayLike<number>): Numbers
}

/** Takes numbers one after another. */
export interface NumbersWriter {
  readonly length: number
  push(value: number): void
  finish(): Numbers
}

/** Where numbers are kept. */
export interface Store {
  /** Whether they are in memory. */
  readonly inMemory: boolean
  writer(): NumbersWriter
  /**
   * Numbers `[rows, width]`, made a stretch of rows at a time.
   * @param fill writes the rows from one up to another into `[to - from, width]` zeros
   */
  make(rows: number, width: number, fill: (from: number, to: number, into: Float64Array) => void): Numbers
  /** Lets go of all that is kept here. */
  close(): void
}

/** Rows that are made at a time: columns side by side stay in the cache. */
export const STRETCH = 2048

/** Numbers in memory. */
export class MemoryNumbers implements Numbers {
  readonly length: number
  readonly values: Float64Array

  constructor(values: Float64Array) {
    this.values = values
    this.length = values.length
  }

  at(place: number): number {
    return this.values[place]!
  }

  part(from: number, to: number): Float64Array {
    return this.values.subarray(from, to)
  }

  copy(from: number, to: number, into: FloatArray, at: number): void {
    into.set(this.values.subarray(from, to), at)
  }

  pieces(from = 0, to = this.length): Iterable<Float64Array> {
    return [this.values.subarray(from, to)]
  }

  take(places: ArrayLike<number>): MemoryNumbers {
    return new MemoryNumbers(Float64Array.from(places, (place) => this.values[place] ?? Number.NaN))
  }
}

export const memory: Store = {
  inMemory: true,
  writer() {
    const values = new Growing(Float64Array)
    return {
      get length() {
        return values.length
      },
      push: (value) => values.push(value),
      finish: () => new MemoryNumbers(values.finish()),
    }
  },
  make(rows, width, fill) {
    const values = new Float64Array(rows * width)
    for (let from = 0; from < rows; from += STRETCH) {
      const to = Math.min(rows, from + STRETCH)
      fill(from, to, values.subarray(from * width, to * width))
    }
    return new MemoryNumbers(values)
  },
  close() {},
}

/** All of some numbers, as one array. */
export const wholeOf = (numbers: Numbers): Float64Array =>
  numbers instanceof MemoryNumbers ? numbers.values : numbers.part(0, numbers.length)

/** The place of the first that is NaN, -1 where none is. */
export function firstHole(numbers: Numbers): number {
  let before = 0
  for (const piece of numbers.pieces()) {
    const hole = piece.findIndex(Number.isNaN)
    if (hole !== -1) return before + hole
    before += piece.length
  }
  return -1
}

/** Those of some stretches, one stretch after another, to be gone through as often as needed. */
export const stretchesOf = (
  numbers: Numbers,
  stretches: readonly { readonly start: number; readonly end: number }[],
): Iterable<Float64Array> => ({
  *[Symbol.iterator]() {
    for (const { start, end } of stretches) yield* numbers.pieces(start, end)
  },
})
