import { expectOneOf, InputError } from '../base/errors.ts'

/** What a time's place in a cycle is told by, as a sine and a cosine. */
export type CalendarFeature = 'minute' | 'hour' | 'weekday' | 'day' | 'month' | 'yearday'

const DAY = 86_400_000
const HOUR = 3_600_000

/** How far a time is through its cycle, from 0 up to 1; in UTC. */
const phases: Readonly<Record<CalendarFeature, (time: number) => number>> = {
  minute: (time) => mod(time, HOUR) / HOUR,
  hour: (time) => mod(time, DAY) / DAY,
  // 1 January 1970 was a Thursday.
  weekday: (time) => mod(Math.floor(time / DAY) + 3, 7) / 7,
  day(time) {
    const date = new Date(time)
    return (date.getUTCDate() - 1) / new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 0)).getUTCDate()
  },
  month: (time) => new Date(time).getUTCMonth() / 12,
  yearday(time) {
    const year = new Date(time).getUTCFullYear()
    const start = Date.UTC(year, 0, 1)
    return (time - start) / (Date.UTC(year + 1, 0, 1) - start)
  },
}

const mod = (value: number, by: number) => ((value % by) + by) % by

export const calendarFeatures = Object.keys(phases) as CalendarFeature[]

/** @throws InputError for an unknown feature, or one named twice */
export function checkCalendar(features: readonly CalendarFeature[]): void {
  for (const [i, feature] of features.entries()) {
    expectOneOf('calendar', feature, calendarFeatures)
    if (features.indexOf(feature) < i)
      throw new InputError(`calendar: expected each feature once, got '${feature}' twice`)
  }
}

/** Sine and cosine of each feature of a time, in turn. */
export const calendarOf = (features: readonly CalendarFeature[], time: number): number[] =>
  features.flatMap((feature) => {
    const angle = 2 * Math.PI * phases[feature](time)
    return [Math.sin(angle), Math.cos(angle)]
  })
