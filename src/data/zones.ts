import { InputError, suggestion } from '../base/errors.ts'

/**
 * Clocks as instants, with the later one of those that come twice, by row.
 *
 * @param fixed true where a time is an instant already
 * @throws InputError for an unknown zone
 */
export function setToZone(clocks: Float64Array, timezone: string, fixed?: ArrayLike<number>) {
  const zone = zoneOf(timezone)
  const later = new Map<number, number>()
  const times = clocks.map((clock, row) => {
    if (fixed?.[row] || Number.isNaN(clock)) return clock
    const [first, second] = zone(clock)
    if (second !== undefined) later.set(row, second)
    return first
  })
  return { times, later }
}

/** The instants at which clocks show a time: one, or two in the hour that comes twice in autumn, the earlier first. */
type Zone = (clock: number) => readonly [first: number, second?: number]

const DAY = 86_400_000

/**
 * A zone by its name in the IANA data base. A clock is milliseconds since 1970 as if it were UTC's. What spring leaves out is
 * counted on from the hour before.
 *
 * @throws InputError for an unknown name
 */
function zoneOf(name: string): Zone {
  const offset = offsetsOf(name)
  const daily = new Map<number, number>()
  const near = (day: number) => {
    const known = daily.get(day) ?? offset(day * DAY)
    daily.set(day, known)
    return known
  }
  return (clock) => {
    const day = Math.floor(clock / DAY)
    const [before, after] = [near(day - 1), near(day + 2)]
    if (before === after) return [clock - before]
    const [first, second] = [before, after]
      .map((shift) => clock - shift)
      .filter((time) => offset(time) === clock - time)
    if (first === undefined) return [clock - before]
    return second === undefined ? [first] : [Math.min(first, second), Math.max(first, second)]
  }
}

/** Milliseconds east of UTC at an instant. */
function offsetsOf(timeZone: string): (time: number) => number {
  const format = formatOf(timeZone)
  return (time) => {
    const second = Math.floor(time / 1000) * 1000
    const part = Object.fromEntries(format.formatToParts(second).map(({ type, value }) => [type, Number(value)]))
    return Date.UTC(part.year!, part.month! - 1, part.day, part.hour, part.minute, part.second) - second
  }
}

function formatOf(timeZone: string): Intl.DateTimeFormat {
  const number = 'numeric'
  const parts = { year: number, month: number, day: number, hour: number, minute: number, second: number } as const
  try {
    return new Intl.DateTimeFormat('en-US', { timeZone, hourCycle: 'h23', ...parts })
  } catch {
    const near = suggestion(timeZone, Intl.supportedValuesOf('timeZone'))
    throw new InputError(`timezone: expected a name like Europe/Berlin or UTC, got '${timeZone}'${near}`)
  }
}
