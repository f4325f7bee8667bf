import { expectOneOf, InputError } from '../base/errors.ts'
import { showCell } from './cells.ts'
import { clockOf } from './clock.ts'
import { type Column, TimeColumn } from './columns.ts'
import { showTime } from './dates.ts'
import { type Duplicates, unique } from './duplicates.ts'
import { fill, fillNote, type Missing } from './fill.ts'
import { fillGaps, frequency, type Gap, gapsOf, missingRows, type Ordered, stepOf } from './grid.ts'
import { groupsOf, orderOf, type Series, seriesOf } from './groups.ts'
import { firstHole, type Numbers, wholeOf } from './numbers.ts'
import type { Step } from './steps.ts'
import type { Table } from './table.ts'

export interface PanelOptions {
  /** The column that names the series of a row; one series unless given. */
  readonly id?: string | undefined
  /** The column of times; the first column of dates unless given. `date + hour` joins two. */
  readonly time?: string | undefined
  /**
   * What is done about cells without a value; refused unless given. With a choice, rows that a regular series lacks are added
   * and their cells are missing too: `'previous'` repeats the value before, `'linear'` goes straight from neighbour to
   * neighbour, `'zero'` sets 0, `'skip'` leaves out the windows that touch them.
   */
  readonly missing?: Missing | undefined
  /** What is done about rows that share a time in a series; refused unless given. */
  readonly duplicates?: Duplicates | undefined
}

/** A table put in order: one series or many, each by ascending time. */
export interface Panel {
  /** The rows by series, then time, with rows added in gaps where that was asked for. */
  readonly table: Table
  /** At least one; in the order that people count in. */
  readonly series: readonly Series[]
  readonly idColumn?: string
  readonly timeColumn?: string
  /** The regular distance in time, where there is one. */
  readonly step?: Step
  /** True when the rows came in another order. */
  readonly sorted: boolean
  /** Sentences for people: frequency, gaps, duplicates, and what was done about missing values of the columns read so far. */
  readonly notes: readonly string[]
  /**
   * A column as numbers `[table.rowCount]`, missing cells filled as chosen; NaN where a hole stays.
   *
   * @throws InputError for an unknown column, a cell that is not a number, or a missing one where no choice was made
   */
  numbers(column: string): Float64Array
  /** The same numbers in memory or in a file, as the table is. @throws InputError as `numbers` */
  read(column: string): Numbers
}

/**
 * A table put in order.
 *
 * @throws InputError for an unknown column or choice, a row without series or time, two rows of one time in a series, or gaps so
 *   large that a date must be wrong
 */
export function panelOf(
  given: Table,
  { id, time, missing = 'refuse', duplicates = 'refuse' }: PanelOptions = {},
): Panel {
  expectOneOf('missing', missing, ['refuse', 'previous', 'linear', 'zero', 'skip'])
  expectOneOf('duplicates', duplicates, ['refuse', 'first', 'last', 'mean'])
  const groups = groupsOf(given, id)
  const clock = clockOf(given, groups, time)
  const order = orderOf(groups, clock?.times)
  const sorted = order.some((row, i) => row !== i)
  const facts = { id, missing, sorted }
  if (!clock) {
    const series = seriesOf(groups, order)
    const notes = [...manyNote(series, id), 'no column of dates: the rows follow each other as they came']
    return new OrderedPanel({ ...facts, notes, series, table: sorted ? given.take(order) : given })
  }
  const timeColumn = clock.column
  const { table, rows, notes } = unique({ ...clock, timeColumn, rows: order, groups, id }, duplicates)
  const inOrder = {
    table: sorted || rows.length < order.length ? table.take(rows) : table,
    series: seriesOf(groups, rows),
    times: sorted || rows.length < order.length ? Float64Array.from(rows, (row) => clock.times[row]!) : clock.times,
  }
  const step = stepOf(inOrder.series, inOrder.times)
  const { gapNotes, ...whole } = step
    ? overGaps(inOrder, step, { timeColumn, id, missing })
    : { gapNotes: [], ...inOrder }
  const pace = step ? frequency(step) : 'the times keep no regular distance: each row is a step'
  const all = [...manyNote(inOrder.series, id), pace, ...clock.notes, ...notes, ...gapNotes]
  return new OrderedPanel({ ...facts, ...whole, timeColumn, step, notes: all })
}

