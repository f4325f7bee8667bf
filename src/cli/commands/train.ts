import { existsSync, statSync } from 'node:fs'
import { basename, dirname, extname, join } from 'node:path'
import { InputError } from '../../base/errors.ts'
import { inferStep, readCsv, showTime, type WindowedData } from '../../data/index.ts'
import {
  evaluateForecaster,
  type Forecaster,
  type ForecasterOptions,
  forecasterMemory,
  prepareForecaster,
  trainForecaster,
  verdict,
} from '../../tasks/forecaster.ts'
import { dataSource, writeRun } from '../../tasks/run-folder.ts'
import type { Epoch, MemoryPlan } from '../../train/index.ts'
import { commandName, print, shellWord, style, wrapped } from '../output.ts'
import { chart } from '../plot.ts'
import { watched } from '../progress.ts'
import { forecastsOf, inUnit, scoreLines } from '../scores.ts'
import { version } from '../version.ts'

/** The flags of `train`, as commander reads them. */
export interface TrainFlags extends Partial<Omit<ForecasterOptions, 'target'>> {
  readonly target: string
  readonly out?: string
  readonly json?: boolean
}

export async function train(path: string, { out, json, ...options }: TrainFlags): Promise<void> {
  const folder = out ?? join('runs', basename(path, extname(path)))
  checkOut(folder)
  const table = await readCsv(path)
  const forecaster = prepareForecaster(table, options)
  const source = await dataSource(path, folder, table.rowCount)
  const flags = json ? { json } : {}
  const memory = forecasterMemory(forecaster)
  if (!json) print(flags, undefined, () => introduction(forecaster, memory))

  const epochs: Epoch[] = []
  const started = performance.now()
  const best = await watched(forecaster.options.epochs, 'epoch', (hooks) =>
    trainForecaster(forecaster, {
      ...hooks,
      onEpoch(epoch, run) {
        epochs.push(epoch)
        return hooks.onEpoch?.(epoch, run)
      },
    }),
  )
  const seconds = (performance.now() - started) / 1000
  const test = await watched(forecaster.options.epochs, 'baseline, epoch', (hooks) =>
    evaluateForecaster(forecaster, hooks),
  )
  const record = {
    options: forecaster.options,
    data: source,
    versions: { unrolled: version, node: process.versions.node },
    kernels: forecaster.model.kernels.tier,
    best,
    test,
  }
  await writeRun(folder, { model: forecaster.model, spec: forecaster.data.spec, epochs, record })

  print(flags, { run: folder, seconds, memory, ...record }, () => [
    `Trained ${epochs.length} epochs in ${seconds.toFixed(1)} s; kept epoch ${best.epoch}, the best on validation.`,
    '',
    ...scoreLines(test, `Test part: ${forecastsOf(forecaster.data.test.count, forecaster.options)}`),
    '',
    ...wrapped(verdict(test)),
    '',
    ...lastForecast(forecaster),
    '',
    `Written to ${style('bold', folder)}. Next:`,
    ...next(path, folder, forecaster.options),
  ])
}

/** What to try next: the future, and the same with another cell, in a folder of its own. */
function next(path: string, folder: string, { target, inputs, cell }: ForecasterOptions): string[] {
  const other = cell === 'gru' ? 'lstm' : 'gru'
  const words = [
    ['--target', target],
    ['--inputs', inputs.join(',')],
    ['--cell', other],
    ['--out', `${folder}-${other}`],
  ]
  return [
    `  ${commandName()} forecast ${shellWord(folder)}  # what comes after the last row`,
    `  ${commandName()} train ${[path, ...words.flat()].map(shellWord).join(' ')}`,
  ]
}

/** Refuses before training what could not be written after it. */
function checkOut(folder: string): void {
  let at = folder
  while (!existsSync(at) && at !== dirname(at)) at = dirname(at)
  if (existsSync(at) && !statSync(at).isDirectory())
    throw new InputError(`--out: expected a folder, but '${at}' is a file; choose another name`)
}

function introduction({ data, model, options }: Forecaster, { total }: MemoryPlan): string[] {
  const { spec, table } = data
  const { target, past, horizon, cell, hidden, layers } = options
  const span = spec.timeColumn === undefined ? '' : `, ${spanOf(data, spec.timeColumn)}`
  const kernels = model.kernels.tier
  return [
    `${style('bold', basename(table.name))}: ${table.rowCount} rows${span}${data.sorted ? ' (sorted by time)' : ''}`,
    ...wrapped(`${past} rows of ${spec.inputs.join(', ')} → ${horizon} of ${target}`),
    `${data.train.count} windows to train, ${data.validation.count} to validate, ${data.test.count} to test`,
    ...wrapped(
      `${layers === 1 ? '' : `${layers} × `}${cell} of ${hidden} units, ${model.size} weights, ` +
        `at most ${(total / 2 ** 20).toFixed(1)} MiB of memory, ${kernels} kernels`,
    ),
  ]
}

function spanOf({ table }: WindowedData, timeColumn: string): string {
  const times = table.dates(timeColumn)
  const step = inferStep(times)
  const every = step ? `, one every ${step.label}` : ''
  return `${showTime(times[0]!)} to ${showTime(times.at(-1)!)}${every}`
}

/** The last window of the test part: some of its past, what was forecast, and what came. */
function lastForecast({ data, model, options }: Forecaster): string[] {
  const { test, table, spec } = data
  const { horizon, target } = options
  const origin = test.origin(test.count - 1)
  const predicted = model.predict(test).data.slice(-horizon)
  const values = table.numbers(target)
  const back = Math.min(origin, Math.max(14, 2 * horizon))
  const since = spec.timeColumn === undefined ? '' : ` after ${showTime(table.dates(spec.timeColumn)[origin]!)}`
  return [
    `The last test forecast of ${inUnit(options)}${since}:`,
    ...chart(
      {
        name: 'came',
        points: Array.from({ length: back + horizon + 1 }, (_, i) => [i - back, values[origin - back + i]!]),
      },
      { name: 'forecast', points: Array.from(predicted, (value, i) => [i + 1, value]) },
      { x: 'rows from the last one the model saw' },
    ),
  ]
}
