import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { InputError } from '../base/errors.ts'
import { showShape } from '../base/shape.ts'
import { featuresOf, isWindowSpec, type Table, type WindowSpec } from '../data/index.ts'
import { writeWhole } from '../formats/files.ts'
import { load, save } from '../formats/model-file.ts'
import type { Model } from '../layers/index.ts'
import type { Best, Epoch } from '../train/index.ts'
import type { Conformal } from './conformal.ts'
import { type DataSource, readAgain } from './data-source.ts'
import type { Score } from './evaluation.ts'
import { headFor, type Trained } from './forecaster.ts'
import type { ForecasterOptions } from './forecaster-options.ts'
import { readMembers } from './members.ts'

/** The version of what a run folder holds; a folder of another one is refused. */
const FORMAT = 2

/** What a run was asked for, of what data, and what it ran on: all that is needed to run it again. */
export interface Plan {
  readonly options: ForecasterOptions
  readonly data: DataSource
  readonly versions: { readonly unrolled: string; readonly node: string }
  readonly kernels: string
}

/** `run.json`: what the run was made of and what it came to. */
export interface RunRecord extends Plan {
  readonly format: number
  readonly task: 'forecast'
  readonly best: Best
  readonly conformal?: Conformal | undefined
  /** Absent where the test part was not to be looked at. */
  readonly test?: readonly Score[] | undefined
}

/** A run folder, read. */
export interface Run extends Trained {
  readonly folder: string
  readonly record: RunRecord
  readonly spec: WindowSpec
}

/** A run folder, and what of it tells its data. */
export interface RunData {
  readonly folder: string
  readonly record: Pick<RunRecord, 'data'>
}

/** Writes a finished run, its record last: a folder with a `run.json` is whole. */
export async function writeRun(
  folder: string,
  {
    model,
    spec,
    epochs,
    record,
  }: { model: Model; spec: WindowSpec; epochs: readonly Epoch[]; record: Omit<RunRecord, 'format' | 'task'> },
): Promise<void> {
  await save(model, join(folder, 'model.safetensors'), { task: 'forecast', windows: spec })
  await writeMetrics(folder, epochs)
  const whole: RunRecord = { format: FORMAT, task: 'forecast', ...record }
  await writeWhole(join(folder, 'run.json'), `${JSON.stringify(whole, undefined, 2)}\n`)
}

/** `report.html`: the run as a page. */
export const writeReport = (folder: string, page: string): Promise<void> =>
  writeWhole(join(folder, 'report.html'), page)

/** `metrics.jsonl`: a line an epoch. */
export const writeMetrics = (folder: string, epochs: readonly Epoch[]): Promise<void> =>
  writeWhole(join(folder, 'metrics.jsonl'), epochs.map((epoch) => `${JSON.stringify(epoch)}\n`).join(''))

/** @throws InputError when the folder is not a run, is of another version, or a file of it is missing or damaged */
export async function readRun(folder: string): Promise<Run> {
  const path = join(folder, 'run.json')
  const text = await readFile(path, 'utf8').catch(() => {
    throw new InputError(
      `expected a run folder, but there is no '${path}'; give the folder that unrolled train wrote with --out`,
    )
  })
  const record = parseRecord(text, path)
  const file = join(folder, 'model.safetensors')
  const { model, extras } = await load(file)
  const spec = extras.windows
  if (extras.task !== 'forecast' || !isWindowSpec(spec))
    throw new InputError(
      `${file}: expected a forecaster with its windows, got ${JSON.stringify(extras.task ?? 'neither')}`,
    )
  const { options, conformal } = record
  const head = headFor(options)
  const [rows, outputs] = model.outputShape
  const recursive = options.strategy === 'recursive'
  if (
    model.architecture.inputs !== featuresOf(spec) ||
    outputs !== head.outputs ||
    !(recursive || rows === spec.horizon)
  )
    throw new InputError(
      `${file}: its windows do not fit: the model takes ${model.architecture.inputs} numbers a row and gives ` +
        `${showShape(model.outputShape)}, the windows have ${featuresOf(spec)} and are to have [${spec.horizon}, ${head.outputs}]`,
    )
  return {
    folder,
    record,
    spec,
    options,
    head,
    conformal,
    models: [model, ...(await readMembers(folder, options.ensemble, model))],
  }
}

/** The data a run was trained on. @throws InputError, with a way out, when it is gone or has changed since */
export const readRunData = (
  { folder, record }: RunData,
  wayOut = 'give the data to use as an argument',
): Promise<Table> => readAgain(record.data, folder, wayOut)

function parseRecord(text: string, path: string): RunRecord {
  let record: Partial<RunRecord>
  try {
    record = JSON.parse(text)
  } catch {
    throw new InputError(`${path}: expected JSON, but it is cut or damaged; train again`)
  }
  if (record?.format !== FORMAT)
    throw new InputError(
      `${path}: expected a run of format ${FORMAT}, got ${JSON.stringify(record?.format)}; ` +
        'use the version of unrolled that wrote it, or train again',
    )
  const { path: file, sql } = record.data ?? {}
  const texts = [file ?? sql, record.options?.cell, record.options?.target]
  if (texts.some((text) => typeof text !== 'string'))
    throw new InputError(`${path}: its options or its data are missing; train again`)
  return record as RunRecord
}