/** Reports the rows that a regular series lacks and, where missing values may be filled, adds them. */
function overGaps(
  rows: Ordered,
  step: Step,
  { timeColumn, id, missing }: { timeColumn: string; id: string | undefined; missing: Missing },
) {
  const { table, series, times } = rows
  const gaps = gapsOf(series, times, step)
  if (gaps.length === 0) return { ...rows, gapNotes: [] }
  const found = gapNote(rows, gaps)
  if (missing === 'refuse')
    return {
      ...rows,
      gapNotes: [
        `${found}; the rows around a gap are taken as neighbours, unless missing (--missing) says how to fill it`,
      ],
    }
  const filled = fillGaps(rows, step, gaps)
  const known = new Map<string, Column>([[timeColumn, new TimeColumn(filled.times)]])
  if (id !== undefined) known.set(id, table.column(id).take(filled.origins))
  return { ...filled, table: table.take(filled.rows).with(known), gapNotes: [`${found}; rows were added there`] }
}

function manyNote(series: readonly Series[], id: string | undefined): string[] {
  if (id === undefined) return []
  const lengths = series.map(({ start, end }) => end - start)
  const [least, most] = [lengths.reduce((a, b) => Math.min(a, b)), lengths.reduce((a, b) => Math.max(a, b))]
  return [`${series.length} series by '${id}', of ${least === most ? most : `${least} to ${most}`} rows`]
}

/** `5 rows are missing in 2 places: after row 9 (2012-01-09) and row 20 (2012-01-22)`. */
function gapNote({ table, times, series }: Ordered, gaps: readonly Gap[]): string {
  const rows = missingRows(gaps)
  const shown = gaps.slice(0, 3).map(({ after }) => {
    const { id } = series.find(({ end }) => after < end)!
    return `row ${table.rowNumber(after)} (${id === '' ? '' : `${id}, `}${showTime(times[after]!)})`
  })
  const places = gaps.length > 3 ? `${shown.join(', ')} and ${gaps.length - 3} more` : shown.join(' and ')
  const count =
    rows === 1
      ? 'one row is missing'
      : `${rows} rows are missing in ${gaps.length === 1 ? 'one place' : `${gaps.length} places`}`
  return `${count}: after ${places}`
}

interface Facts {
  readonly table: Table
  readonly series: readonly Series[]
  readonly sorted: boolean
  readonly notes: readonly string[]
  readonly missing: Missing
  readonly id: string | undefined
  readonly timeColumn?: string
  readonly step?: Step | undefined
}

class OrderedPanel implements Panel {
  readonly table: Table
  readonly series: readonly Series[]
  readonly sorted: boolean
  readonly idColumn?: string
  readonly timeColumn?: string
  readonly step?: Step
  private readonly missing: Missing
  private readonly general: readonly string[]
  private readonly columns = new Map<string, { readonly values: Numbers; readonly note?: string | undefined }>()

  constructor({ table, series, sorted, notes, missing, id, timeColumn, step }: Facts) {
    this.table = table
    this.series = series
    this.sorted = sorted
    this.general = notes
    this.missing = missing
    if (id !== undefined) this.idColumn = id
    if (timeColumn !== undefined) this.timeColumn = timeColumn
    if (step !== undefined) this.step = step
  }

  get notes(): readonly string[] {
    return [...this.general, ...[...this.columns.values()].flatMap(({ note }) => note ?? [])]
  }

  numbers(column: string): Float64Array {
    return wholeOf(this.read(column))
  }

  read(column: string): Numbers {
    const known = this.columns.get(column) ?? this.filled(column)
    this.columns.set(column, known)
    return known.values
  }

  private filled(column: string) {
    const { missing, table, series } = this
    const values = table.read(column)
    const hole = firstHole(values)
    if (hole === -1) return { values }
    if (missing === 'refuse') throw this.refusal(values, hole, column)
    const filled = fill(values, series, missing, table.store)
    return { values: filled.values, note: fillNote(column, filled, missing) }
  }

  private refusal(values: Numbers, hole: number, column: string): InputError {
    const { table } = this
    let count = 0
    for (const piece of values.pieces()) for (const value of piece) if (Number.isNaN(value)) count++
    const more = count > 1 ? ` (and ${count - 1} more)` : ''
    return new InputError(
      `${table.place(hole, column)}: expected a number, got ${showCell(table.column(column).text(hole))}${more}; complete the ` +
        "cells, or choose how to fill them with missing: 'previous', 'linear', 'zero' or 'skip' (--missing previous)",
    )
  }
}
