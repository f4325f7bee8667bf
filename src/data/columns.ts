import { readNumber } from './cells.ts'
import { showTime } from './dates.ts'
import { MemoryNumbers, type Numbers } from './numbers.ts'
import type { TimeLayout } from './written-times.ts'

/** The cells of one column, kept small: numbers as numbers, each word once. */
export interface Column {
  readonly length: number
  /** A cell as text; of a number, as the number is written. Empty where it is missing. */
  text(row: number): string
  /** The number in a cell, NaN where there is none. */
  number(row: number): number
  /** These rows in this order; a row of -1 is a missing cell. */
  take(rows: ArrayLike<number>): Column
}

/** How the numbers of a column were written: with no points, all of them ahead of three last digits, or otherwise. */
export type Points = 'none' | 'grouped' | 'decimal'

/** Numbers, with the few cells that are none beside them. */
export class NumberColumn implements Column {
  readonly length: number
  readonly values: Numbers
  readonly words: ReadonlyMap<number, string>
  readonly points: Points

  /** @param words by row, the cells to be shown as they were read: their value is NaN, or what they spell */
  constructor(
    values: Float64Array | Numbers,
    words: ReadonlyMap<number, string> = new Map(),
    points: Points = 'decimal',
  ) {
    this.values = values instanceof Float64Array ? new MemoryNumbers(values) : values
    this.points = points
    this.words = words
    this.length = values.length
  }

  text(row: number): string {
    const word = this.words.get(row)
    if (word !== undefined) return word
    const value = this.values.at(row)
    return Number.isNaN(value) ? '' : String(value)
  }

  number(row: number): number {
    return this.values.at(row)
  }

  take(rows: ArrayLike<number>): NumberColumn {
    const words = new Map<number, string>()
    for (let i = 0; this.words.size > 0 && i < rows.length; i++) {
      const word = this.words.get(rows[i]!)
      if (word !== undefined) words.set(i, word)
    }
    return new NumberColumn(this.values.take(rows), words, this.points)
  }
}

/** Words of any kind, each kept once however many cells say it. */
export class TextColumn implements Column {
  readonly length: number
  /** Of each row, the place of its word. */
  readonly codes: Int32Array
  readonly words: readonly string[]
  private numbers: Float64Array | undefined

  constructor(codes: Int32Array, words: readonly string[]) {
    this.codes = codes
    this.words = words
    this.length = codes.length
  }

  text(row: number): string {
    return this.words[this.codes[row]!] ?? ''
  }

  number(row: number): number {
    this.numbers ??= Float64Array.from(this.words, readNumber)
    return this.numbers[this.codes[row]!] ?? Number.NaN
  }

  take(rows: ArrayLike<number>): TextColumn {
    return new TextColumn(
      Int32Array.from(rows, (row) => this.codes[row] ?? -1),
      this.words,
    )
  }
}

/** Instants, in milliseconds since 1970 in UTC; NaN where a cell is missing. */
export class TimeColumn implements Column {
  readonly length: number
  readonly times: Float64Array
  /** How they were written, where they came as text; a clock that names no zone is as of UTC. */
  readonly layout: TimeLayout | undefined

  constructor(times: Float64Array, layout?: TimeLayout) {
    this.times = times
    this.layout = layout
    this.length = times.length
  }

  text(row: number): string {
    const time = this.times[row]!
    if (Number.isNaN(time)) return ''
    return this.layout ? this.layout.write(time) : showTime(time)
  }

  number(): number {
    return Number.NaN
  }

  take(rows: ArrayLike<number>): TimeColumn {
    return new TimeColumn(
      Float64Array.from(rows, (row) => this.times[row] ?? Number.NaN),
      this.layout,
    )
  }
}
