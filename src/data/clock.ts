import { InputError } from '../base/errors.ts'
import { readNumber, showCell } from './cells.ts'
import { TimeColumn } from './columns.ts'
import { monthNumber } from './dates.ts'
import type { Groups } from './groups.ts'
import type { Table } from './table.ts'
import { setToZone } from './zones.ts'

/** When each row was. */
export interface Clock {
  /** The table, with a column of instants where several were joined. */
  readonly table: Table
  readonly column: string
  /** Milliseconds since 1970 in UTC `[rows]`. */
  readonly times: Float64Array
  readonly notes: readonly string[]
}

const JOINT = ' + '

/**
 * The times of a table: of the named column, or the first column of dates. Where its days repeat in a series and other columns
 * tell the month, day or hour, they are joined to a column named `date + hour`, which can also be asked for.
 *
 * @throws InputError for an unknown column, or a cell that is not a date
 */
export function clockOf(table: Table, groups: Groups, named: string | undefined): Clock | undefined {
  if (named?.includes(JOINT) && !table.columns.includes(named)) return joined(table, groups, named.split(JOINT))
  const column = named ?? table.timeColumn
  if (column === undefined) return undefined
  const { times, later } = table.dateReading(column)
  const parts = named === undefined ? partsBeside(table, column, times) : []
  if (parts.length > 0 && hasTwins(times, groups)) return joined(table, groups, [column, ...parts])
  return later ? settledClock(table, column, times, later, groups) : { table, column, times, notes: [] }
}

/** A part of a date in a column of its own. */
interface Part {
  /** What its column is called. */
  readonly names: RegExp
  /** The time so far with the part added, NaN where the cell is none. */
  add(time: number, cell: string): number
}

const counted = (cell: string, from: number, to: number, size: number) => {
  const count = readNumber(cell)
  return Number.isInteger(count) && count >= from && count <= to ? count * size : Number.NaN
}
const MONTH: Part = {
  names: /^(month|mon|mo|mm)$/i,
  add: (time, cell) =>
    new Date(time).setUTCMonth(counted(String(monthNumber(cell.trim().replace(/\.$/, ''))), 1, 12, 1) - 1),
}
const DAY: Part = {
  names: /^(day|dd|dom|mday|day.?of.?month)$/i,
  add: (time, cell) => time + counted(cell, 1, 31, 86_400_000) - 86_400_000,
}
const HOUR: Part = {
  names: /^(hour|hours|hr|hh|time|clock|hour.?of.?day|time.?of.?day)$/i,
  add: (time, cell) => time + (cell.includes(':') ? timeOfDay(cell) : counted(cell, 0, 24, 3_600_000)),
}
const MINUTE: Part = {
  names: /^(minute|minutes|min|mi)$/i,
  add: (time, cell) => time + counted(cell, 0, 59, 60_000),
}

function timeOfDay(cell: string): number {
  const clock = /^(\d\d?):([0-5]\d)(?::([0-5]\d(?:\.\d+)?))?(?: ?([ap])\.?m\.?)?$/i.exec(cell.trim())
  if (!clock) return Number.NaN
  const [, hour, minute, second = 0, half] = clock
  const hours = half === undefined ? Number(hour) : (Number(hour) % 12) + (half.toLowerCase() === 'p' ? 12 : 0)
  return hours <= 24 ? hours * 3_600_000 + Number(minute) * 60_000 + Number(second) * 1000 : Number.NaN
}

/** The columns that tell the rest of a bare year or day: each the first of its name whose cells all read so. */
function partsBeside(table: Table, column: string, times: Float64Array): string[] {
  const ofYears = /^\d{4}$/.test(table.column(column).text(0))
  const ofDays = times.every((time) => time % 86_400_000 === 0)
  const found: string[] = []
  for (const part of ofYears ? [MONTH, DAY, HOUR, MINUTE] : ofDays ? [HOUR, MINUTE] : []) {
    const name = table.columns.find((name) => name !== column && part.names.test(name) && reads(table, name, part))
    if (name === undefined) break
    found.push(name)
  }
  return found
}

function reads(table: Table, name: string, part: Part): boolean {
  const cells = table.column(name)
  for (let row = 0; row < table.rowCount; row++) if (Number.isNaN(part.add(0, cells.text(row)))) return false
  return true
}

function joined(table: Table, groups: Groups, names: readonly string[]): Clock {
  const [date, ...rest] = names as [string, ...string[]]
  let clocks = table.dates(date)
  for (const name of rest) {
    const cells = table.column(name)
    const part = [MONTH, DAY, HOUR, MINUTE].find((part) => part.names.test(name)) ?? HOUR
    clocks = clocks.map((clock, row) => part.add(clock, cells.text(row)))
    const bad = clocks.findIndex(Number.isNaN)
    if (bad !== -1)
      throw new InputError(
        `${table.place(bad, name)}: expected a month, a day, an hour from 0 to 24 or a time like 13:05, got ` +
          `${showCell(cells.text(bad))}; correct the cell, or take '${date}' alone for the time`,
      )
  }
  const { times, later } = table.timezone === undefined ? { times: clocks } : setToZone(clocks, table.timezone)
  const clock = settledClock(table, names.join(JOINT), times, later ?? new Map(), groups)
  const parts = names.map((name) => `'${name}'`).join(' and ')
  return { ...clock, notes: [`the columns ${parts} together tell the time of a row`] }
}

/** Tells the two hours of an autumn change apart: what comes again in a series is the later one. */
function settledClock(
  table: Table,
  column: string,
  earlier: Float64Array,
  later: ReadonlyMap<number, number>,
  { of, names }: Groups,
): Clock {
  const times = earlier.slice()
  const [first, last] = [new Map<number, number>(), new Map<number, number>()]
  for (let row = 0; row < times.length; row++) {
    if (!first.has(of[row]!)) first.set(of[row]!, times[row]!)
    last.set(of[row]!, times[row]!)
  }
  const descends = names.map((_, series) => last.get(series)! < first.get(series)!)
  const met = new Set<string>()
  const settle = (row: number) => {
    const key = `${of[row]} ${earlier[row]}`
    if (met.has(key)) times[row] = later.get(row)!
    met.add(key)
  }
  const rows = [...later.keys()]
  for (const row of rows) if (!descends[of[row]!]) settle(row)
  for (const row of rows.reverse()) if (descends[of[row]!]) settle(row)
  return { table: table.with(new Map([[column, new TimeColumn(times)]])), column, times, notes: [] }
}

function hasTwins(times: Float64Array, { of }: Groups): boolean {
  const met = new Set<string>()
  return times.some((time, row) => met.size === met.add(`${of[row]} ${time}`).size)
}
