// The browser build is the one that loads everywhere: the other needs Node's Buffer as soon as it is imported.
import { CsvError, parse } from '#csv'
import { InputError } from '../../base/errors.ts'
import { melt } from '../melt.ts'
import type { Store } from '../numbers.ts'
import type { Table } from '../table.ts'
import { delimiterOf, hasNoNames, headerIndex, isValue, linesOfUnits, namesOf, timesAmong } from './header.ts'
import { TableBuilder } from './table-builder.ts'

export interface DelimitedOptions {
  /** What messages call the table. */
  readonly name?: string
  /** The columns to keep; all unless given. */
  readonly columns?: readonly string[]
  /** False for a file without a row of names: its columns are then `column 1`, `column 2` and so on. Found unless given. */
  readonly header?: boolean
  /** The zone of clocks that name none, as `Europe/Berlin`; UTC unless given. */
  readonly timezone?: string
}

/** As much text as the delimiter is judged by. */
export const FIRST_TEXT = 1 << 16
/** As many records as the header is judged by. */
const FIRST_RECORDS = 20

/** Takes delimited text piece by piece and keeps only its columns. */
export class DelimitedReader {
  private readonly name: string
  private readonly options: DelimitedOptions
  private readonly store: Store | undefined
  private readonly notes: string[] = []
  private delimiter = ''
  private text = ''
  /** The end of the whole lines in `text`, and whether a quote is open behind it. */
  private whole = 0
  private scanned = 0
  private quoted = false
  /** Records read before it is known which of them is the header. */
  private first: string[][] | undefined = []
  private builder: TableBuilder | undefined
  private width = 0
  private blankEnd = 0
  private records = 0
  /** Lines of words since the last row: a footer, if no row follows. */
  private footer: string[][] = []

  /** @param store where numbers are kept; in memory unless given */
  constructor(options: DelimitedOptions, store?: Store) {
    this.name = options.name ?? 'table'
    this.options = options
    this.store = store
  }

  feed(piece: string): void {
    const begins = this.scanned === 0 && this.records === 0
    this.text += begins ? piece.replace(/^\uFEFF/, '') : piece
    this.scan()
    if (this.delimiter === '' && this.text.length < FIRST_TEXT) return
    if (this.whole === 0) return
    const lines = this.text.slice(0, this.whole)
    this.text = this.text.slice(this.whole)
    this.scanned -= this.whole
    this.whole = 0
    this.read(lines)
  }

  /** @throws InputError when there is no header or no row */
  finish(notes: readonly string[] = []): Table {
    this.read(this.text)
    if (this.first) this.begin(this.first)
    const { builder, name } = this
    if (!builder)
      throw new InputError(`'${name}' is empty; expected a header row with the column names and rows of data below it`)
    if (builder.rowCount === 0)
      throw new InputError(`'${name}' has a header but no rows; expected at least one row of data below it`)
    if (this.footer.length > 0) this.notes.push(skippedNote(this.footer, 'footer'))
    const table = builder.finish([...notes, ...this.notes])
    return this.options.columns ? table : overTime(table)
  }

  /** Finds the last line end outside quotes. */
  private scan(): void {
    const parts = this.text.slice(this.scanned).split('"')
    let at = this.scanned
    parts.forEach((part, i) => {
      if (i > 0) {
        this.quoted = !this.quoted
        at++
      }
      const end = this.quoted ? -1 : Math.max(part.lastIndexOf('\n'), part.lastIndexOf('\r'))
      if (end !== -1) this.whole = at + end + 1
      at += part.length
    })
    this.scanned = this.text.length
  }

  private read(lines: string): void {
    if (this.delimiter === '') this.delimiter = delimiterOf(lines)
    for (const record of this.parse(lines)) {
      this.records++
      if (!this.first) this.add(record)
      else if (this.first.push(record) === FIRST_RECORDS) this.begin(this.first)
    }
  }

