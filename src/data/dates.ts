/**
 * Dates as tables write them. A column is read in one form throughout, and every time is taken as UTC unless the cell
 * says otherwise, so that the same file means the same instants on every machine.
 */
interface DateForm {
  /** A date in this form, for messages. */
  readonly example: string
  /** Matches a date with the named groups year, month, day and those of `CLOCK`. */
  readonly pattern: RegExp
}

const CLOCK =
  '(?:(?:T|,? +)(?<hour>[01]?\\d|2[0-3]):(?<minute>[0-5]\\d)(?::(?<second>[0-5]\\d)(?:[.,](?<fraction>\\d+))?)?' +
  ' ?(?<zone>Z|[+-](?:[01]\\d|2[0-3])(?::?[0-5]\\d)?)?)?$'
const form = (example: string, date: string): DateForm => ({ example, pattern: new RegExp(`^${date}${CLOCK}`, 'i') })

const FORMS: readonly DateForm[] = [
  form('2012-01-31', '(?<year>\\d{4})(?<mark>[-/])(?<month>\\d\\d?)(?:\\k<mark>(?<day>\\d\\d?))?'),
  form('31.01.2012', '(?<day>\\d\\d?)\\.(?<month>\\d\\d?)\\.(?<year>\\d{4})'),
  form('31/01/2012', '(?<day>\\d\\d?)(?<mark>[-/])(?<month>\\d\\d?)\\k<mark>(?<year>\\d{4})'),
  form('01/31/2012', '(?<month>\\d\\d?)(?<mark>[-/])(?<day>\\d\\d?)\\k<mark>(?<year>\\d{4})'),
  form('Jan 31 2012', '(?<month>[a-z]{3,9})\\.? (?<day>\\d\\d?),? (?<year>\\d{4})'),
  form('31 Jan 2012', '(?<day>\\d\\d?)[ -](?<month>[a-z]{3,9})\\.?[ -](?<year>\\d{4})'),
]

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
}

/**
 * Reads a whole column in the one form that fits most of its cells. Where day-first and month-first fit equally, the
 * form whose times ascend is taken; where that does not decide either, the reading is marked ambiguous.
 */
export function readDates(cells: readonly string[]): DateReading {
  const readings = FORMS.map((candidate) => readAs(candidate, cells))
  const fewest = Math.min(...readings.map((reading) => reading.failures))
  const best = readings.filter((reading) => reading.failures === fewest)
  const ascending = best.filter((reading) => ascends(reading.times))
  const chosen = ascending.length === 1 ? ascending[0]! : best[0]!
  return { ...chosen, ambiguous: best.length > 1 && ascending.length !== 1 }
}

/** `2012-01-31`, or with the clock where it is not midnight: `2012-01-31T18:00:00Z`. */
export function showTime(time: number): string {
  return new Date(time).toISOString().replace('.000Z', 'Z').replace('T00:00:00Z', '')
}

function readAs({ example, pattern }: DateForm, cells: readonly string[]) {
  const times = Float64Array.from(cells, (cell) => readTime(pattern.exec(cell.trim())?.groups))
  return { example, times, failures: times.reduce((count, time) => count + (Number.isNaN(time) ? 1 : 0), 0) }
}

function readTime(groups: Record<string, string | undefined> | undefined): number {
  if (groups === undefined) return Number.NaN
  const { year, month = '', day = '1', hour = '0', minute = '0', second = '0', fraction = '', zone = 'Z' } = groups
  const midnight = utcDay(Number(year), monthNumber(month), Number(day))
  const seconds = Number(hour) * 3600 + Number(minute) * 60 + Number(second)
  return midnight + seconds * 1000 + Number(fraction.padEnd(3, '0').slice(0, 3)) - offset(zone)
}

/** Midnight of a day, or NaN for a day the calendar does not have, which `Date` alone would move to the next month. */
function utcDay(year: number, month: number, day: number): number {
  const date = new Date(Date.UTC(year, month - 1, day))
  const exists = date.getUTCFullYear() === year && date.getUTCMonth() === month - 1 && date.getUTCDate() === day
  return exists ? date.getTime() : Number.NaN
}

function monthNumber(month: string): number {
  return /\d/.test(month) ? Number(month) : MONTHS.findIndex((name) => name.startsWith(month.toLowerCase())) + 1
}

/** Milliseconds east of UTC of `Z`, `+05:30`, `-0800` or `+01`. */
function offset(zone: string): number {
  if (zone.toUpperCase() === 'Z') return 0
  const digits = zone.slice(1).replace(':', '')
  const minutes = Number(digits.slice(0, 2)) * 60 + Number(digits.slice(2))
  return (zone[0] === '-' ? -minutes : minutes) * 60_000
}

function ascends(times: Float64Array): boolean {
  return times.every((time, i) => i === 0 || time >= times[i - 1]!)
}
