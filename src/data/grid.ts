import { InputError } from '../base/errors.ts'
import { showTime } from './dates.ts'
import type { Series } from './groups.ts'
import { addSteps, inferStep, type Step, stepsBetween } from './steps.ts'
import type { Table } from './table.ts'

// A day with a change of the clock is a 24th longer or shorter.
const OFF_GRID = 0.1
const REGULAR = 0.9

/**
 * The step that most series have, if the rows keep to it: nine of ten distances are whole numbers of steps.
 *
 * @param times by row, ascending in each series
 */
export function stepOf(series: readonly Series[], times: Float64Array): Step | undefined {
  const votes = new Map<string, { step: Step; count: number }>()
  for (const { start, end } of series) {
    const step = ownStep(times.subarray(start, end))
    if (!step) continue
    const vote = votes.get(step.label) ?? { step, count: 0 }
    const dayOfMonth = Math.max(vote.step.dayOfMonth ?? 0, step.dayOfMonth ?? 0)
    votes.set(step.label, { step: dayOfMonth ? { ...step, dayOfMonth } : step, count: vote.count + 1 })
  }
  const [first] = [...votes.values()].sort((a, b) => b.count - a.count)
  return first && keeps(series, times, first.step) ? first.step : undefined
}

/** By the median distance, or the least one where rows are sparse. */
function ownStep(times: Float64Array): Step | undefined {
  const median = inferStep(times)
  const whole = [{ id: '', start: 0, end: times.length }]
  if (!median || keeps(whole, times, median)) return median
  let nearest = 1
  for (let i = 2; i < times.length; i++)
    if (times[i]! - times[i - 1]! < times[nearest]! - times[nearest - 1]!) nearest = i
  const least = inferStep(times.subarray(nearest - 1, nearest + 1))
  return least && keeps(whole, times, least) ? least : median
}

function keeps(series: readonly Series[], times: Float64Array, step: Step): boolean {
  let [all, whole] = [0, 0]
  for (const { start, end } of series)
    for (let row = start + 1; row < end; row++) {
      const distance = stepsBetween(times[row - 1]!, times[row]!, step)
      const rounded = Math.round(distance)
      all++
      if (rounded >= 1 && Math.abs(distance - rounded) <= OFF_GRID) whole++
    }
  return all > 0 && whole >= REGULAR * all
}

/** Rows that a series should have and has not. */
export interface Gap {
  /** The row before it. */
  readonly after: number
  /** How many rows are missing. */
  readonly count: number
}

export function gapsOf(series: readonly Series[], times: Float64Array, step: Step): Gap[] {
  const gaps: Gap[] = []
  for (const { start, end } of series)
    for (let row = start; row + 1 < end; row++) {
      const count = Math.round(stepsBetween(times[row]!, times[row + 1]!, step)) - 1
      if (count > 0) gaps.push({ after: row, count })
    }
  return gaps
}

export const missingRows = (gaps: readonly Gap[]) => gaps.reduce((sum, { count }) => sum + count, 0)

/** A table in order with the times of its rows. */
export interface Ordered {
  readonly table: Table
  readonly series: readonly Series[]
  readonly times: Float64Array
}

/** Rows put into the gaps of a table that is in order. */
export interface Filled {
  /** Of each row, the one it was, or -1 for an added one. */
  readonly rows: Int32Array
  /** Of each row, the one it was, or the one before the gap it is put in. */
  readonly origins: Int32Array
  readonly times: Float64Array
  readonly series: readonly Series[]
}

/** @throws InputError where so many rows would be added that a date must be wrong */
export function fillGaps({ table, series, times }: Ordered, step: Step, gaps: readonly Gap[]): Filled {
  const added = missingRows(gaps)
  if (added > 1000 + 20 * table.rowCount) throw tooMany(table, times, gaps, added)
  const size = table.rowCount + added
  const filled = { rows: new Int32Array(size), origins: new Int32Array(size), times: new Float64Array(size) }
  let at = 0
  let next = 0
  const moved = series.map(({ id, start, end }) => {
    const first = at
    for (let row = start; row < end; row++) {
      const count = gaps[next]?.after === row ? gaps[next++]!.count : 0
      for (let n = 0; n <= count; n++, at++) {
        filled.rows[at] = n === 0 ? row : -1
        filled.origins[at] = row
        filled.times[at] = n === 0 ? times[row]! : addSteps(times[row]!, step, n)
      }
    }
    return { id, start: first, end: at }
  })
  return { ...filled, series: moved }
}

function tooMany(table: Table, times: Float64Array, gaps: readonly Gap[], added: number): InputError {
  const { after, count } = gaps.reduce((most, gap) => (gap.count > most.count ? gap : most))
  const [before, behind] = [after, after + 1].map((row) => `row ${table.rowNumber(row)} (${showTime(times[row]!)})`)
  return new InputError(
    `'${table.name}': its ${table.rowCount} rows leave gaps of ${added} rows, the largest of ${count} between ${before} and ` +
      `${behind}; correct the dates, or leave the gaps as they are, without missing (--missing)`,
  )
}

/** `one row a day`, `one row every 15 minutes`. */
export function frequency({ count, label }: Step): string {
  if (count > 1) return `one row every ${label}`
  return `one row ${label.startsWith('h') ? 'an' : 'a'} ${label}`
}
