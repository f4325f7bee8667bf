import { InputError } from '../base/errors.ts'
import { type Cell, showTime } from '../data/index.ts'
import { writeWhole } from './files.ts'

/** Columns of one length by name: numbers, text or dates; nothing, or NaN, is an empty cell. */
export type Columns = Readonly<Record<string, ArrayLike<Cell | null | undefined>>>

/** Columns as delimited text with a row of names; dates in ISO form. @throws InputError where columns differ in length */
export function formatCsv(columns: Columns, delimiter = ','): string {
  const mustQuote = new RegExp(`["\\r\\n${delimiter}]|^\\s|\\s$`)
  const quoted = (cell: string) => (mustQuote.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell)
  const rows = rowsOf(columns).map((row) => row.map((value) => (value === null ? '' : String(value))))
  return [Object.keys(columns), ...rows].map((row) => `${row.map(quoted).join(delimiter)}\n`).join('')
}

/**
 * Writes columns as the file's name says: `.csv`, `.tsv`, `.json` (an array of objects), `.jsonl` or `.parquet`. A crash leaves
 * the old file whole.
 *
 * @throws InputError for another name, columns of different lengths, or a place that cannot be written
 */
export async function writeTable(path: string, columns: Columns): Promise<void> {
  const extension = /\.(\w+)$/.exec(path)?.[1]?.toLowerCase() ?? ''
  const format = FORMATS[extension]
  if (!format)
    throw new InputError(`expected a file name that ends in .csv, .tsv, .json, .jsonl or .parquet, got '${path}'`)
  await writeWhole(path, await format(columns))
}

type Format = (columns: Columns) => string | Promise<Uint8Array>

const FORMATS: Readonly<Record<string, Format>> = {
  csv: (columns) => formatCsv(columns),
  tsv: (columns) => formatCsv(columns, '\t'),
  json: (columns) => `[\n${jsonRows(columns).join(',\n')}\n]\n`,
  jsonl: (columns) => `${jsonRows(columns).join('\n')}\n`,
  parquet: formatParquet,
}

/** Columns of numbers as doubles, of dates as UTC timestamps in milliseconds, all others as text. */
async function formatParquet(columns: Columns): Promise<Uint8Array> {
  rowsOf(columns)
  const { parquetWriteBuffer } = await import('hyparquet-writer')
  const columnData = Object.entries(columns).map(([name, values]) => {
    const present = Array.from(values, (value) => (isNothing(value) ? null : value))
    const all = (is: (value: Cell) => boolean) => present.every((value) => value === null || is(value))
    if (all((value) => typeof value === 'number')) return { name, data: present, type: 'DOUBLE' as const }
    if (all((value) => value instanceof Date)) return { name, data: present, type: 'TIMESTAMP' as const }
    return {
      name,
      data: present.map((value) => (value === null ? null : String(plain(value)))),
      type: 'STRING' as const,
    }
  })
  return new Uint8Array(parquetWriteBuffer({ columnData }))
}

function jsonRows(columns: Columns): string[] {
  const names = Object.keys(columns)
  return rowsOf(columns).map((row) => JSON.stringify(Object.fromEntries(names.map((name, j) => [name, row[j]]))))
}

function rowsOf(columns: Columns): (string | number | null)[][] {
  const entries = Object.entries(columns)
  const [first] = entries
  const other = entries.find(([, values]) => values.length !== first![1].length)
  if (first && other)
    throw new InputError(
      `columns to write: expected ${first[1].length} values in '${other[0]}' as in '${first[0]}', got ${other[1].length}`,
    )
  return Array.from({ length: first?.[1].length ?? 0 }, (_, row) => entries.map(([, values]) => plain(values[row])))
}

function plain(value: Cell | null | undefined): string | number | null {
  if (isNothing(value)) return null
  return value instanceof Date ? showTime(value.getTime()) : value
}

const isNothing = (value: Cell | null | undefined): value is null | undefined =>
  value === null || value === undefined || Number.isNaN(value instanceof Date ? value.getTime() : value)
