import { addSteps, cutRows, type Step, type WindowedData } from '../data/index.ts'
import { seasonalError } from './metrics/index.ts'

/** What repeats in a series. */
export interface Season {
  readonly rows: number
  /** The value a season before, for people: `same hour the day before`. */
  readonly name: string
}

/** A series told by its rows, and how they are cut. */
type Rowed = Pick<WindowedData, 'panel' | 'spec'>

const DAY = 86_400_000

/** The seasons that rows of a step may have, the shortest first. */
export function seasonsOf(step: Step | undefined): Season[] {
  if (!step) return []
  const { unit, count } = step
  const seasons: Season[] = []
  const add = (rows: number, name: string) => {
    if (Number.isInteger(rows) && rows > 1) seasons.push({ rows, name })
  }
  switch (unit) {
    case 'year':
      break
    case 'month': {
      const months: Readonly<Record<number, string>> = { 1: 'month', 3: 'quarter' }
      add(12 / count, `same ${months[count] ?? 'months'} the year before`)
      break
    }
    case 'week':
      add(52 / count, count === 1 ? 'same week the year before' : 'same weeks the year before')
      break
    case 'weekday':
      add(5 / count, 'same weekday a week ago')
      break
    case 'day':
      add(7 / count, 'same weekday a week ago')
      add(365 / count, 'same day the year before')
      break
    default: {
      const rows = DAY / (addSteps(0, step, 1) - addSteps(0, step, 0))
      const what = unit === 'hour' && count === 1 ? 'hour' : 'time'
      add(rows, `same ${what} the day before`)
      add(7 * rows, `same ${what} a week ago`)
    }
  }
  return seasons
}

/**
 * The season of some series: the one asked for, or of those that the step of the rows suggests the one whose seasonal naive
 * forecast errs least on the training rows, each series measured by its own steps from row to row. At least half of the
 * series have two seasons to train on; nothing where there is no such season.
 *
 * @param asked rows of a season; 0 to choose
 */
export function seasonOf(data: Rowed, asked = 0): Season | undefined {
  const seasons = seasonsOf(data.panel.step)
  if (asked > 0)
    return seasons.find(({ rows }) => rows === asked) ?? { rows: asked, name: `same row ${asked} rows before` }
  const training = rowsBefore(data, 'validation')
  const steps = training.map((values) => seasonalError(values))
  let best: { season: Season; error: number } | undefined
  for (const season of seasons) {
    const long = training.flatMap((values, s) => (values.length >= 2 * season.rows ? [s] : []))
    if (2 * long.length < training.length || long.length === 0) continue
    const errors = long
      .map((s) => seasonalError(training[s]!, season.rows) / steps[s]!)
      .filter((error) => Number.isFinite(error))
    const error = errors.reduce((sum, one) => sum + one, 0) / errors.length
    if (!best || error < best.error) best = { season, error }
  }
  return best?.season
}

/**
 * How far the seasonal naive forecast errs within each series, by its id: what the mean absolute scaled error is measured by
 * (Hyndman & Koehler 2006). Without a season it is the value one row before.
 *
 * @param before the part that is not read, nor what is behind it: `'validation'` for the training rows alone, `'test'` for all that
 *   is known before the test part, as in the M4 competition
 */
export function inSampleErrors(
  data: Rowed,
  season: Season | undefined,
  before: 'validation' | 'test' = 'test',
): ReadonlyMap<string, number> {
  const known = rowsBefore(data, before)
  return new Map(data.panel.series.map(({ id }, s) => [id, seasonalError(known[s]!, season?.rows)]))
}

/** The target's values of each series ahead of a part. */
function rowsBefore({ panel, spec }: Rowed, part: 'validation' | 'test'): Float64Array[] {
  const values = panel.numbers(spec.target)
  return panel.series.map((series) => values.subarray(series.start, cutRows(series, spec.split)[part].start))
}
