import { InputError } from '../base/errors.ts'
import { showTime } from './dates.ts'
import type { Table } from './table.ts'

/** A table whose rows follow each other in time. */
export interface Chronology {
  readonly table: Table
  /** True when the rows came in another order. */
  readonly sorted: boolean
}

/**
 * The rows of a table by ascending time; a table without a time column is taken to be in order already.
 *
 * @throws InputError when two rows share a time, or a cell of the column is not a date
 */
export function chronological(table: Table, timeColumn: string | undefined): Chronology {
  if (timeColumn === undefined) return { table, sorted: false }
  const times = table.dates(timeColumn)
  const order = Uint32Array.from(times, (_, row) => row).sort((a, b) => times[a]! - times[b]!)
  const twin = order.findIndex((row, i) => i > 0 && times[row] === times[order[i - 1]!])
  if (twin !== -1)
    throw new InputError(
      `'${table.name}', column '${timeColumn}': expected each time once, got ${showTime(times[order[twin]!]!)} in rows ` +
        `${order[twin - 1]! + 1} and ${order[twin]! + 1}; keep the rows of one series, one a time`,
    )
  const sorted = order.some((row, i) => row !== i)
  return { table: sorted ? table.take(order) : table, sorted }
}
