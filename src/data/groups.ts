import { InputError } from '../base/errors.ts'
import type { Table } from './table.ts'

/** The rows of one series, from `start` up to, not including, `end`. */
export interface Series {
  /** Its name in the id column; empty where there is none. */
  readonly id: string
  readonly start: number
  readonly end: number
}

/** Which series each row belongs to. */
export interface Groups {
  /** The series by name, in the order that people count in: `H2` before `H10`. */
  readonly names: readonly string[]
  /** Of each row, the place of its series. */
  readonly of: Int32Array
}

/** @throws InputError for an unknown column, or a row that names no series */
export function groupsOf(table: Table, id: string | undefined): Groups {
  if (id === undefined) return { names: [''], of: new Int32Array(table.rowCount) }
  const cells = table.column(id)
  const places = new Map<string, number>()
  const met = Int32Array.from({ length: table.rowCount }, (_, row) => {
    const name = cells.text(row).trim()
    // NA is North America as well.
    if (name === '')
      throw new InputError(
        `${table.place(row, id)}: expected the name of a series, got an empty cell; complete the cell or remove the row`,
      )
    if (!places.has(name)) places.set(name, places.size)
    return places.get(name)!
  })
  const { compare } = new Intl.Collator('en', { numeric: true })
  const names = [...places.keys()].sort((a, b) => compare(a, b) || (a < b ? -1 : 1))
  const ranks = new Int32Array(names.length)
  names.forEach((name, rank) => {
    ranks[places.get(name)!] = rank
  })
  return { names, of: met.map((place) => ranks[place]!) }
}

/** The rows by series, then time, then as they came. */
export function orderOf({ names, of }: Groups, times: Float64Array | undefined): Uint32Array {
  const ends = new Uint32Array(names.length + 1)
  for (let row = 0; row < of.length; row++) ends[of[row]! + 1]!++
  for (let series = 0; series < names.length; series++) ends[series + 1]! += ends[series]!
  const next = ends.slice()
  const rows = new Uint32Array(of.length)
  for (let row = 0; row < of.length; row++) rows[next[of[row]!]!++] = row
  for (let series = 0; times && series < names.length; series++) {
    const own = rows.subarray(ends[series]!, ends[series + 1]!)
    if (!own.every((row, i) => i === 0 || times[row]! >= times[own[i - 1]!]!))
      own.sort((a, b) => times[a]! - times[b]! || a - b)
  }
  return rows
}

/** The series of rows in that order. */
export function seriesOf({ names, of }: Groups, rows: ArrayLike<number>): Series[] {
  const ends = new Int32Array(names.length)
  for (let i = 0; i < rows.length; i++) ends[of[rows[i]!]!] = i + 1
  return names.map((id, i) => ({ id, start: i === 0 ? 0 : ends[i - 1]!, end: ends[i]! }))
}
