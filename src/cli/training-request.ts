import { existsSync, statSync } from 'node:fs'
import { basename, dirname, extname, join } from 'node:path'
import { InputError } from '../base/errors.ts'
import type { Table } from '../data/index.ts'
import { chooseTier, type KernelChoice } from '../kernels/index.ts'
import { readCheckpoint } from '../tasks/checkpoint.ts'
import { type DataRequest, dataName, dataSource, readData, requestOf } from '../tasks/data-source.ts'
import { type Forecaster, prepareForecaster } from '../tasks/forecaster.ts'
import type { ForecasterOptions } from '../tasks/forecaster-options.ts'
import { expectNoLeaks } from '../tasks/leaks-of.ts'
import { named } from '../tasks/long-form.ts'
import { type Plan, readRun, readRunData } from '../tasks/run-folder.ts'
import { openSchedules } from '../tasks/training.ts'
import type { TrainingRunOptions } from '../tasks/training-run.ts'
import { readConfig } from './config.ts'
import { type DataFlags, dataAsked } from './data-flags.ts'
import { names } from './options.ts'
import { commandName, flagOf } from './output.ts'
import { version } from './version.ts'

/** The flags of `train`, as commander reads them. */
export interface TrainFlags extends Partial<ForecasterOptions>, DataFlags {
  readonly out?: string
  readonly config?: string
  readonly resume?: string
  readonly like?: string
  readonly tensorboard?: boolean
  readonly json?: boolean
  readonly test?: boolean
  readonly allowLeaks?: boolean
}

/** A training about to begin, or to go on. */
export interface TrainingRequest extends Pick<TrainingRunOptions, 'folder' | 'plan' | 'from'> {
  /** Where the data is read from. */
  readonly data: DataRequest
  readonly table: Table
  readonly forecaster: Forecaster
  /** What there is to look at in the data, in sentences. */
  readonly warnings: readonly string[]
}

/** A training from the start: flags win over the config, and over the run that it is to be like. */
export async function begun(given: string | undefined, flags: TrainFlags): Promise<TrainingRequest> {
  const { out, config: file, resume: _, like, tensorboard: __, json: ___, test: _test, allowLeaks, ...rest } = flags
  const { sql, url, timezone, spill, ...own } = rest
  if (like !== undefined && file !== undefined)
    throw new InputError('--like and --config both tell the options; take one')
  const model = like === undefined ? undefined : await readRun(like)
  const whole = model ? {} : await readConfig(file)
  const { data: _data, sql: _sql, url: _url, timezone: _zone, out: configured, sweep: _space, ...config } = whole
  const asked = dataAsked(given, { sql, url, timezone, spill }, whole)
  if (!asked && !model)
    throw new InputError(
      `expected a data file: ${commandName()} train data.csv --target column, or a config, which ${commandName()} init writes`,
    )
  const request = asked ?? requestOf(model!.record.data, model!.folder)
  const table = asked ? await readData(asked) : await readRunData(model!)
  const options = withColumns({ ...model?.record.options, ...config, ...own }, table)
  const { target } = options
  if (target === undefined)
    throw new InputError(`--target: expected a column to forecast, one of ${table.columns.join(', ')}`)
  const name = dataName(request)
  const folder = out ?? configured ?? (model ? `${model.folder}-again` : join('runs', basename(name, extname(name))))
  checkOut(folder)
  const forecaster = prepareForecaster(table, { ...options, target }, model ? sameKernels(model.record) : 'auto')
  const warnings = expectNoLeaks(forecaster.data, allowLeaks)
  const plan = await planOf(forecaster, request, folder, table)
  return { folder, data: request, table, forecaster, warnings, plan }
}

/** A target of several columns, a,b, is series of one kind. */
export function withColumns<O extends Partial<ForecasterOptions>>(options: O, table: Table): O {
  const { target } = options
  if (target === undefined || table.columns.includes(target)) return options
  const columns = names(target)
  return columns.length > 1 ? { ...options, ...named({ wide: columns }) } : options
}

async function planOf(
  { options, model }: Forecaster,
  request: DataRequest,
  folder: string,
  table: Table,
): Promise<Plan> {
  return {
    options,
    data: await dataSource(request, folder, table),
    versions: { unrolled: version, node: process.versions.node },
    kernels: model.kernels.tier,
  }
}

/** A training that was stopped, as it was asked for then; only the number of epochs may be another. */
export async function resumed(given: string | undefined, folder: string, flags: TrainFlags): Promise<TrainingRequest> {
  const { resume: _, epochs, tensorboard: __, json: ___, test: _test, ...others } = flags
  const other = given === undefined ? Object.keys(others).map(flagOf)[0] : 'the data file'
  if (other !== undefined)
    throw new InputError(`--resume goes on as the run began, with its own options and data; leave ${other} away`)
  const from = await readCheckpoint(folder)
  if (from.damage) process.stderr.write(`${from.damage}; going on from the checkpoint before it\n`)
  const table = await readRunData({ folder, record: from.plan }, 'put it back, or train anew')
  if (epochs !== undefined) checkEpochs(epochs, from.plan.options, from.epochs.length)
  const plan = { ...from.plan, options: { ...from.plan.options, ...(epochs === undefined ? {} : { epochs }) } }
  const forecaster = prepareForecaster(table, plan.options, sameKernels(plan))
  return { folder, data: requestOf(plan.data, folder), table, forecaster, warnings: [], plan, from }
}

/** Refuses another number of epochs where it would not give what a training of as many from the start gives. */
function checkEpochs(epochs: number, { epochs: planned, schedule }: ForecasterOptions, done: number): void {
  if (epochs < done)
    throw new InputError(`--epochs: the run has ${done} epochs behind it, expected as many or more, got ${epochs}`)
  if (epochs !== planned && !openSchedules.includes(schedule))
    throw new InputError(
      `--epochs: the ${schedule} schedule of this run was laid out for ${planned} epochs; train anew for ${epochs}`,
    )
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

/** Refuses before training what could not be written after it. */
function checkOut(folder: string): void {
  let at = folder
  while (!existsSync(at) && at !== dirname(at)) at = dirname(at)
  if (existsSync(at) && !statSync(at).isDirectory())
    throw new InputError(`--out: expected a folder, but '${at}' is a file; choose another name`)
}
