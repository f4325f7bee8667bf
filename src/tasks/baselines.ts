import { inferStep, type WindowedData, type WindowSet } from '../data/index.ts'
import { dense, flatten, sequential } from '../layers/index.ts'
import { adam, fit, type TrainingHooks } from '../train/index.ts'

/** Forecasts every window of a set: `[count · horizon]` in the table's own units. */
export type Predict = (set: WindowSet, of: WindowedData) => Float64Array

/** Something simple to hold a model against. */
export interface Baseline {
  readonly name: string
  /** Absent where the data does not allow it, with the reason in words. */
  readonly predict?: Predict
  readonly reason?: string
}

/** How the baselines that learn are trained: as the model they stand beside. */
export interface BaselineOptions {
  readonly epochs: number
  readonly batch: number
  readonly learningRate: number
  readonly seed: number
}

/** All baselines, fitted on the train part alone; the hooks watch the one that takes time. */
export async function baselines(
  data: WindowedData,
  options: BaselineOptions,
  hooks: TrainingHooks = {},
): Promise<Baseline[]> {
  return [lastValue(data), seasonal(data), await windowMlp(data, options, hooks)]
}

/** What was last seen, for every step ahead. */
export function lastValue({ spec }: Pick<WindowedData, 'spec'>): Baseline {
  return {
    name: 'last value',
    predict: (set, { panel }) => overTargets(set, spec.horizon, (origin) => panel.numbers(spec.target)[origin]!),
  }
}

const DAY = 86_400_000
/** Rows of a season, by the unit of the step. */
const seasons: Readonly<Record<string, { rows: number; name: string }>> = {
  hour: { rows: 24, name: 'same hour the day before' },
  week: { rows: 52, name: 'same week the year before' },
  month: { rows: 12, name: 'same month the year before' },
}

/**
 * The same season before: for daily rows the mean of the same day of the year over the training years, else the value one
 * season earlier.
 */
export function seasonal(data: WindowedData): Baseline {
  const { spec, table } = data
  const absent = (reason: string): Baseline => ({ name: 'seasonal', reason })
  if (spec.timeColumn === undefined) return absent('no column of dates')
  const step = inferStep(table.dates(spec.timeColumn))
  if (step?.unit === 'day' && step.count === 1) return dayOfYearMean(data, spec.timeColumn)
  const season = step && step.count === 1 ? seasons[step.unit] : undefined
  if (season === undefined) return absent(`no season known for rows every ${step?.label ?? 'irregular time'}`)
  if (season.rows < spec.horizon)
    return absent(`the horizon of ${spec.horizon} is longer than a season of ${season.rows}`)
  const firstRow = data.validation.count > 0 ? data.validation.origin(0) : data.test.count > 0 ? data.test.origin(0) : 0
  if (firstRow + 1 < season.rows) return absent(`fewer than the ${season.rows} training rows of a season`)
  return {
    name: season.name,
    predict: (set, { panel }) =>
      overTargets(set, spec.horizon, (_, row) => panel.numbers(spec.target)[row - season.rows] ?? Number.NaN),
  }
}

function dayOfYearMean({ spec, table, train }: WindowedData, timeColumn: string): Baseline {
  const name = 'day-of-year mean'
  const known = train.origin(train.count - 1) + 1 + spec.horizon
  if (known < 365) return { name, reason: `fewer than a year of training rows (${known})` }
  const days = daysOfYear(table.dates(timeColumn))
  const values = table.numbers(spec.target)
  const [sum, count] = [new Float64Array(367), new Float64Array(367)]
  for (let row = 0; row < known; row++) {
    sum[days[row]!]! += values[row]!
    count[days[row]!]!++
  }
  // A day that training never saw (29 February, a holiday) takes the last one before it, round the year.
  const means = sum.map((total, day) => total / count[day]!)
  let latest = means.findLast(Number.isFinite)!
  means.forEach((mean, day) => {
    if (Number.isFinite(mean)) latest = mean
    means[day] = latest
  })
  return {
    name,
    predict(set, { table }) {
      const dayOf = daysOfYear(table.dates(timeColumn))
      return overTargets(set, spec.horizon, (_, row) => means[dayOf[row]!]!)
    },
  }
}

/** 1 to 366; every 1 March is day 61, leap year or not. */
function daysOfYear(times: ArrayLike<number>): number[] {
  return Array.from(times, (time) => {
    const date = new Date(time)
    return Math.round((Date.UTC(2024, date.getUTCMonth(), date.getUTCDate()) - Date.UTC(2024, 0, 1)) / DAY) + 1
  })
}

/** A multilayer perceptron on the same windows, trained and chosen as the model is. */
export async function windowMlp(
  data: WindowedData,
  options: BaselineOptions,
  hooks: TrainingHooks = {},
): Promise<Baseline> {
  const { horizon } = data.spec
  const [steps, inputs] = data.train.inputShape
  const layers = [flatten(), dense(32, { activation: 'relu' }), dense(horizon)]
  const model = sequential(layers).init({ inputs, steps, seed: options.seed })
  const { epochs, batch, learningRate, seed } = options
  const training = { epochs, batch, seed, optimizer: adam(learningRate), clipNorm: 1, keepBest: true, ...hooks }
  for await (const _ of fit(model, data, training));
  return { name: 'window MLP', predict: (set) => model.predict(set).data }
}

function overTargets(set: WindowSet, horizon: number, value: (origin: number, row: number) => number): Float64Array {
  return Float64Array.from({ length: set.count * horizon }, (_, i) => {
    const origin = set.origin(Math.floor(i / horizon))
    return value(origin, origin + 1 + (i % horizon))
  })
}
