/** The regular distance between the rows of a series: fixed, in days from Monday to Friday, or in calendar months. */
export interface Step {
  readonly unit: Unit
  /** How many units: 15 for a row every 15 minutes. */
  readonly count: number
  /** For people: `day`, `15 minutes`. */
  readonly label: string
  /** For months and years: the day the series aims at; 31 is the last day of every month. */
  readonly dayOfMonth?: number
}

export type Unit = keyof typeof FIXED | keyof typeof CALENDAR | 'weekday'

const FIXED = { week: 604_800_000, day: 86_400_000, hour: 3_600_000, minute: 60_000, second: 1000, millisecond: 1 }
const CALENDAR = { year: 12, month: 1 }

/**
 * The step of a series from its times, which ascend: in calendar months where every row falls on the same day of the
 * month at the same time of day, otherwise the median distance, so that gaps and changes of the clock do not matter.
 * Days that leave out each Saturday and Sunday are weekdays.
 *
 * @param times milliseconds since 1970 in UTC
 * @returns nothing where there are fewer than two rows or most of them share a time
 */
export function inferStep(times: ArrayLike<number>): Step | undefined {
  const dates = Array.from(times, (time) => new Date(time))
  const dayOfMonth = dates.reduce((most, date) => Math.max(most, date.getUTCDate()), 0)
  const monthly = dates.every((date) => date.getTime() === onDay(date, date.getUTCMonth(), dayOfMonth, dates[0]!))
  if (monthly) {
    const step = inUnits(CALENDAR, medianDistance(dates.map(monthOf)))
    return step && { ...step, dayOfMonth }
  }
  const step = inUnits(FIXED, medianDistance(Array.from(times)))
  const days = step?.unit === 'day' && step.count === 1
  return days && leavesOutWeekends(dates) ? { unit: 'weekday', count: 1, label: 'weekday' } : step
}

/** The time `n` steps after `time`, in milliseconds since 1970 in UTC; 31 January and one month is 28 or 29 February. */
export function addSteps(time: number, step: Step, n: number): number {
  if (isFixed(step.unit)) return time + n * step.count * FIXED[step.unit]
  if (step.unit === 'weekday') return fromWeekday(weekdayOf(time) + n * step.count) + clockOf(time)
  const date = new Date(time)
  const month = date.getUTCMonth() + n * step.count * CALENDAR[step.unit]
  return onDay(date, month, step.dayOfMonth ?? date.getUTCDate(), date)
}

/** How many steps lie between two times: a whole number where both stand on one grid. */
export function stepsBetween(from: number, to: number, step: Step): number {
  if (isFixed(step.unit)) return (to - from) / (step.count * FIXED[step.unit])
  if (step.unit === 'weekday')
    return weekdayOf(to) - weekdayOf(from) + (clockOf(to) - clockOf(from)) / FIXED.day + (isWeekend(to) ? 0.5 : 0)
  const whole = Math.round((monthOf(new Date(to)) - monthOf(new Date(from))) / (step.count * CALENDAR[step.unit]))
  const rest = to - addSteps(from, step, whole)
  return whole + rest / (step.count * CALENDAR[step.unit] * 30 * FIXED.day)
}

const isFixed = (unit: Unit): unit is keyof typeof FIXED => unit in FIXED

const monthOf = (date: Date) => date.getUTCFullYear() * 12 + date.getUTCMonth()
const dayOf = (time: number) => Math.floor(time / FIXED.day)
const clockOf = (time: number) => time - dayOf(time) * FIXED.day

/** Days since Monday, 5 January 1970, without Saturdays and Sundays, which count as the Friday before. */
function weekdayOf(time: number): number {
  const day = dayOf(time) - 4
  return 5 * Math.floor(day / 7) + Math.min(4, ((day % 7) + 7) % 7)
}

/** Midnight of a day counted so. */
function fromWeekday(weekday: number): number {
  const week = Math.floor(weekday / 5)
  return (4 + 7 * week + (weekday - 5 * week)) * FIXED.day
}

const isWeekend = (time: number) => (((dayOf(time) - 4) % 7) + 7) % 7 > 4

function leavesOutWeekends(dates: readonly Date[]): boolean {
  const times = dates.map((date) => date.getTime())
  const weekOf = (time: number) => Math.floor((dayOf(time) - 4) / 7)
  return weekOf(times[0]!) < weekOf(times.at(-1)!) && !times.some(isWeekend)
}

/** `day` of a month counted from January of `date`'s year, or that month's last day, at the time of day of `clock`. */
function onDay(date: Date, month: number, day: number, clock: Date): number {
  const lastDay = new Date(Date.UTC(date.getUTCFullYear(), month + 1, 0)).getUTCDate()
  const midnight = Date.UTC(date.getUTCFullYear(), month, Math.min(day, lastDay))
  return midnight + clockOf(clock.getTime())
}

function inUnits<U extends Unit>(sizes: Readonly<Record<U, number>>, distance: number): Step | undefined {
  if (!(distance > 0)) return undefined
  for (const [unit, size] of Object.entries<number>(sizes) as [U, number][]) {
    const count = distance / size
    if (Number.isInteger(count)) return { unit, count, label: count === 1 ? unit : `${count} ${unit}s` }
  }
  return undefined
}

/** The lower median of the distances between neighbours; NaN for a single row. */
function medianDistance(values: readonly number[]): number {
  const distances = values.slice(1).map((value, i) => value - values[i]!)
  distances.sort((a, b) => a - b)
  return distances[(distances.length - 1) >> 1] ?? Number.NaN
}
