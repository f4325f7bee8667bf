import { readNumber } from './cells.ts'
import { type Column, NumberColumn, type Points, TextColumn } from './columns.ts'

const GROUPED = /^[+-]?[1-9]\d{0,2}\.\d{3}$/

/** Takes the cells of a column one after the other: as numbers while most are numbers, as words from then on. */
export class ColumnBuilder {
  private readonly values = new Growing(Float64Array)
  private readonly words = new Map<number, string>()
  private numbers = 0
  private points: Points = 'none'
  private dictionary: Dictionary | undefined

  add(cell: string): void {
    if (this.dictionary) {
      this.dictionary.add(cell)
      return
    }
    const value = readNumber(cell)
    if (Number.isNaN(value) ? cell !== '' : !tellsAgain(cell)) this.words.set(this.values.length, cell)
    this.values.push(value)
    if (!Number.isNaN(value)) this.note(cell)
    if (this.words.size > 100 + this.values.length / 10) this.turnToWords()
  }

  /** Remembers how points are used: where commas are decimal, `1.234` means a thousand. */
  private note(cell: string): void {
    this.numbers++
    const point = cell.indexOf('.')
    if (point === -1 || this.points === 'decimal') return
    this.points = GROUPED.test(cell) ? 'grouped' : 'decimal'
  }

  /** True while every cell was empty. */
  get isEmpty(): boolean {
    return !this.dictionary && this.words.size === 0 && this.numbers === 0
  }

  finish(): Column {
    return this.dictionary?.finish() ?? new NumberColumn(this.values.finish(), this.words, this.points)
  }

  private turnToWords(): void {
    const column = this.finish()
    this.dictionary = new Dictionary()
    for (let row = 0; row < column.length; row++) {
      const number = column.number(row)
      const grouped = this.points === 'grouped' && number % 1 !== 0 && !this.words.has(row)
      this.dictionary.add(grouped && !Number.isNaN(number) ? number.toFixed(3) : column.text(row))
    }
    this.words.clear()
    this.values.clear()
  }
}

class Dictionary {
  private readonly codes = new Growing(Int32Array)
  private readonly places = new Map<string, number>()

  add(word: string): void {
    let place = this.places.get(word)
    if (place === undefined) {
      place = this.places.size
      this.places.set(word, place)
    }
    this.codes.push(place)
  }

  finish(): TextColumn {
    return new TextColumn(this.codes.finish(), [...this.places.keys()])
  }
}

/** An array of numbers that doubles its room when it is full. */
export class Growing<A extends Float64Array | Int32Array> {
  length = 0
  private readonly make: new (
    length: number,
  ) => A
  private room: A

  constructor(make: new (length: number) => A) {
    this.make = make
    this.room = new make(256)
  }

  push(value: number): void {
    if (this.length === this.room.length) {
      const larger = new this.make(2 * this.length)
      larger.set(this.room)
      this.room = larger
    }
    this.room[this.length++] = value
  }

  clear(): void {
    this.length = 0
    this.room = new this.make(0)
  }

  finish(): A {
    return this.room.slice(0, this.length) as A
  }
}

/** A column of plain cells. */
export function columnOf(cells: Iterable<string>): Column {
  const builder = new ColumnBuilder()
  for (const cell of cells) builder.add(cell)
  return builder.finish()
}

/**
 * True where nothing is lost with a number's spelling: not in `007` or the 18 digits of an id, and not in `1.000`, which is a
 * thousand where commas are decimal.
 */
function tellsAgain(cell: string): boolean {
  if (cell.length > 15 && !/[.e]/i.test(cell)) return false
  if (cell.charCodeAt(0) === 48 && cell.length > 1 && cell[1] !== '.') return false
  return !cell.endsWith('.000')
}
