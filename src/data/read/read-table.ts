import { InputError } from '../../base/errors.ts'
import type { Table } from '../table.ts'
import { type CsvOptions, readCsv } from './csv.ts'
import { bytesOf, nameOf, type Source } from './source.ts'
import { storeFor } from './spilling.ts'
import { textPieces } from './text-pieces.ts'

export type TableFormat = 'csv' | 'json' | 'jsonl' | 'parquet'

export interface ReadOptions extends CsvOptions {
  /** What the source holds; told by its name and its first bytes unless given. */
  readonly format?: TableFormat
}

const FORMATS: Readonly<Record<string, TableFormat>> = {
  csv: 'csv',
  tsv: 'csv',
  tab: 'csv',
  txt: 'csv',
  json: 'json',
  jsonl: 'jsonl',
  ndjson: 'jsonl',
  parquet: 'parquet',
  pq: 'parquet',
}

/** Formats that are often tried, and what to do about them. */
const FOREIGN: Readonly<Record<string, string>> = {
  xlsx: 'a spreadsheet: save it as CSV',
  xls: 'a spreadsheet: save it as CSV',
  ods: 'a spreadsheet: save it as CSV',
  zip: 'an archive: unpack it and name a file inside it',
  feather: 'Arrow: write it as Parquet',
  arrow: 'Arrow: write it as Parquet',
  h5: 'HDF5: write it as Parquet',
  pkl: 'a Python pickle: write it as Parquet',
}

/**
 * Reads a table: delimited text (`.csv`, `.tsv`, `.txt`), JSON (`.json`, lines of it as `.jsonl` or `.ndjson`), Parquet, and each
 * of the text forms packed by gzip. What the reader did beyond reading is in the table's notes.
 *
 * @param source a path; in a page a File or Blob
 * @throws InputError when the source cannot be read, is damaged or of another format, as `parseCsv` for delimited text, or where a
 *   column that was asked for is not there
 */
export async function readTable(source: Source, options: ReadOptions = {}): Promise<Table> {
  const name = options.name ?? nameOf(source)
  const bytes = await bytesOf(source)
  const format = options.format ?? (await formatOf(bytes, nameOf(source)))
  if (format === 'csv') return readCsv(source, { ...options, name })
  const { columns, timezone } = options
  const store = storeFor(bytes, options)
  const wanted = { name, store, ...(columns ? { columns } : {}), ...(timezone ? { timezone } : {}) }
  if (format === 'parquet') return (await import('./parquet.ts')).readParquet(bytes, wanted)
  const { readJson, readJsonLines } = await import('./json.ts')
  const { pieces } = await textPieces(bytes, name)
  return (format === 'json' ? readJson : readJsonLines)(pieces, wanted)
}

async function formatOf(bytes: Blob, name: string): Promise<TableFormat> {
  const extension = /\.(\w+?)(?:\.gz)?$/i.exec(name)?.[1]?.toLowerCase() ?? ''
  const first = await bytes.slice(0, 512).text()
  if (first.startsWith('PAR1')) return 'parquet'
  if (FORMATS[extension]) return FORMATS[extension]
  const foreign = FOREIGN[extension] ?? (first.startsWith('PK\u0003\u0004') ? FOREIGN.zip : undefined)
  if (foreign) throw new InputError(`'${name}': expected CSV, TSV, JSON, JSON lines or Parquet, got ${foreign}`)
  if (/^\s*\[/.test(first)) return 'json'
  return /^\s*\{/.test(first) ? 'jsonl' : 'csv'
}
