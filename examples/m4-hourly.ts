import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { cosine, gru, InputError, type Samples, sequential } from 'unrolled'
import { segmentRecurrent } from 'unrolled/tasks'
import { whole } from './support/cells.ts'
import { dataPath } from './support/data.ts'
import { commandOf, common, type Result, resultOf, tell, together } from './support/results.ts'
import { byDeviation, originsIn, windowsOf } from './support/series.ts'
import { members, trainBest } from './support/train.ts'

const help = `The hourly part of the M4 competition (Makridakis et al. 2020): 414 series of 700 or 960 hours, the next 48 of each forecast by one
model that a few seeds train, and their mean. It reads the last week and, for every hour, read or to come, the same hour a week before.
--validate leaves the last 48 hours of each training series out and forecasts those: by them everything was chosen.

  npm run example -- m4-hourly --data FOLDER    (m4-hourly-train.csv and m4-hourly-test.csv, a series a line, its name first)
  npm run example -- m4-hourly --data FOLDER --validate`

const [horizon, day, week] = [48, 24, 168]

const seriesIn = (path: string): Float64Array[] =>
  readFileSync(path, 'utf8')
    .trim()
    .split('\n')
    .map((line) => Float64Array.from(line.split(',').slice(1).filter(Boolean), Number))

/** The competition's measures of forecasts of what comes after `before`: sMAPE in percent, and MASE by the day before. */
export function scoresOf(
  forecasts: readonly Float64Array[],
  actual: readonly Float64Array[],
  before: readonly Float64Array[],
) {
  const mean = (values: Float64Array) => values.reduce((sum, value) => sum + value, 0) / values.length
  const scores = forecasts.map((forecast, s) => {
    const errors = forecast.map((value, t) => Math.abs(value - actual[s]![t]!))
    const naive = before[s]!.subarray(day).map((value, t) => Math.abs(value - before[s]![t]!))
    const relative = errors.map((error, t) => error / (Math.abs(forecast[t]!) + Math.abs(actual[s]![t]!) || 1))
    return { sMAPE: 200 * mean(relative), MASE: mean(errors) / mean(naive) }
  })
  const over = (name: 'sMAPE' | 'MASE') => mean(Float64Array.from(scores, (score) => score[name]))
  return { sMAPE: over('sMAPE'), MASE: over('MASE') }
}

export async function main(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      units: { type: 'string', default: '128' },
      past: { type: 'string', default: '168' },
      dropout: { type: 'string', default: '0.1' },
      batch: { type: 'string', default: '256' },
      rate: { type: 'string', default: '0.006' },
      epochs: { type: 'string', default: '4' },
      members: { type: 'string', default: '3' },
      validate: { type: 'boolean', default: false },
      data: { type: 'string' },
      ...common,
    },
  })
  if (values.help) return console.log(help)
  const [units, past, epochs, count, seed] = (['units', 'past', 'epochs', 'members', 'seed'] as const).map((flag) =>
    whole(flag, values[flag]),
  ) as [number, number, number, number, number]
  const folder = dataPath(values.data, 'forecast-benchmarks', 'github.com/Mcompetitions/M4-methods (Dataset, hourly)')
  const train = seriesIn(join(folder, 'm4-hourly-train.csv'))
  const test = seriesIn(join(folder, 'm4-hourly-test.csv'))
  if (train.length !== test.length)
    throw new InputError(
      `${folder}: expected as many test series as training ones, ${train.length}, got ${test.length}`,
    )
  const before = train.map((series) => (values.validate ? series.subarray(0, -horizon) : series))
  const actual = values.validate ? train.map((series) => series.subarray(-horizon)) : test
  const logarithms = before.map((series, s) => Float64Array.from([...series, ...actual[s]!], Math.log1p))
  const windowing = { past, horizon, normal: byDeviation, lag: week }
  const origins = before.flatMap(({ length }, s) => originsIn(s, past + week, length, horizon))
  const windows = windowsOf(logarithms, origins, windowing)
  const asked = windowsOf(
    logarithms,
    before.map(({ length }, series) => ({ series, at: length })),
    windowing,
  )

  const layer = segmentRecurrent(gru(units, { returns: 'last' }), {
    segment: day,
    steps: horizon,
    dropout: Number(values.dropout),
    reads: 'inputs',
  })
  const forecastBy = async (memberSeed: number) => {
    const model = sequential([layer]).init({ inputs: 2, steps: past + horizon, seed: memberSeed })
    const batch = whole('batch', values.batch)
    const steps = Math.ceil(windows.count / batch) * epochs
    const trained = await trainBest(
      model,
      { train: windows },
      {
        epochs,
        rates: [cosine({ peak: Number(values.rate), steps })],
        batch,
        loss: 'mae',
        clipNorm: 1,
        seed: memberSeed,
      },
    )
    const forecasts = asked.forecasts(model.predict(asked as Samples).data).map((row) => row.map(Math.expm1))
    return { model, trained, forecasts }
  }
  const runs = await members(count, seed, forecastBy)
  const mean = before.map((_, s) =>
    Float64Array.from({ length: horizon }, (_, t) => runs.reduce((sum, run) => sum + run.forecasts[s]![t]!, 0) / count),
  )
  const { sMAPE, MASE } = scoresOf(mean, actual, before)
  const repeated = before.map((series) => Float64Array.from({ length: horizon }, (_, t) => series.at((t % day) - day)!))
  const naive = scoresOf(repeated, actual, before)
  const alone = scoresOf(runs[0]!.forecasts, actual, before)
  const show = (scores: typeof naive) => `${scores.sMAPE.toFixed(2)}, ${scores.MASE.toFixed(3)}`
  const { model, trained } = runs[0]!
  const result: Result = {
    ...resultOf(model, trained, {
      task: `M4 hourly${values.validate ? ', validation' : ''}`,
      model: `${count} × segmentRecurrent(gru ${units})`,
      seed,
      metric: 'sMAPE',
      test: sMAPE,
      published: values.validate ? undefined : '9.33, MASE 0.893 (winner)',
      besides: { MASE, 'the first alone': show(alone), 'the day before': show(naive) },
      command: commandOf('m4-hourly', args),
    }),
    ...together(runs),
  }
  tell('m4-hourly', result, values)
}
