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
  const dayOfMonth = dayOfMonths(times)
  if (dayOfMonth !== undefined) {
    const step = inUnits(CALENDAR, medianDistance(Float64Array.from(times, (time) => monthOf(new Date(time)))))
    return step && { ...step, dayOfMonth }
  }
  const step = inUnits(FIXED, medianDistance(times))
  const days = step?.unit === 'day' && step.count === 1
  return days && leavesOutWeekends(times) ? { unit: 'weekday', count: 1, label: 'weekday' } : step
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

function leavesOutWeekends(times: ArrayLike<number>): boolean {
  const weekOf = (time: number) => Math.floor((dayOf(time) - 4) / 7)
  return weekOf(times[0]!) < weekOf(times[times.length - 1]!) && every(times, (time) => !isWeekend(time))
}

/** The day that all times fall on in their months, or on the last where a month is shorter; nothing where they do not. */
function dayOfMonths(times: ArrayLike<number>): number | undefined {
  // Rows closer than a month are told without a look at every date.
  if (
    !every(times, (time, i) => i === 0 || !(Math.abs(time - times[i - 1]!) < 28 * FIXED.day) || time === times[i - 1])
  )
    return undefined
  let most = 0
  for (let i = 0; i < times.length; i++) most = Math.max(most, new Date(times[i]!).getUTCDate())
  const first = new Date(times[0]!)
  const monthly = every(times, (time) => {
    const date = new Date(time)
    return time === onDay(date, date.getUTCMonth(), most, first)
  })
  return monthly ? most : undefined
}

function every(values: ArrayLike<number>, holds: (value: number, i: number) => boolean): boolean {
  for (let i = 0; i < values.length; i++) if (!holds(values[i]!, i)) return false
  return true
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
function medianDistance(values: ArrayLike<number>): number {
  const distances = Float64Array.from({ length: Math.max(0, values.length - 1) }, (_, i) => values[i + 1]! - values[i]!)
  return distances.sort()[(distances.length - 1) >> 1] ?? Number.NaN
}
