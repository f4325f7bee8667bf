import { InputError, suggestion } from '../base/errors.ts'
import { type ColumnKind, isMissing, numberAdvice, showCell } from './cells.ts'
import { columnOf } from './column-builder.ts'
import { type Column, NumberColumn, TimeColumn } from './columns.ts'
import { type DateReading, readDates, readLayout, shareOfDates, showTime, spreadOf } from './dates.ts'
import { firstHole, memory, type Numbers, type Store, wholeOf } from './numbers.ts'

// A column of numbers with a few bad cells stays a column of numbers, so that the bad cells are reported.
const MAJORITY = 0.9

/** What a table knows of itself besides its cells. */
export interface TableFacts {
  /** Of each row, its number in what was read, counted from 1 below the header, 0 for one that was added; in order where absent. */
  readonly rowNumbers?: Uint32Array
  /** What reading it came upon, in sentences for people. */
  readonly notes?: readonly string[]
  /** The zone of its clocks where a cell names none, as `Europe/Berlin`; UTC where absent. */
  readonly timezone?: string
  /** Where its numbers are kept; in memory where absent. */
  readonly store?: Store
}

/** A table: each column compact, and parsed the first time it is asked for. Its numbers are in memory, or in a temporary file. */
export class Table {
  /** Where the table came from, for messages. */
  readonly name: string
  readonly columns: readonly string[]
  readonly rowCount: number
  /** What reading it came upon: names given, lines skipped, numbers in another spelling. */
  readonly notes: readonly string[]
  private readonly cells: ReadonlyMap<string, Column>
  private readonly facts: TableFacts
  private readonly kinds = new Map<string, ColumnKind>()
  private readonly asNumbers = new Map<string, Numbers>()
  private readonly asDates = new Map<string, DateReading>()

  /** @param cells the columns by name, each of the same length */
  constructor(name: string, cells: ReadonlyMap<string, Column>, facts: TableFacts = {}) {
    this.name = name
    this.cells = cells
    this.facts = facts
    this.notes = facts.notes ?? []
    this.columns = [...cells.keys()]
    this.rowCount = cells.values().next().value?.length ?? 0
  }

  /**
   * What at least 90 % of a column's cells are, missing ones left aside.
   *
   * @throws InputError for an unknown column
   */
  kind(column: string): ColumnKind {
    return remembered(this.kinds, column, () => this.inferKind(column))
  }

  /** The first column of dates that moves on, of bare years only where there is no other: what the rows are ordered by. */
  get timeColumn(): string | undefined {
    const dates = this.columns.filter((column) => this.kind(column) === 'date')
    const first = (column: string) => this.column(column).text(0)
    const moving = dates.filter((column) => first(column) !== this.column(column).text(this.rowCount - 1))
    return [...moving, ...dates].find((column) => !/^\d{4}$/.test(first(column))) ?? dates[0]
  }

  /** The zone of its clocks where a cell names none; UTC where absent. */
  get timezone(): string | undefined {
    return this.facts.timezone
  }

  /** Where its numbers are kept, and those made of them. */
  get store(): Store {
    return this.facts.store ?? memory
  }

  /** Lets go of the temporary file of numbers, where there is one, and with it of all that was made of this table. */
  close(): void {
    this.store.close()
  }

  /** A column's cells. @throws InputError for an unknown column */
  column(name: string): Column {
    const column = this.cells.get(name)
    if (column === undefined)
      throw new InputError(
        `'${this.name}' has no column '${name}'${suggestion(name, this.columns) || `; its columns are ${listed(this.columns)}`}`,
      )
    return column
  }

  /**
   * A column's cells as text; a number as numbers are written.
   *
   * @throws InputError for an unknown column
   */
  text(column: string): readonly string[] {
    const cells = this.column(column)
    return Array.from({ length: this.rowCount }, (_, row) => cells.text(row))
  }

  /**
   * A column as numbers `[rowCount]`.
   *
   * @throws InputError naming the row and column of the first cell that is not one finite number
   */
  numbers(column: string): Float64Array {
    const numbers = this.read(column)
    const hole = firstHole(numbers)
    if (hole !== -1) throw this.notANumber(hole, column)
    return wholeOf(numbers)
  }

