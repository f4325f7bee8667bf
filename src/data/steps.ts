/** The regular distance between the rows of a series: fixed, or in calendar months, whose lengths differ. */
export interface Step {
  readonly unit: Unit
  /** How many units: 15 for a row every 15 minutes. */
  readonly count: number
  /** For people: `day`, `15 minutes`. */
  readonly label: string
  /** For months and years: the day the series aims at; 31 is the last day of every month. */
  readonly dayOfMonth?: number
}

export type Unit = keyof typeof FIXED | keyof typeof CALENDAR

const FIXED = { week: 604_800_000, day: 86_400_000, hour: 3_600_000, minute: 60_000, second: 1000, millisecond: 1 }
const CALENDAR = { year: 12, month: 1 }

/**
 * The step of a series from its times, which ascend: in calendar months where every row falls on the same day of the
 * month at the same time of day, otherwise the median distance, so that gaps and changes of the clock do not matter.
 *
 * @param times milliseconds since 1970 in UTC
 * @returns nothing where there are fewer than two rows or most of them share a time
 */
export function inferStep(times: ArrayLike<number>): Step | undefined {
  const dates = Array.from(times, (time) => new Date(time))
  const dayOfMonth = Math.max(...new Set(dates.map((date) => date.getUTCDate())))
  const monthly = dates.every((date) => date.getTime() === onDay(date, date.getUTCMonth(), dayOfMonth, dates[0]!))
  const step = monthly
    ? inUnits(CALENDAR, medianDistance(dates.map((date) => date.getUTCFullYear() * 12 + date.getUTCMonth())))
    : inUnits(FIXED, medianDistance(Array.from(times)))
  return step && (monthly ? { ...step, dayOfMonth } : step)
}

/** The time `n` steps after `time`, in milliseconds since 1970 in UTC; 31 January and one month is 28 or 29 February. */
export function addSteps(time: number, step: Step, n: number): number {
  if (isFixed(step.unit)) return time + n * step.count * FIXED[step.unit]
  const date = new Date(time)
  const month = date.getUTCMonth() + n * step.count * CALENDAR[step.unit]
  return onDay(date, month, step.dayOfMonth ?? date.getUTCDate(), date)
}

const isFixed = (unit: Unit): unit is keyof typeof FIXED => unit in FIXED

/** `day` of a month counted from January of `date`'s year, or that month's last day, at the time of day of `clock`. */
function onDay(date: Date, month: number, day: number, clock: Date): number {
  const lastDay = new Date(Date.UTC(date.getUTCFullYear(), month + 1, 0)).getUTCDate()
  const midnight = Date.UTC(date.getUTCFullYear(), month, Math.min(day, lastDay))
  return midnight + (clock.getTime() - Date.UTC(clock.getUTCFullYear(), clock.getUTCMonth(), clock.getUTCDate()))
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