  private parse(lines: string): string[][] {
    // Rows of another length are let through here, to be refused in our own words.
    const options = {
      record_delimiter: ['\r\n', '\n', '\r'],
      skip_empty_lines: true,
      relax_column_count: true,
      trim: true,
    }
    try {
      return parse(lines, { ...options, delimiter: this.delimiter })
    } catch (error) {
      if (!(error instanceof CsvError)) throw error
      const before = this.records + Number(error.records)
      const rows = this.builder ? this.builder.rowCount + Number(error.records) : before
      const place = before === 0 ? 'header' : `row ${rows}`
      throw new InputError(
        `'${this.name}', ${place}: expected quotes that balance, got a stray or unclosed '"'; ` +
          'put the cell in quotes and write a quote inside it as \'""\'',
      )
    }
  }

  /** Settles which of the first records is the header. */
  private begin(records: string[][]): void {
    this.first = undefined
    const { header, columns, timezone } = this.options
    const at = headerIndex(records)
    const nameless = header === undefined ? hasNoNames(records, at) : !header
    const head = records[nameless ? 0 : at]
    if (head === undefined) return
    if (!nameless && at > 0) this.notes.push(skippedNote(records.slice(0, at), 'title'))
    const { names, notes, blankEnd } = namesOf(nameless ? head.map(() => '') : head)
    if (nameless && header === undefined)
      this.notes.push(`no row of names: the columns are called 'column 1' to 'column ${head.length}'`)
    else if (!nameless) this.notes.push(...notes)
    this.width = head.length
    this.blankEnd = nameless ? 0 : blankEnd
    this.builder = new TableBuilder(this.name, names, {
      columns,
      timezone,
      droppable: this.blankEnd,
      delimiter: this.delimiter,
      store: this.store,
    })
    const rows = records.slice(nameless ? 0 : at + 1)
    const units = rows.splice(0, nameless ? 0 : linesOfUnits(rows))
    if (units.length > 0) this.notes.push(skippedNote(units, 'units'))
    for (const record of rows) this.add(record)
  }

  private add(record: string[]): void {
    const { width, builder } = this
    if (record.length > 1 && record.every((cell) => cell === '')) return
    const surplus = record.length - width
    if (surplus < 0 && record.length === 1 && !isValue(record[0]!) && builder!.rowCount > 0) {
      this.footer.push(record)
      return
    }
    if (this.footer.length > 0) this.refuse(this.footer[0]!)
    if (this.options.header === false && surplus > 0) {
      builder!.widen(record.length)
      this.width = record.length
    } else if (surplus > 0 && record.slice(width).some((cell) => cell !== '')) this.refuse(record)
    else if (surplus < 0 && this.options.header !== false && -surplus !== this.blankEnd) this.refuse(record)
    builder!.addCells(record)
  }

  private refuse(record: readonly string[]): never {
    throw new InputError(
      `'${this.name}', row ${this.builder!.rowCount + 1}: expected ${this.width} cells as in the header, got ${record.length}; ` +
        `quote the cells that contain ${this.delimiter === '\t' ? 'a tab' : `'${this.delimiter}'`} or complete the row`,
    )
  }
}

/** In long form where rows are series, and columns are times. */
function overTime(table: Table): Table {
  const times = timesAmong(table.columns)
  const others = table.columns.filter((name) => !times.includes(name))
  if (times.length === 0 || others.some((name) => name === 'date' || name === 'value' || table.kind(name) === 'date'))
    return table
  const note = `the columns '${times[0]}' to '${times.at(-1)}' are times: there is a row for each now, with columns 'date' and 'value'`
  return melt(table, times, { along: 'time' }).noted(note)
}

const PLACES = {
  title: 'above the names of the columns',
  units: 'below the names of the columns',
  footer: 'below the last row',
}

function skippedNote(records: readonly (readonly string[])[], what: keyof typeof PLACES): string {
  const shown = records.map((record) => `'${record.filter((cell) => cell !== '').join(' ')}'`).slice(0, 2)
  const [stand, were] = records.length === 1 ? ['one line stands', 'was'] : [`${records.length} lines stand`, 'were']
  return `${stand} ${PLACES[what]} and ${were} skipped: ${shown.join(', ')}`
}