  /**
   * A column as numbers `[rowCount]`, NaN where a cell is empty or a mark of a missing value.
   *
   * @throws InputError naming the row and column of the first cell that is another word
   */
  numbersWithHoles(column: string): Float64Array {
    return wholeOf(this.read(column))
  }

  /** A column as `numbersWithHoles`, in memory or in a file, as the table is. @throws InputError likewise */
  read(column: string): Numbers {
    return remembered(this.asNumbers, column, () => {
      const cells = this.column(column)
      const bad = this.firstWord(cells)
      if (bad !== undefined) throw this.notANumber(bad, column)
      if (cells instanceof NumberColumn) return cells.values
      return this.store.make(this.rowCount, 1, (from, to, into) => {
        for (let row = from; row < to; row++) into[row - from] = cells.number(row)
      })
    })
  }

  /**
   * A column as times `[rowCount]`, in milliseconds since 1970 in UTC.
   *
   * @throws InputError naming the row and column of the first cell that is not a date, or when the column does not
   *   say whether days or months come first
   */
  dates(column: string): Float64Array {
    return this.dateReading(column).times
  }

  /** A column of dates with all that reading it came upon. @throws InputError as `dates` */
  dateReading(column: string): DateReading {
    return remembered(this.asDates, column, () => this.readDates(column))
  }

  /** A table of these rows in this order; a row of -1 is an added one, all its cells missing. */
  take(rows: ArrayLike<number>): Table {
    const columns = new Map([...this.cells].map(([name, column]) => [name, column.take(rows)]))
    const rowNumbers = Uint32Array.from(rows, (row) => (row < 0 ? 0 : this.rowNumber(row)))
    return new Table(this.name, columns, { ...this.facts, rowNumbers })
  }

  /** The same rows with other columns. */
  of(columns: ReadonlyMap<string, Column>): Table {
    return new Table(this.name, columns, this.facts)
  }

  /** The table with these columns in place of its own of that name, or behind them. */
  with(columns: ReadonlyMap<string, Column>): Table {
    return this.of(new Map([...this.cells, ...columns]))
  }

  /** The same table with one more note. */
  noted(note: string): Table {
    return new Table(this.name, this.cells, { ...this.facts, notes: [...this.notes, note] })
  }

  /** Rows from one up to, not including, another, as a person finds them: by number, and by a column of dates. */
  showRows(from: number, to: number, timeColumn?: string): string {
    const rows = Array.from({ length: to - from }, (_, i) => this.rowNumber(from + i))
    const read = rows.filter((number) => number > 0)
    const added = rows.length - read.length
    const times = timeColumn === undefined ? undefined : this.dates(timeColumn)
    const span = times ? `, ${showTime(times[from]!)} to ${showTime(times[to - 1]!)}` : ''
    const numbers = read.length > 0 ? showNumbers(read) : ''
    const filled = added > 0 ? `${added} added ${added === 1 ? 'row' : 'rows'}` : ''
    return `${[numbers, filled].filter(Boolean).join(' and ')} of '${this.name}'${span}`
  }

  /** The number of a row in what was read, counted from 1; 0 for an added one. */
  rowNumber(row: number): number {
    return this.facts.rowNumbers?.[row] ?? row + 1
  }

  /** `'weather.csv', row 5, column 'wind'`: where a cell stands. */
  place(row: number, column: string): string {
    return `'${this.name}', row ${this.rowNumber(row)}, column '${column}'`
  }

  /** The first row of a cell that is neither a number nor missing. */
  private firstWord(cells: Column): number | undefined {
    const isWord = (row: number) => Number.isNaN(cells.number(row)) && !isMissing(cells.text(row))
    if (cells instanceof NumberColumn) return [...cells.words.keys()].find(isWord)
    for (let row = 0; row < cells.length; row++) if (isWord(row)) return row
    return undefined
  }

  private notANumber(row: number, column: string): InputError {
    const cell = this.column(column).text(row)
    return new InputError(
      `${this.place(row, column)}: expected a number, got ${showCell(cell)}; ` +
        (numberAdvice(cell) ?? this.wordAdvice(column, cell.trim())),
    )
  }

  /** Where the whole column is of words, the way out is another column, or one of its words. */
  private wordAdvice(column: string, word: string): string {
    if (this.kind(column) !== 'text') return `correct the cell, or leave such rows out (--where '${column} != ${word}')`
    const others = this.columns.filter((name) => this.kind(name) === 'number')
    const wayOut = `take '${column} = ${word}', which is 1 in the rows that say so and 0 in others`
    return others.length > 0 ? `the columns of numbers are ${listed(others)}, or ${wayOut}` : wayOut
  }

