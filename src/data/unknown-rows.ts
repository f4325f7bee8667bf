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
  const cells = table.column(target)
  const missing = Array.from({ length: table.rowCount }, (_, row) => isMissing(cells.text(row)))
  if (!missing.includes(true)) return { known: table }
  const groups = groupsOf(table, id)
  const times = clockOf(table, groups, time)?.times
  const placeOf = (row: number) => times?.[row] ?? row
  const last = new Float64Array(groups.names.length).fill(Number.NEGATIVE_INFINITY)
  for (const [row, empty] of missing.entries()) {
    const group = groups.of[row]!
    if (!empty) last[group] = Math.max(last[group]!, placeOf(row))
  }
  const [known, ahead]: [number[], number[]] = [[], []]
  for (let row = 0; row < table.rowCount; row++) {
    const end = last[groups.of[row]!]!
    // A series without any target stays, to be refused by its first cell.
    ;(Number.isFinite(end) && placeOf(row) > end ? ahead : known).push(row)
  }
  return ahead.length === 0 ? { known: table } : { known: table.take(known), ahead: table.take(ahead) }
}
