import { isMissing } from './cells.ts'
import type { PanelOptions } from './panel.ts'
import type { Table } from './table.ts'

/** A table in two: the rows whose target is known, and those behind them that are to be forecast. */
export interface KnownAhead {
  readonly known: Table
  /** Rows at the end of each series whose target is empty: they tell what is known ahead. */
  readonly ahead?: Table
}

/** Takes apart the rows at the end of each series that have no target yet. */
export function knownAhead(
  table: Table,
  { target, id, time = table.timeColumn }: PanelOptions & { readonly target: string },
): KnownAhead {
  const cells = table.text(target)
  if (!cells.some(isMissing)) return { known: table }
  const ids = id === undefined ? undefined : table.text(id)
  const times = time === undefined ? undefined : table.dates(time)
  const placeOf = (row: number) => times?.[row] ?? row
  const last = new Map<string, number>()
  for (let row = 0; row < table.rowCount; row++) {
    const series = ids?.[row] ?? ''
    if (!isMissing(cells[row]!)) last.set(series, Math.max(last.get(series) ?? Number.NEGATIVE_INFINITY, placeOf(row)))
  }
  const [known, ahead]: [number[], number[]] = [[], []]
  for (let row = 0; row < table.rowCount; row++) {
    const end = last.get(ids?.[row] ?? '') ?? Number.POSITIVE_INFINITY
    ;(placeOf(row) > end ? ahead : known).push(row)
  }
  return ahead.length === 0 ? { known: table } : { known: table.take(known), ahead: table.take(ahead) }
}
