import { isPlainNumber } from './cells.ts'
import type { TimeLayout } from './written-times.ts'
import { setToZone } from './zones.ts'

/**
 * Dates as tables write them. A column is read in one form throughout. A clock without a zone is taken as UTC, or in the zone
 * that is named for the table, so that the same file means the same instants on every machine.
 */
interface DateForm {
  /** A date in this form, for messages. */
  readonly example: string
  /** Matches a date with the named groups of `readTime`. */
  readonly pattern: RegExp
  /** A word that the name of the column must have, where cells in this form are plain numbers. */
  readonly names: RegExp
}

const CLOCK =
  '(?:(?:T|,? +)(?<hour>[01]?\\d|2[0-3])(?::(?<minute>[0-5]\\d)(?::(?<second>[0-5]\\d)(?:[.,](?<fraction>\\d+))?)?)?' +
  '(?: ?(?<half>[ap])\\.?m\\.?)? ?(?<zone>Z|(?:UTC|GMT)(?:[+-]\\d)?|(?:UTC|GMT)?[+-](?:[01]\\d|2[0-3])(?::?[0-5]\\d)?)?)?$'
const INSTANT = /^(date|datetime|time|timestamp|epoch|unix|unixtime|utc|dt|ts|ds)$/i
const YEARLY = /^(date|year|years|period|ds)$/i
const ANY_TIME = /^(date|datetime|time|timestamp|dt|ts|ds|day|week|month|yearmonth|yyyymm|yyyymmdd|quarter|period)$/i
const WEEKDAY = '(?:(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*\\.?,? +)?'
const form = (example: string, date: string, names = ANY_TIME): DateForm => ({
  example,
  pattern: new RegExp(`^${WEEKDAY}${date}${CLOCK}`, 'i'),
  names,
})

const YEAR = '(?<year>\\d{4}|\\d\\d)'
const NAMED_MONTH = '(?<month>[a-z]{3,9})'
const FORMS: readonly DateForm[] = [
  form(
    '2012-01-31',
    '(?<year>\\d{4})(?<mark>[-/])(?<month>\\d\\d?)(?:\\k<mark>(?<day>\\d\\d?))?(?:/\\d{4}-\\d\\d-\\d\\d)?',
  ),
  form('31.01.2012', `(?<day>\\d\\d?)\\.(?<month>\\d\\d?)\\.${YEAR}`),
  form('31/01/2012', `(?<day>\\d\\d?)(?<mark>[-/])(?<month>\\d\\d?)\\k<mark>${YEAR}`),
  form('01/31/2012', `(?<month>\\d\\d?)(?<mark>[-/])(?<day>\\d\\d?)\\k<mark>${YEAR}`),
  form('Jan 31 2012', `${NAMED_MONTH}\\.? (?<day>\\d\\d?),? (?<year>\\d{4})`),
  form('31 Jan 2012', `(?<day>\\d\\d?)[ -]${NAMED_MONTH}\\.?[ -]${YEAR}`),
  form('Jan 2012', `${NAMED_MONTH}\\.?(?:-\\'?(?<year2>\\d\\d)|[ -](?<year>\\d{4}))`),
  form('2012-W05', '(?<year>\\d{4})[- ]?W(?<week>\\d\\d?)(?:-?(?<weekday>[1-7]))?'),
  form('2012-Q1', '(?<year>\\d{4})[- ]?Q(?<quarter>[1-4])'),
  form('Q1 2012', 'Q(?<quarter>[1-4])[- ](?<year>\\d{4})'),
  form('20120131', '(?<year>\\d{4})(?<month>\\d\\d)(?<day>\\d\\d)'),
  form(
    '20120131T1300',
    '(?<year>\\d{4})(?<month>\\d\\d)(?<day>\\d\\d)T?(?<hours>\\d\\d)(?<minutes>[0-5]\\d)(?<seconds>[0-5]\\d)?Z?',
  ),
  form('201201', '(?<year>\\d{4})(?<month>\\d\\d)'),
  form('2012', '(?<year>1[5-9]\\d\\d|20\\d\\d)', YEARLY),
  { example: '1327968000', pattern: /^(?<epoch>\d{9,19}(?:\.\d+)?)$/, names: INSTANT },
]

const DAY = 86_400_000
/** Different cells whose times are looked up rather than read again. */
const REMEMBERED = 100_000
const MONTHS = 'january february march april may june july august september october november december'.split(' ')

