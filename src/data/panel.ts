import { InputError } from '../base/errors.ts'
import { showTime } from './dates.ts'
import { inferStep, type Step } from './steps.ts'
import type { Table } from './table.ts'

export type Missing = 'refuse' | 'previous' | 'linear' | 'zero' | 'skip'
export type Duplicates = 'refuse' | 'first' | 'last' | 'mean'

export interface PanelOptions {
  /** The column that tells series apart. */
  readonly id?: string | undefined
  readonly time?: string | undefined
  readonly missing?: Missing | undefined
  readonly duplicates?: Duplicates | undefined
}

/** Rows of a series, from `start` up to `end`, by ascending time. */
export interface Series {
  readonly id: string
  readonly start: number
  readonly end: number
}

export interface Panel {
  readonly table: Table
  readonly series: readonly Series[]
  readonly idColumn?: string
  readonly timeColumn?: string
  readonly step?: Step
  readonly sorted: boolean
  readonly notes: readonly string[]
  numbers(column: string): Float64Array
}

export function panelOf(table: Table, { id, time = table.timeColumn }: PanelOptions = {}): Panel {
  const times = time === undefined ? undefined : table.dates(time)
  const ids = id === undefined ? undefined : table.text(id)
  const order = Uint32Array.from({ length: table.rowCount }, (_, row) => row)
  const rank = new Map<string, number>()
  for (const name of ids ?? ['']) if (!rank.has(name)) rank.set(name, rank.size)
  const groupOf = (row: number) => (ids ? rank.get(ids[row]!)! : 0)
  order.sort((a, b) => groupOf(a) - groupOf(b) || (times ? times[a]! - times[b]! : a - b))
  const sorted = order.some((row, i) => row !== i)
  const series: Series[] = []
  for (const [name, group] of rank) {
    const start = series.at(-1)?.end ?? 0
    let end = start
    while (end < order.length && groupOf(order[end]!) === group) end++
    series.push({ id: name, start, end })
  }
  for (const { start, end } of series)
    for (let i = start + 1; times && i < end; i++)
      if (times[order[i]!] === times[order[i - 1]!])
        throw new InputError(
          `'${table.name}', column '${time}': expected each time once, got ${showTime(times[order[i]!]!)} in rows ` +
            `${order[i - 1]! + 1} and ${order[i]! + 1}; keep the rows of one series, one a time`,
        )
  const ordered = sorted ? table.take(order) : table
  const { start, end } = series[0]!
  const step = time === undefined ? undefined : inferStep(ordered.dates(time).subarray(start, end))
  return {
    table: ordered,
    series,
    ...(id === undefined ? {} : { idColumn: id }),
    ...(time === undefined ? {} : { timeColumn: time }),
    ...(step ? { step } : {}),
    sorted,
    notes: [],
    numbers: (column) => ordered.numbers(column),
  }
}
