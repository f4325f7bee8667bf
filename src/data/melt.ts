import { InputError } from '../base/errors.ts'
import { isMissing } from './cells.ts'
import { columnOf } from './column-builder.ts'
import type { Column } from './columns.ts'
import type { Table } from './table.ts'

export interface MeltOptions {
  /**
   * What lies along the columns: `'series'`, a series each, as in `date, Oslo, Rome`; or `'time'`, where a row is a series, as in
   * `country, 1960, 1961`.
   */
  readonly along?: 'series' | 'time'
  /** The column that names series already: of `'series'`, their names become `id column`. */
  readonly id?: string
  /** The new column of names: `series` unless given, `date` along time. */
  readonly name?: string
  /** The new column of values: `value` unless given. */
  readonly value?: string
}

/**
 * A long table of a wide one: the named columns become one column of values, with a column that says which each came from.
 * The other columns are repeated. Along time, the empty cells ahead of the first value of a series and behind its last are left out.
 *
 * @throws InputError for no or unknown columns, or where a new name is one of a column that stays
 */
export function melt(table: Table, columns: readonly string[], options: MeltOptions = {}): Table {
  const { along = 'series', id, value = 'value', name = along === 'time' ? 'date' : 'series' } = options
  if (columns.length === 0)
    throw new InputError(`melt: expected at least one column of '${table.name}', got none; name the columns of values`)
  const cells = columns.map((column) => table.column(column))
  const kept = table.columns.filter((column) => !columns.includes(column))
  for (const column of [name, value])
    if (kept.includes(column))
      throw new InputError(`melt: '${table.name}' has a column '${column}' already; choose another name or value`)
  const places = along === 'time' ? betweenEnds(cells, table.rowCount) : everyPlace(cells.length, table.rowCount)
  const names = id === undefined || along === 'time' ? undefined : table.column(id)
  const rows = Int32Array.from(places, ([, row]) => row)
  const nameOf = ([j, row]: Place) => (names ? `${names.text(row)} ${columns[j]}` : columns[j]!)
  const long = table.of(new Map(kept.map((column) => [column, table.column(column)]))).take(rows)
  return long.of(
    new Map([
      ...kept.map((column) => [column, long.column(column)] as const),
      [name, columnOf(places.map(nameOf))],
      [value, columnOf(places.map(([j, row]) => cells[j]!.text(row)))],
    ]),
  )
}

type Place = readonly [column: number, row: number]

function everyPlace(columns: number, rows: number): Place[] {
  return Array.from({ length: columns * rows }, (_, i) => [Math.floor(i / rows), i % rows])
}

/** Row by row, each from its first cell that says something to its last. */
function betweenEnds(cells: readonly Column[], rows: number): Place[] {
  return Array.from({ length: rows }, (_, row) => row).flatMap((row) => {
    const says = (column: Column) => !isMissing(column.text(row))
    const [first, last] = [cells.findIndex(says), cells.findLastIndex(says)]
    return first === -1 ? [] : Array.from({ length: last + 1 - first }, (_, j): Place => [first + j, row])
  })
}