/** A column of cells read as dates. */
export interface DateReading {
  /** Milliseconds since 1970 in UTC, NaN where a cell is not a date of the column's form. */
  readonly times: Float64Array
  /** How many cells are not. */
  readonly failures: number
  /** A date in the column's form, for messages. */
  readonly example: string
  /** True when day-first and month-first both read every cell and neither order of rows decides. */
  readonly ambiguous: boolean
  /** By row, the later instant where the clock shows the same time twice, in autumn; `times` has the earlier one. */
  readonly later?: ReadonlyMap<number, number>
}

/** The cells of a column, as text. */
interface Cells {
  readonly length: number
  text(row: number): string
}

const cellsOf = (cells: readonly string[] | Cells): Cells =>
  'text' in cells ? cells : { length: cells.length, text: (row) => cells[row]! }

/** What a column's dates are read by besides its cells. */
export interface DateContext {
  /** The name of the column: plain numbers are dates only where it says so. */
  readonly column?: string
  /** The zone of clocks that name none; UTC where absent. */
  readonly timezone?: string
}

/**
 * Reads a whole column in the one form that fits most of its cells. Where day-first and month-first fit equally, the
 * form whose times ascend, or descend, is taken; where that does not decide either, the reading is marked ambiguous.
 *
 * @throws InputError for an unknown zone
 */
export function readDates(given: readonly string[] | Cells, { column = '', timezone }: DateContext = {}): DateReading {
  const cells = cellsOf(given)
  const likely = fittest(cellsOf(spreadOf(cells.length).map((row) => cells.text(row))), column)
  const readings = likely.map((candidate) => readAs(candidate, cells, column))
  const fewest = Math.min(...readings.map((reading) => reading.failures))
  const best = readings.filter((reading) => reading.failures === fewest)
  const ordered = best.filter((reading) => ascends(reading.times) || ascends(reading.times.toReversed()))
  const { form, ...chosen } = ordered.length === 1 ? ordered[0]! : best[0]!
  const reading = { ...chosen, example: form.example, ambiguous: best.length > 1 && ordered.length !== 1 }
  return timezone === undefined ? reading : inZone(reading, form, cells, timezone)
}

/** The times of a column that were read as it came. @throws InputError for an unknown zone */
export function readLayout(times: Float64Array, layout?: TimeLayout, timezone?: string): DateReading {
  const failures = times.reduce((count, time) => count + (Number.isNaN(time) ? 1 : 0), 0)
  const reading = { times, failures, example: '2012-01-31', ambiguous: false }
  const clocks = timezone !== undefined && layout?.zoned === false && !times.every((time) => !(time % DAY))
  return clocks ? { ...reading, ...setToZone(times, timezone) } : reading
}

/** The share of cells that are dates of one form, judged by at most a thousand of them. */
export function shareOfDates(cells: readonly string[], column: string): number {
  const probe = cellsOf(spreadOf(cells.length).map((row) => cells[row]!))
  const [form] = fittest(probe, column)
  return form && probe.length > 0 ? 1 - readAs(form, probe, column).failures / probe.length : 0
}

/** `2012-01-31`, or with the clock where it is not midnight: `2012-01-31T18:00:00Z`. */
export function showTime(time: number): string {
  return new Date(time).toISOString().replace('.000Z', 'Z').replace('T00:00:00Z', '')
}

const ENOUGH = 1000

/** At most a thousand of so many places, from all over them. */
export const spreadOf = (count: number): readonly number[] =>
  Array.from({ length: Math.min(ENOUGH, count) }, (_, i) => Math.floor((i * count) / Math.min(ENOUGH, count)))

/** The forms that fit most of some cells. */
function fittest(cells: Cells, column: string): readonly DateForm[] {
  const failures = FORMS.map((candidate) => readAs(candidate, cells, column).failures)
  return FORMS.filter((_, i) => failures[i] === Math.min(...failures))
}

function readAs(form: DateForm, cells: Cells, column: string) {
  const named = wordsOf(column).some((word) => form.names.test(word))
  const known = new Map<string, number>()
  const timeOf = (cell: string) => {
    const time = named || !isPlainNumber(cell) ? readTime(form.pattern.exec(cell)?.groups) : Number.NaN
    if (known.size < REMEMBERED) known.set(cell, time)
    return time
  }
  const times = new Float64Array(cells.length)
  for (let row = 0; row < times.length; row++) {
    const cell = cells.text(row)
    times[row] = known.get(cell) ?? timeOf(cell.trim())
  }
  return { form, times, failures: times.reduce((count, time) => count + (Number.isNaN(time) ? 1 : 0), 0) }
}

