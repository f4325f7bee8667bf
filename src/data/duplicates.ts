import { InputError } from '../base/errors.ts'
import { type Column, NumberColumn } from './columns.ts'
import { showTime } from './dates.ts'
import type { Groups } from './groups.ts'
import type { Table } from './table.ts'

/** What is done about rows that share a time in a series. */
export type Duplicates = 'refuse' | 'first' | 'last' | 'mean'

/** Rows by time with no time twice in a series. */
export interface Unique {
  readonly table: Table
  /** Rows of it, in order. */
  readonly rows: Uint32Array
  readonly notes: readonly string[]
}

/** Rows that tell whether a column names series. */
const JUDGED = 1_000_000

interface Given {
  readonly table: Table
  /** In order of series and time. */
  readonly rows: Uint32Array
  readonly times: Float64Array
  readonly timeColumn: string
  readonly groups: Groups
  readonly id: string | undefined
}

/**
 * Leaves one row a time in each series.
 *
 * @throws InputError for `'refuse'` where two rows share a time, naming both and the ways out
 */
export function unique(given: Given, duplicates: Duplicates): Unique {
  const { table, rows, times, timeColumn, groups } = given
  const starts = rows.filter((row, i) => i === 0 || !isTwin(row, rows[i - 1]!))
  if (starts.length === rows.length) return { table, rows, notes: [] }
  function isTwin(a: number, b: number): boolean {
    return times[a] === times[b] && groups.of[a] === groups.of[b]
  }
  const twins: number[][] = []
  rows.forEach((row, i) => {
    if (i === 0 || !isTwin(row, rows[i - 1]!)) return
    if (twins.at(-1)?.at(-1) === rows[i - 1]) twins.at(-1)!.push(row)
    else twins.push([rows[i - 1]!, row])
  })
  const [[a, b]] = twins as [[number, number]]
  const where = `${showTime(times[a]!)} in rows ${table.rowNumber(a)} and ${table.rowNumber(b)}`
  const name = groups.names[groups.of[a]!]!
  const whose = name === '' ? '' : ` in series '${name}'`
  if (duplicates === 'refuse')
    throw new InputError(
      `'${table.name}', column '${timeColumn}': expected each time once${whose}, got ${where}; ${wayOut(given)}`,
    )
  const more = rows.length - starts.length
  const kept = duplicates === 'mean' ? 'their means were taken' : `the ${duplicates} of each was kept`
  const times_ = twins.length === 1 ? 'one time comes' : `${twins.length} times come`
  return {
    table: duplicates === 'mean' ? table.with(means(given, twins)) : table,
    rows: duplicates === 'last' ? rows.filter((row, i) => i + 1 === rows.length || !isTwin(rows[i + 1]!, row)) : starts,
    notes: [
      `${times_} more than once, ${more} rows in all (${where}${twins.length > 1 ? ', …' : ''}${whose}): ${kept}`,
    ],
  }
}

function wayOut({ table, times, timeColumn, id }: Given): string {
  const merge = "or merge such rows with duplicates: 'first', 'last' or 'mean' (--duplicates mean)"
  if (id !== undefined) return `remove one, ${merge}`
  const rows = Math.min(table.rowCount, JUDGED)
  const tells = (name: string) => {
    const cells = table.column(name)
    const [names, met] = [new Set<string>(), new Set<string>()]
    for (let row = 0; row < rows; row++) {
      const text = cells.text(row).trim()
      names.add(text)
      if (text === '' || met.size === met.add(`${times[row]} ${text}`).size) return false
    }
    return names.size <= rows / (table.kind(name) === 'text' ? 1 : 3)
  }
  const [texts, numbers] = (['text', 'number'] as const).map((kind) =>
    table.columns.filter((name) => name !== timeColumn && table.kind(name) === kind),
  )
  const telling = [...texts!, ...numbers!].find(tells)
  return telling === undefined
    ? `name the column that tells series apart with id (--id), ${merge}`
    : `name the column of series: id: '${telling}' (--id ${telling}), ${merge}`
}

/** The columns of numbers, with the mean of each run of rows in its first. */
function means({ table, timeColumn, id }: Given, runs: readonly (readonly number[])[]): Map<string, Column> {
  const names = table.columns.filter((name) => table.kind(name) === 'number' && name !== timeColumn && name !== id)
  return new Map(names.map((name) => [name, meansOf(table, table.column(name), runs)]))
}

function meansOf({ store }: Table, column: Column, runs: readonly (readonly number[])[]): Column {
  const means = new Map<number, number>()
  for (const run of runs) {
    const known = run.map((row) => column.number(row)).filter((value) => !Number.isNaN(value))
    if (known.length > 0) means.set(run[0]!, known.reduce((sum, value) => sum + value, 0) / known.length)
  }
  const values = store.writer()
  const words = new Map<number, string>()
  for (let row = 0; row < column.length; row++) {
    const value = means.get(row) ?? column.number(row)
    values.push(value)
    if (Number.isNaN(value)) words.set(row, column.text(row))
  }
  return new NumberColumn(values.finish(), words)
}
