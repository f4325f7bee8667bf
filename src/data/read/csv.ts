import type { Table } from '../table.ts'
import { type DelimitedOptions, DelimitedReader } from './delimited.ts'
import { bytesOf, nameOf, type Source } from './source.ts'
import { type SpillOptions, storeFor } from './spilling.ts'
import { textPieces } from './text-pieces.ts'

export interface CsvOptions extends DelimitedOptions, SpillOptions {}

/**
 * Reads a file of delimited text, piece by piece; the delimiter is found among comma, semicolon, tab and bar. Gzip is unpacked.
 *
 * @throws InputError when the file cannot be read, and as `parseCsv`
 */
export async function readCsv(source: Source, options: CsvOptions = {}): Promise<Table> {
  const name = nameOf(source)
  const bytes = await bytesOf(source)
  const { pieces, notes } = await textPieces(bytes, name)
  const reader = new DelimitedReader({ name, ...options }, storeFor(bytes, options))
  for await (const piece of pieces) reader.feed(piece)
  return reader.finish(notes)
}

/**
 * A table from delimited text with a header row. Quoted cells, a byte-order mark, any line ends and blank lines are
 * understood, and so are lines of a title above the header, decimal commas and thousands separators; columns without a name of
 * their own get one. What was done is in the table's notes. Rows are counted from 1 below the header.
 *
 * @throws InputError when there is no header or no row, a row is of another length than the header, quotes do not balance, or
 *   a column that was asked for is not there
 */
export function parseCsv(text: string, options: DelimitedOptions = {}): Table {
  const reader = new DelimitedReader(options)
  reader.feed(text)
  return reader.finish()
}