/** `createdAt (UTC)` is created, At, UTC. */
const wordsOf = (name: string) => name.replace(/([a-z])(?=[A-Z])/g, '$1 ').split(/[^\p{L}]+/u)

/** The same reading with the clocks of cells that name no zone set to one. A column of midnights has days, and keeps them. */
function inZone(reading: DateReading, { pattern }: DateForm, cells: Cells, timezone: string): DateReading {
  const named = Uint8Array.from({ length: cells.length }, (_, row) => {
    const { zone, epoch } = pattern.exec(cells.text(row).trim())?.groups ?? {}
    return zone || epoch ? 1 : 0
  })
  const days = reading.times.every((time, row) => named[row] === 0 && !(time % DAY))
  return days ? reading : { ...reading, ...setToZone(reading.times, timezone, named) }
}

function readTime(groups: Record<string, string | undefined> | undefined): number {
  if (groups === undefined) return Number.NaN
  if (groups.epoch !== undefined) return epochTime(Number(groups.epoch))
  const { year, year2, month, day = '1', week, weekday = '1', quarter, zone = 'Z', fraction = '' } = groups
  const fullYear = fourDigits(year ?? year2!)
  const midnight =
    week !== undefined
      ? weekDay(fullYear, Number(week), Number(weekday))
      : utcDay(fullYear, quarter === undefined ? monthNumber(month ?? '1') : 3 * Number(quarter) - 2, Number(day))
  const hour = clockHour(Number(groups.hour ?? groups.hours ?? 0), groups.half)
  const seconds =
    hour * 3600 + Number(groups.minute ?? groups.minutes ?? 0) * 60 + Number(groups.second ?? groups.seconds ?? 0)
  return midnight + seconds * 1000 + Number(fraction.padEnd(3, '0').slice(0, 3)) - offset(zone)
}

/** Seconds, or as many digits more as milliseconds, micro- and nanoseconds have, from 1973 to 2100; NaN outside. */
function epochTime(count: number): number {
  for (const unit of [1000, 1, 1e-3, 1e-6]) {
    const time = count * unit
    if (time >= 1e11 && time <= Date.UTC(2100, 0)) return Math.round(time)
  }
  return Number.NaN
}

/** Two digits are of the years 1969 to 2068, as in POSIX. */
function fourDigits(year: string): number {
  if (year.length > 2) return Number(year)
  return Number(year) + (Number(year) < 69 ? 2000 : 1900)
}

/** Midnight of a day, or NaN for a day the calendar does not have, which `Date` alone would move to the next month. */
function utcDay(year: number, month: number, day: number): number {
  const date = new Date(Date.UTC(year, month - 1, day))
  const exists = date.getUTCFullYear() === year && date.getUTCMonth() === month - 1 && date.getUTCDate() === day
  return exists ? date.getTime() : Number.NaN
}

/** Midnight of a day of an ISO week, whose first one holds 4 January; NaN where the year has no such week. */
function weekDay(year: number, week: number, weekday: number): number {
  const fourth = new Date(Date.UTC(year, 0, 4))
  const monday = fourth.getTime() - ((fourth.getUTCDay() + 6) % 7) * DAY + (week - 1) * 7 * DAY
  const thursday = new Date(monday + 3 * DAY)
  return week >= 1 && thursday.getUTCFullYear() === year ? monday + (weekday - 1) * DAY : Number.NaN
}

/** 1 to 12, 0 for a word that is no month. */
export function monthNumber(month: string): number {
  return /\d/.test(month) ? Number(month) : MONTHS.findIndex((name) => name.startsWith(month.toLowerCase())) + 1
}

/** The hour of the day of one on a dial, where there is an `a` or a `p`. */
function clockHour(hour: number, half: string | undefined): number {
  if (half === undefined) return hour
  return hour >= 1 && hour <= 12 ? (hour % 12) + (half.toLowerCase() === 'p' ? 12 : 0) : Number.NaN
}

/** Milliseconds east of UTC of `Z`, `UTC`, `+05:30`, `-0800` or `+01`. */
function offset(zone: string): number {
  const digits = zone.replace(/[^\d]/g, '')
  const minutes = Number(digits.slice(0, 2)) * 60 + Number(digits.slice(2))
  return (zone.includes('-') ? -minutes : minutes) * 60_000
}

function ascends(times: Float64Array): boolean {
  return times.every((time, i) => i === 0 || time >= times[i - 1]!)
}
