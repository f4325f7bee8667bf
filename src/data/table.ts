import { InputError, suggestion } from '../base/errors.ts'
import { type ColumnKind, isMissing, numberAdvice, readNumber, showCell } from './cells.ts'
import { readDates, showTime } from './dates.ts'

// A column of numbers with a few bad cells stays a column of numbers, so that the bad cells are reported.
const MAJORITY = 0.9

/** A table in memory: raw cells as they were read, each column parsed the first time it is asked for. */
export class Table {
  /** Where the table came from, for messages. */
  readonly name: string
  readonly columns: readonly string[]
  readonly rowCount: number
  private readonly cells: ReadonlyMap<string, readonly string[]>
  /** Of each row, its number in what was read, counted from 1 below the header; in order where absent. */
  private readonly rowNumbers: Uint32Array | undefined
  private readonly kinds = new Map<string, ColumnKind>()
  private readonly asNumbers = new Map<string, Float64Array>()
  private readonly asDates = new Map<string, Float64Array>()

  /** @param cells the columns by name, each of the same length */
  constructor(name: string, cells: ReadonlyMap<string, readonly string[]>, rowNumbers?: Uint32Array) {
    this.name = name
    this.cells = cells
    this.rowNumbers = rowNumbers
    this.columns = [...cells.keys()]
    this.rowCount = cells.values().next().value?.length ?? 0
  }

  /**
   * What at least 90 % of a column's cells are, missing ones left aside.
   *
   * @throws InputError for an unknown column
   */
  kind(column: string): ColumnKind {
    return remembered(this.kinds, column, () => inferKind(this.text(column).filter((cell) => !isMissing(cell))))
  }

  /** The first column of dates: what the rows are ordered by. */
  get timeColumn(): string | undefined {
    return this.columns.find((column) => this.kind(column) === 'date')
  }

  /**
   * A column's cells as they were read.
   *
   * @throws InputError for an unknown column
   */
  text(column: string): readonly string[] {
    const cells = this.cells.get(column)
    if (cells === undefined)
      throw new InputError(
        `'${this.name}' has no column '${column}'${suggestion(column, this.columns) || `; its columns are ${listed(this.columns)}`}`,
      )
    return cells
  }

  /**
   * A column as numbers `[rowCount]`.
   *
   * @throws InputError naming the row and column of the first cell that is not one finite number
   */
  numbers(column: string): Float64Array {
    return remembered(this.asNumbers, column, () => this.readNumbers(column))
  }

  /**
   * A column as times `[rowCount]`, in milliseconds since 1970 in UTC.
   *
   * @throws InputError naming the row and column of the first cell that is not a date, or when the column does not
   *   say whether days or months come first
   */
  dates(column: string): Float64Array {
    return remembered(this.asDates, column, () => this.readDates(column))
  }

  /** A table of these rows in this order. */
  take(rows: ArrayLike<number>): Table {
    const pick = (cells: readonly string[]) => Array.from(rows, (row) => cells[row]!)
    const numbers = Uint32Array.from(rows, (row) => this.rowNumber(row))
    return new Table(this.name, new Map([...this.cells].map(([column, cells]) => [column, pick(cells)])), numbers)
  }

  /** Rows from one up to, not including, another, as a person finds them: by number, and by a column of dates. */
  showRows(from: number, to: number, timeColumn?: string): string {
    const rows = Array.from({ length: to - from }, (_, i) => from + i)
    const times = timeColumn === undefined ? undefined : this.dates(timeColumn)
    const span = times ? `, ${showTime(times[from]!)} to ${showTime(times[to - 1]!)}` : ''
    return `${showNumbers(rows.map((row) => this.rowNumber(row)))} of '${this.name}'${span}`
  }

  private rowNumber(row: number): number {
    return this.rowNumbers?.[row] ?? row + 1
  }

  private readNumbers(column: string): Float64Array {
    const cells = this.text(column)
    const numbers = Float64Array.from(cells, readNumber)
    const bad = numbers.findIndex(Number.isNaN)
    if (bad === -1) return numbers
    throw new InputError(
      `${this.place(bad, column)}: expected a number, got ${showCell(cells[bad]!)}; ` +
        (numberAdvice(cells[bad]!) ?? this.otherNumbers(column) ?? 'correct the cell or remove the row'),
    )
  }

  /** Where the whole column is of another kind, the way out is another column. */
  private otherNumbers(column: string): string | undefined {
    const others = this.columns.filter((name) => this.kind(name) === 'number')
    const wrongColumn = others.length > 0 && !others.includes(column)
    return wrongColumn ? `the columns of numbers are ${listed(others)}` : undefined
  }

  private readDates(column: string): Float64Array {
    const cells = this.text(column)
    const { times, failures, example, ambiguous } = readDates(cells)
    const bad = times.findIndex(Number.isNaN)
    if (failures > 0)
      throw new InputError(
        `${this.place(bad, column)}: expected a date like ${example}, got ${showCell(cells[bad]!)}; ` +
          'correct the cell or remove the row',
      )
    if (ambiguous)
      throw new InputError(
        `'${this.name}', column '${column}': expected dates that read one way, got dates like '${cells[0]}' that fit both ` +
          'day first and month first; write them as 2012-01-31',
      )
    return times
  }

  private place(row: number, column: string): string {
    return `'${this.name}', row ${this.rowNumber(row)}, column '${column}'`
  }
}

/** A plain value of a column: text is read as a file's cell would be. */
export type Cell = number | string | Date

/**
 * A table from plain columns: `tableOf({ day: ['2024-01-01', '2024-01-02'], sales: [35, 32] })`.
 *
 * @throws InputError when there is no column or no row, or columns differ in length
 */
export function tableOf(columns: Readonly<Record<string, ArrayLike<Cell>>>, name = 'table'): Table {
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
  return new Table(name, new Map(entries.map(([column, values]) => [column, Array.from(values, asCell)])))
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

function inferKind(cells: readonly string[]): ColumnKind {
  const enough = Math.max(1, MAJORITY * cells.length)
  if (cells.filter((cell) => !Number.isNaN(readNumber(cell))).length >= enough) return 'number'
  return cells.length - readDates(cells).failures >= enough ? 'date' : 'text'
}

/** The first names of a list, so that a sentence stays one. */
function listed(names: readonly string[]): string {
  const shown = names.slice(0, 8).join(', ')
  return names.length > 8 ? `${shown} and ${names.length - 8} more` : shown
}

function remembered<V>(memory: Map<string, V>, key: string, make: () => V): V {
  const value = memory.get(key) ?? make()
  memory.set(key, value)
  return value
}
