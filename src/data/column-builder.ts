import { readNumber } from './cells.ts'
import { type Column, NumberColumn, type Points, TextColumn, TimeColumn } from './columns.ts'
import { Growing } from './growing.ts'
import { memory, type NumbersWriter, type Store } from './numbers.ts'
import { layoutOf, type TimeLayout } from './written-times.ts'

const GROUPED = /^[+-]?[1-9]\d{0,2}\.\d{3}$/

/**
 * Takes the cells of a column one after the other: as numbers while most are numbers, as times while all are times of one layout,
 * as words from then on.
 */
export class ColumnBuilder {
  private values: NumbersWriter
  private readonly words = new Map<number, string>()
  private numbers = 0
  private points: Points = 'none'
  private times: Times | undefined
  private dictionary: Dictionary | undefined

  /** @param store where its numbers are kept */
  constructor(store: Store = memory) {
    this.values = store.writer()
  }

  add(cell: string): void {
    if (this.times && !this.times.add(cell)) this.turnToWords()
    else if (this.times) return
    if (this.dictionary) {
      this.dictionary.add(cell)
      return
    }
    const value = readNumber(cell)
    if (Number.isNaN(value) && cell !== '' && this.isEmpty) {
      const layout = layoutOf(cell)
      if (layout) {
        this.times = new Times(layout, this.values.length)
        this.times.add(cell)
        return
      }
    }
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
    return !this.dictionary && !this.times && this.words.size === 0 && this.numbers === 0
  }

  finish(): Column {
    return (
      this.dictionary?.finish() ??
      this.times?.finish() ??
      new NumberColumn(this.values.finish(), this.words, this.points)
    )
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
    this.times = undefined
    this.values = memory.writer()
  }
}

class Times {
  private readonly times = new Growing(Float64Array)
  private readonly layout: TimeLayout

  constructor(layout: TimeLayout, empty: number) {
    this.layout = layout
    for (let row = 0; row < empty; row++) this.times.push(Number.NaN)
  }

  /** False for a cell in another layout. */
  add(cell: string): boolean {
    const time = cell === '' ? Number.NaN : this.layout.read(cell)
    if (cell !== '' && Number.isNaN(time)) return false
    this.times.push(time)
    return true
  }

  finish(): TimeColumn {
    return new TimeColumn(this.times.finish(), this.layout)
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