  private readDates(column: string): DateReading {
    const cells = this.column(column)
    const reading =
      cells instanceof TimeColumn
        ? readLayout(cells.times, cells.layout, this.timezone)
        : readDates(cells, { column, ...this.facts })
    const bad = reading.times.findIndex(Number.isNaN)
    if (reading.failures > 0)
      throw new InputError(
        `${this.place(bad, column)}: expected a date like ${reading.example}, got ${showCell(cells.text(bad))}; ` +
          'correct the cell or remove the row',
      )
    if (reading.ambiguous)
      throw new InputError(
        `'${this.name}', column '${column}': expected dates that read one way, got dates like '${cells.text(0)}' that fit both ` +
          'day first and month first; write them as 2012-01-31',
      )
    return reading
  }

  private inferKind(column: string): ColumnKind {
    const cells = this.column(column)
    if (cells instanceof TimeColumn) return 'date'
    let [present, numbers] = [0, 0]
    const isPresent = (row: number) => !Number.isNaN(cells.number(row)) || !isMissing(cells.text(row))
    for (let row = 0; row < cells.length; row++) {
      if (!Number.isNaN(cells.number(row))) numbers++
      else if (isMissing(cells.text(row))) continue
      present++
    }
    if (present === 0) return 'text'
    const probe: string[] = []
    let [row, met] = [0, 0]
    for (const place of spreadOf(present))
      for (; met <= place; row++) if (isPresent(row) && met++ === place) probe.push(cells.text(row))
    if (shareOfDates(probe, column) >= MAJORITY) return 'date'
    return numbers >= MAJORITY * present ? 'number' : 'text'
  }
}

/** A plain value of a column: text is read as a file's cell would be. */
export type Cell = number | string | Date

/**
 * A table from plain columns: `tableOf({ day: ['2024-01-01', '2024-01-02'], sales: [35, 32] })`.
 *
 * @throws InputError when there is no column or no row, or columns differ in length
 */
export function tableOf(columns: Readonly<Record<string, ArrayLike<Cell>>>, name = 'table', facts?: TableFacts): Table {
  const entries = Object.entries(columns)
  const [first] = entries
  if (first === undefined || first[1].length === 0)
    throw new InputError(`'${name}' is empty; expected at least one column of at least one row`)
  for (const [column, values] of entries)
    if (values.length !== first[1].length)
      throw new InputError(
        `'${name}', column '${column}': expected ${first[1].length} rows as in '${first[0]}', got ${values.length}; ` +
          'give every column the same length',
      )
  return new Table(name, new Map(entries.map(([column, values]) => [column, columnFrom(values)])), facts)
}

function columnFrom(values: ArrayLike<Cell>): Column {
  if (values instanceof Float64Array && values.every(Number.isFinite)) return new NumberColumn(values.slice())
  return columnOf(Array.from(values, asCell))
}

function asCell(value: Cell): string {
  return value instanceof Date && Number.isFinite(value.getTime()) ? value.toISOString() : String(value)
}

/** Row numbers, neighbours as one: `rows 5 to 11`, `rows 2, 7 to 9 and 3 more`. */
function showNumbers(numbers: readonly number[]): string {
  const runs: [number, number][] = []
  for (const number of [...numbers].sort((a, b) => a - b)) {
    const last = runs.at(-1)
    if (last?.[1] === number - 1) last[1] = number
    else runs.push([number, number])
  }
  const shown = runs.slice(0, 4).map(([first, last]) => (first === last ? `${first}` : `${first} to ${last}`))
  const more = runs.slice(4).reduce((sum, [first, last]) => sum + last - first + 1, 0)
  return `rows ${shown.join(', ')}${more > 0 ? ` and ${more} more` : ''}`
}

/** The first names of a list, so that a sentence stays one. */
export function listed(names: readonly string[]): string {
  const shown = names.slice(0, 8).join(', ')
  return names.length > 8 ? `${shown} and ${names.length - 8} more` : shown
}

function remembered<V>(memory: Map<string, V>, key: string, make: () => V): V {
  const value = memory.get(key) ?? make()
  memory.set(key, value)
  return value
}
