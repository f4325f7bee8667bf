import { existsSync, statSync } from 'node:fs'
import { basename, dirname, extname, join } from 'node:path'
import { InputError } from '../../base/errors.ts'
import { readCsv, type Table } from '../../data/index.ts'
import { chooseTier, type KernelChoice } from '../../kernels/index.ts'
import { readCheckpoint } from '../../tasks/checkpoint.ts'
import {
  evaluateForecaster,
  type Forecaster,
  type ForecasterOptions,
  prepareForecaster,
  verdict,
} from '../../tasks/forecaster.ts'
import { formatReport } from '../../tasks/report.ts'
import { dataSource, type Plan, readRun, readRunData, writeReport, writeRun } from '../../tasks/run-folder.ts'
import { type TrainingRunOptions, trainInFolder } from '../../tasks/training-run.ts'
import { readConfig } from '../config.ts'
import { commandName, print, shellWord, style, wrapped } from '../output.ts'
import { lossChart } from '../plot.ts'
import { watched } from '../progress.ts'
import { forecastsOf, scoreLines } from '../scores.ts'
import { factsOf, introduction, lastForecast, splitOf } from '../training-text.ts'
import { version } from '../version.ts'

/** The flags of `train`, as commander reads them. */
export interface TrainFlags extends Partial<ForecasterOptions> {
  readonly out?: string
  readonly config?: string
  readonly resume?: string
  readonly like?: string
  readonly tensorboard?: boolean
  readonly json?: boolean
}

/** A training about to begin, or to go on. */
interface Request extends Pick<TrainingRunOptions, 'folder' | 'plan' | 'from'> {
  readonly path: string
  readonly forecaster: Forecaster
}

export async function train(given: string | undefined, flags: TrainFlags): Promise<void> {
  const request = flags.resume === undefined ? await begun(given, flags) : await resumed(given, flags.resume, flags)
  const { folder, path, forecaster, plan } = request
  const { epochs: all, batch, accumulate } = forecaster.options
  const json = flags.json ? { json: true } : {}
  if (!flags.json) process.stdout.write(`${(await introduction(forecaster, request.from)).join('\n')}\n`)

  const stopping = new AbortController()
  const started = performance.now()
  const bar = { epochs: all, samples: batch * accumulate, what: 'epoch' }
  const { epochs, best, stopped } = await watched({ ...bar, interrupt: () => stopping.abort() }, (hooks) =>
    trainInFolder(forecaster, { ...request, tensorboard: flags.tensorboard, signal: stopping.signal }, hooks),
  )
  if (stopped || !best) return stoppedAt(folder, epochs.length)
  const seconds = (performance.now() - started) / 1000
  const test = await watched({ ...bar, what: 'baseline, epoch' }, (hooks) => evaluateForecaster(forecaster, hooks))
  const { data, model, options } = forecaster
  await writeReport(
    folder,
    await formatReport({
      title: `${options.target} of ${basename(path)}`,
      verdict: verdict(test),
      command: commandLine(path, options, folder),
      epochs,
      best: best.epoch,
      split: splitOf(data),
      facts: factsOf(forecaster, plan),
      scores: test,
      unit: options.unit ?? '',
    }),
  )
  await writeRun(folder, { model, spec: data.spec, epochs, record: { ...plan, best, test } })

  print(json, { run: folder, seconds, ...plan, best, test }, () => [
    `Trained ${epochs.length} epochs in ${seconds.toFixed(1)} s; kept epoch ${best.epoch}, the best on validation.`,
    '',
    ...lossChart(epochs),
    ...scoreLines(test, `Test part: ${forecastsOf(data.test.count, options)}`),
    '',
    ...wrapped(verdict(test)),
    '',
    ...lastForecast(forecaster),
    '',
    `Written to ${style('bold', folder)}, with ${join(folder, 'report.html')} to look at. Next:`,
    ...next(path, folder, options),
  ])
}

/** A training from the start: flags win over the config, and over the run that it is to be like. */
async function begun(given: string | undefined, flags: TrainFlags): Promise<Request> {
  const { out, config: file, resume: _, like, tensorboard: __, json: ___, ...own } = flags
  if (like !== undefined && file !== undefined)
    throw new InputError('--like and --config both tell the options; take one')
  const model = like === undefined ? undefined : await readRun(like)
  const { data, out: configured, ...config } = model ? {} : await readConfig(file)
  const path = given ?? data
  if (path === undefined && !model)
    throw new InputError(
      `expected a data file: ${commandName()} train data.csv --target column, or a config, which ${commandName()} init writes`,
    )
  const table = path === undefined ? await readRunData(model!) : await readCsv(path)
  const name = path ?? join(model!.folder, model!.record.data.path)
  const options = { ...model?.record.options, ...config, ...own }
  const { target } = options
  if (target === undefined)
    throw new InputError(`--target: expected a column to forecast, one of ${table.columns.join(', ')}`)
  const folder = out ?? configured ?? join('runs', basename(name, extname(name)))
  checkOut(folder)
  const forecaster = prepareForecaster(table, { ...options, target }, model ? sameKernels(model.record) : 'auto')
  return { folder, path: name, forecaster, plan: await planOf(forecaster, name, folder, table) }
}

async function planOf({ options, model }: Forecaster, path: string, folder: string, table: Table): Promise<Plan> {
  return {
    options,
    data: await dataSource(path, folder, table.rowCount),
    versions: { unrolled: version, node: process.versions.node },
    kernels: model.kernels.tier,
  }
}

/** A training that was stopped, as it was asked for then; only the number of epochs may be another. */
async function resumed(given: string | undefined, folder: string, flags: TrainFlags): Promise<Request> {
  const { resume: _, epochs, tensorboard: __, json: ___, ...others } = flags
  const other = given === undefined ? Object.keys(others)[0] : 'a data file'
  if (other !== undefined)
    throw new InputError(`--resume goes on as the run began, with its own options and data; leave ${other} away`)
  const { warning, plan: began, ...from } = await readCheckpoint(folder)
  if (warning) process.stderr.write(`${warning}\n`)
  const table = await readRunData({ folder, record: began })
  const plan = { ...began, options: { ...began.options, ...(epochs === undefined ? {} : { epochs }) } }
  const forecaster = prepareForecaster(table, plan.options, sameKernels(began))
  return { folder, path: join(folder, began.data.path), forecaster, plan, from: { ...from, plan } }
}

/** The kernels that a run had, so that bytes come out alike; others, saying so, where this machine lacks them. */
function sameKernels({ kernels }: Plan): KernelChoice {
  try {
    return chooseTier(kernels as KernelChoice).tier
  } catch (error) {
    if (!(error instanceof InputError)) throw error
    const { tier } = chooseTier()
    process.stderr.write(
      `The run was made on ${kernels} kernels, which this machine lacks; on ${tier} its last bits will be others.\n`,
    )
    return tier
  }
}

function stoppedAt(folder: string, epochs: number): void {
  process.stderr.write(
    `Stopped after ${epochs} whole epochs. To go on: ${commandName()} train --resume ${shellWord(folder)}\n`,
  )
  process.exitCode = 130
}

/** The command that makes this run again, whatever told its options. */
function commandLine(path: string, options: ForecasterOptions, folder: string): string {
  const words = Object.entries(options).flatMap(([name, value]) => [
    `--${name.replace(/[A-Z]/g, (capital) => `-${capital.toLowerCase()}`)}`,
    Array.isArray(value) ? value.join(',') : String(value),
  ])
  return [commandName(), 'train', ...[path, ...words, '--out', folder].map(shellWord)].join(' ')
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
