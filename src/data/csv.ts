// The browser build is the one that loads everywhere: the other needs Node's Buffer as soon as it is imported.
import { CsvError, parse } from '#csv'
import { InputError, suggestion } from '../base/errors.ts'
import { fileSystem } from '../base/node.ts'
import { columnOf } from './column-builder.ts'
import { Table } from './table.ts'

export interface CsvOptions {
  /** What messages call the table. */
  readonly name?: string
}

const DELIMITERS = [',', ';', '\t', '|']

/**
 * Reads a file of delimited text with a header row; the delimiter is found among comma, semicolon, tab and bar.
 *
 * @throws InputError when the file cannot be read, and as `parseCsv`
 */
export async function readCsv(path: string, options: CsvOptions = {}): Promise<Table> {
  return parseCsv(await readText(path), { name: path, ...options })
}

/**
 * A table from delimited text with a header row. Quoted cells, a byte-order mark, any line ends and blank lines are
 * understood; rows are counted from 1 below the header.
 *
 * @throws InputError when there is no header or no row, names are empty or repeated, a row is of another length than
 *   the header, or quotes do not balance
 */
export function parseCsv(text: string, { name = 'table' }: CsvOptions = {}): Table {
  const delimiter = findDelimiter(text)
  const [header, ...rows] = parseRecords(text, name, delimiter)
  if (header === undefined)
    throw new InputError(`'${name}' is empty; expected a header row with the column names and rows of data below it`)
  const columns = header.map((column) => column.trim())
  checkHeader(columns, name)
  if (rows.length === 0)
    throw new InputError(`'${name}' has a header but no rows; expected at least one row of data below it`)
  rows.forEach((row, i) => {
    if (row.length !== columns.length)
      throw new InputError(
        `'${name}', row ${i + 1}: expected ${columns.length} cells as in the header, got ${row.length}; ` +
          `quote the cells that contain ${delimiter === '\t' ? 'a tab' : `'${delimiter}'`} or complete the row`,
      )
  })
  return new Table(name, new Map(columns.map((column, j) => [column, columnOf(rows.map((row) => row[j]!))])))
}

function parseRecords(text: string, name: string, delimiter: string): string[][] {
  // Rows of another length are let through here, to be refused in our own words.
  const lines = { bom: true, record_delimiter: ['\r\n', '\n', '\r'], skip_empty_lines: true, relax_column_count: true }
  try {
    return parse(text, { ...lines, delimiter, trim: true })
  } catch (error) {
    if (!(error instanceof CsvError)) throw error
    const place = error.records === 0 ? 'header' : `row ${String(error.records)}`
    throw new InputError(
      `'${name}', ${place}: expected quotes that balance, got a stray or unclosed '"'; ` +
        'put the cell in quotes and write a quote inside it as \'""\'',
    )
  }
}

/** The delimiter seen most often outside quotes in the first line that is not blank. */
function findDelimiter(text: string): string {
  const header = /^\uFEFF?[\r\n ]*([^\r\n]*)/.exec(text)![1]!.replace(/"[^"]*"/g, '')
  const counts = DELIMITERS.map((delimiter) => header.split(delimiter).length)
  return DELIMITERS[counts.indexOf(Math.max(...counts))]!
}

function checkHeader(columns: readonly string[], name: string): void {
  columns.forEach((column, j) => {
    if (column === '')
      throw new InputError(`'${name}', header, column ${j + 1}: expected a name, got an empty cell; name every column`)
    const earlier = columns.indexOf(column)
    if (earlier < j)
      throw new InputError(
        `'${name}', header: expected each name once, got '${column}' in columns ${earlier + 1} and ${j + 1}; ` +
          'rename one, or add a header row if the first row is data',
      )
  })
}

async function readText(path: string): Promise<string> {
  const files = fileSystem('parseCsv takes the text of a table')
  try {
    return await files.readFile(path, 'utf8')
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code
    if (code === 'ENOENT') throw new InputError(`no such file: '${path}'${await similarFile(path, files)}`)
    if (code === 'EISDIR') throw new InputError(`'${path}' is a folder, expected a CSV file; name a file inside it`)
    throw new InputError(`'${path}' cannot be read (${code}); check the path and its permissions`)
  }
}

async function similarFile(path: string, { basename, dirname, readdir }: ReturnType<typeof fileSystem>) {
  const siblings = await readdir(dirname(path)).catch(() => [])
  return suggestion(basename(path), siblings) || '; check the path'
}
