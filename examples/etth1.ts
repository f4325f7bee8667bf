import { parseArgs } from 'node:util'
import { cosine, gru, InputError, readCsv, sequential, type Table } from 'unrolled'
import { segmentRecurrent } from 'unrolled/tasks'
import { whole } from './support/cells.ts'
import { dataPath } from './support/data.ts'
import { commandOf, common, type Result, resultOf, tell, together } from './support/results.ts'
import { byLast, originsIn, windowsOf } from './support/series.ts'
import { members, trainBest } from './support/train.ts'

const help = `ETTh1 (Zhou et al. 2021): the oil temperature and six loads of a transformer, hour by hour. One model forecasts all seven columns, each
by itself, a segment a step (SegRNN, Lin et al. 2023); a few seeds train it, and the mean of their forecasts is taken. Twelve months train, the next four choose the epoch, the next four are
the test, as everyone's; errors are of columns standardised by the training part.

  npm run example -- etth1 --horizon 96 --data ETTh1.csv`

/** The columns, standardised by their first `until` rows. */
function columnsOf(table: Table, until: number): Float64Array[] {
  return table.columns.slice(1).map((name) => {
    const values = Float64Array.from(table.numbers(name))
    const first = values.subarray(0, until)
    const mean = first.reduce((sum, value) => sum + value, 0) / until
    const deviation = Math.sqrt(first.reduce((sum, value) => sum + (value - mean) ** 2, 0) / until)
    return values.map((value) => (value - mean) / deviation)
  })
}

export async function main(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      horizon: { type: 'string', default: '96' },
      past: { type: 'string', default: '720' },
      segment: { type: 'string', default: '48' },
      units: { type: 'string', default: '256' },
      dropout: { type: 'string', default: '0.5' },
      batch: { type: 'string', default: '448' },
      rate: { type: 'string', default: '0.001' },
      epochs: { type: 'string', default: '4' },
      members: { type: 'string', default: '3' },
      month: { type: 'string', default: '720' },
      data: { type: 'string' },
      ...common,
    },
  })
  if (values.help) return console.log(help)
  const [horizon, past, segment, units, month, epochs, count, seed] = (
    ['horizon', 'past', 'segment', 'units', 'month', 'epochs', 'members', 'seed'] as const
  ).map((flag) => whole(flag, values[flag])) as [number, number, number, number, number, number, number, number]
  const path = dataPath(values.data, 'forecast-benchmarks/ETTh1.csv', 'github.com/zhouhaoyi/ETDataset')
  const bounds = [12, 16, 20].map((months) => months * month) as [number, number, number]
  const table = await readCsv(path)
  if (table.rowCount < bounds[2] || bounds[0] < past + horizon)
    throw new InputError(`${path}: expected ${bounds[2]} rows, of which ${bounds[0]} train, got ${table.rowCount}`)
  const columns = columnsOf(table, bounds[0])
  const part = (from: number, to: number) => {
    const origins = columns.flatMap((_, of) => originsIn(of, from, to, horizon))
    return windowsOf(columns, origins, { past, horizon, normal: byLast, channels: true })
  }
  const layer = segmentRecurrent(gru(units, { returns: 'last' }), {
    segment,
    steps: horizon,
    dropout: Number(values.dropout),
    channels: columns.length,
  })
  const [train, validation, test] = [
    part(past, bounds[0]),
    part(bounds[0], bounds[1]),
    part(bounds[1], bounds[2]),
  ] as const
  const runs = await members(count, seed, async (seed) => {
    const model = sequential([layer]).init({ inputs: 2, steps: past, seed })
    const rates = [cosine({ peak: Number(values.rate), steps: epochs, unit: 'epochs' })]
    const batch = whole('batch', values.batch)
    const trained = await trainBest(model, { train, validation }, { epochs, rates, batch, seed })
    return { model, trained, forecasts: [validation, test].map((windows) => model.predict(windows).data) }
  })
  const errorsOf = (windows: typeof test, forecasts: readonly Float64Array[]) => {
    const targets = new Float64Array(windows.count * horizon)
    windows.fillTargets(
      Array.from({ length: windows.count }, (_, i) => i),
      targets,
    )
    const errors = targets.map((y, i) => forecasts.reduce((sum, own) => sum + own[i]!, 0) / forecasts.length - y)
    const mean = (of: (error: number) => number) => errors.reduce((sum, error) => sum + of(error), 0) / errors.length
    return { mse: mean((error) => error * error), mae: mean(Math.abs) }
  }
  const [chosen, tested] = [validation, test].map((windows, which) =>
    errorsOf(
      windows,
      runs.map(({ forecasts }) => forecasts[which]!),
    ),
  ) as [ReturnType<typeof errorsOf>, ReturnType<typeof errorsOf>]
  const { model, trained, forecasts } = runs[0]!
  const alone = errorsOf(test, [forecasts[1]!])
  const result: Result = {
    ...resultOf(model, trained, {
      task: `ETTh1, ${horizon} ahead`,
      model: `${count} × segmentRecurrent(gru ${units}), ${past} back`,
      seed,
      metric: 'MSE',
      test: tested.mse,
      besides: { MAE: tested.mae, 'the first alone': alone.mse, 'on validation': chosen.mse },
      command: commandOf('etth1', args),
    }),
    ...together(runs),
  }
  tell('etth1', result, values)
}
