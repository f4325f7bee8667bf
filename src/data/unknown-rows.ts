import { isMissing } from './cells.ts'
import { clockOf } from './clock.ts'
import { groupsOf } from './groups.ts'
import type { PanelOptions } from './panel.ts'
import type { Table } from './table.ts'

/** A table in two: the rows whose target is known, and those behind them that are to be forecast. */
export interface KnownAhead {
  readonly known: Table
  /** Rows at the end of each series whose target is empty: they tell what is known ahead. */
  readonly ahead?: Table
}

/** Takes apart the rows at the end of each series that have no target yet. */
export function knownAhead(table: Table, { target, id, time }: PanelOptions & { readonly target: string }): KnownAhead {
  const { rowCount } = table
  const cells = table.column(target)
  const empty = (row: number) => Number.isNaN(cells.number(row)) && isMissing(cells.text(row))
  let first = 0
  while (first < rowCount && !empty(first)) first++
  if (first === rowCount) return { known: table }
  const groups = groupsOf(table, id)
  const times = clockOf(table, groups, time)?.times
  const placeOf = (row: number) => times?.[row] ?? row
  const last = new Float64Array(groups.names.length).fill(Number.NEGATIVE_INFINITY)
  for (let row = 0; row < rowCount; row++)
    if (!empty(row)) last[groups.of[row]!] = Math.max(last[groups.of[row]!]!, placeOf(row))
  // A series without any target stays, to be refused by its first cell.
  const isAhead = (row: number) => {
    const end = last[groups.of[row]!]!
    return Number.isFinite(end) && placeOf(row) > end
  }
  let count = 0
  for (let row = 0; row < rowCount; row++) if (isAhead(row)) count++
  if (count === 0) return { known: table }
  const [known, ahead] = [new Uint32Array(rowCount - count), new Uint32Array(count)]
  let next = 0
  for (let row = 0; row < rowCount; row++)
    if (isAhead(row)) ahead[next++] = row
    else known[row - next] = row
  return { known: table.take(known), ahead: table.take(ahead) }
}
