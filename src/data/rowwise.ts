import type { Series } from './groups.ts'
import type { Numbers, Store } from './numbers.ts'
import type { Panel } from './panel.ts'
import type { Step } from './steps.ts'

/** Columns of rows in the order of series and time: a panel's own, or the end of one and what is to come. */
export interface Rowwise {
  /** What messages call the table. */
  readonly name: string
  readonly count: number
  readonly series: readonly Series[]
  readonly times?: Float64Array | undefined
  readonly step?: Step | undefined
  /** Where numbers made of them are kept. */
  readonly store: Store
  numbers(column: string): Numbers
  /** Rows from one up to another, as a person finds them in the file. */
  show(from: number, to: number): string
}

/** A panel's own rows. */
export const rowsOf = (panel: Panel): Rowwise => ({
  name: panel.table.name,
  count: panel.table.rowCount,
  series: panel.series,
  step: panel.step,
  times: panel.timeColumn === undefined ? undefined : panel.table.dates(panel.timeColumn),
  store: panel.table.store,
  numbers: (column) => panel.read(column),
  show: (from, to) => panel.table.showRows(from, to, panel.timeColumn),
})

/** The place of the series that a row belongs to: they stand one behind another. */
export function seriesAt(series: readonly Series[], row: number): number {
  let [low, high] = [0, series.length - 1]
  while (low < high) {
    const middle = (low + high) >> 1
    if (row < series[middle]!.end) high = middle
    else low = middle + 1
  }
  return low
}
