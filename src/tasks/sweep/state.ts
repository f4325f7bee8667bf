import { existsSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { InputError } from '../../base/errors.ts'
import { writeWhole } from '../../formats/files.ts'
import type { Epoch } from '../../train/index.ts'
import type { DataSource } from '../data-source.ts'
import type { Score } from '../evaluation.ts'
import type { ForecasterOptions } from '../forecaster-options.ts'
import type { RunRecord } from '../run-folder.ts'
import { entrants, type Rung, rungsOf } from './halving.ts'
import type { Search } from './search.ts'
import type { Choice, Space } from './space.ts'

/** The version of what `sweep.json` holds; another one is refused. */
const FORMAT = 1

/** What a sweep was asked for, of what data. */
export interface SweepPlan {
  /** What is the same in all trials; its epochs are those of the last rung, its seed decides the search too. */
  readonly options: ForecasterOptions
  readonly space: Space
  readonly search: Search
  readonly trials: number
  /** η of successive halving, where there is any. */
  readonly halving?: number | undefined
  readonly data: DataSource
  readonly kernels: string
}

/** What a trial came to in a rung. */
export interface Outcome {
  /** Epochs run in all, fewer than asked for where patience ended. */
  readonly epochs: number
  /** The best epoch on validation, and its loss. */
  readonly best: number
  readonly loss: number
  /** Time spent training, in all. */
  readonly seconds: number
}

/** A process with a folder of its own, and what it has come to, rung by rung. */
export interface Trial {
  /** Counted from 1. */
  readonly trial: number
  readonly options: Choice
  readonly rungs: readonly Outcome[]
  /** Why it came to no end, in a sentence. */
  readonly failed?: string
}

/** `sweep.json` */
export interface Sweep {
  readonly plan: SweepPlan
  readonly trials: readonly Trial[]
  /** The best trial and the baselines on the test part, once all trials are done. */
  readonly test?: readonly Score[]
}

export const rungsOfPlan = ({ trials, options, halving }: SweepPlan): Rung[] => rungsOf(trials, options.epochs, halving)

export const trialFolder = (folder: string, trial: number): string =>
  join(folder, `trial-${String(trial).padStart(3, '0')}`)

/** Trials that came to a loss, the best on validation first; then those that failed. */
export function ranked(trials: readonly Trial[]): Trial[] {
  const lossOf = ({ rungs, failed }: Trial) => (failed ? Number.POSITIVE_INFINITY : rungs.at(-1)!.loss)
  return trials.filter(({ rungs, failed }) => failed || rungs.length > 0).sort((a, b) => compare(lossOf(a), lossOf(b)))
}

const compare = (a: number, b: number) => (a === b ? 0 : a - b) // two infinities are equal

/** What is still to be done of rung k. */
export const waiting = ({ plan, trials }: Sweep, k: number): Trial[] =>
  entrants(trials, rungsOfPlan(plan), k).filter(({ rungs, failed }) => rungs.length === k && !failed)

const pathIn = (folder: string) => join(folder, 'sweep.json')

export const writeSweep = (folder: string, sweep: Sweep): Promise<void> =>
  writeWhole(pathIn(folder), `${JSON.stringify({ format: FORMAT, ...sweep }, undefined, 2)}\n`)

/** The sweep of a folder; nothing where there is none and one may begin. @throws InputError for other files, or a damaged one */
export async function readSweep(folder: string): Promise<Sweep | undefined> {
  const path = pathIn(folder)
  if (!existsSync(path)) {
    const [other] = existsSync(folder) ? await readdir(folder) : []
    if (other === undefined) return undefined
    throw new InputError(`--out: expected a new folder or that of a sweep, but '${folder}' holds '${other}'`)
  }
  let found: Partial<Sweep> & { format?: number }
  try {
    found = JSON.parse(await readFile(path, 'utf8'))
  } catch {
    throw new InputError(`${path}: expected JSON, but it is cut or damaged; take another --out`)
  }
  const { format, ...sweep } = found
  if (format !== FORMAT || !sweep.plan || !Array.isArray(sweep.trials))
    throw new InputError(
      `${path}: expected a sweep of format ${FORMAT}, got ${JSON.stringify(format)}; use the version that wrote it`,
    )
  return sweep as Sweep
}

/** Refuses to go on with a sweep that was asked for in another way, or of other data. */
export function expectSame(folder: string, began: SweepPlan, now: SweepPlan): void {
  const parts = (plan: SweepPlan) => ({
    'the data': plan.data.sha256,
    ...{ space: plan.space, search: plan.search, trials: plan.trials, halving: plan.halving },
    ...plan.options,
  })
  const [before, after]: Readonly<Record<string, unknown>>[] = [parts(began), parts(now)]
  for (const part of Object.keys({ ...before, ...after })) {
    const [was, is] = [before, after].map((all) => JSON.stringify(all![part]))
    if (was === is) continue
    throw new InputError(
      part === 'the data'
        ? `the data has changed since the sweep in '${folder}' began; take another --out`
        : `'${folder}' holds a sweep with another ${part}, ${was} and not ${is}; take another --out`,
    )
  }
}

/** What a trial's folder says it has come to. */
export async function outcomeOf(folder: string): Promise<Outcome> {
  const { best }: RunRecord = JSON.parse(await readFile(join(folder, 'run.json'), 'utf8'))
  const lines = (await readFile(join(folder, 'metrics.jsonl'), 'utf8')).trimEnd().split('\n')
  const epochs = lines.map((line): Epoch => JSON.parse(line))
  const seconds = epochs.reduce((sum, epoch) => sum + epoch.seconds, 0)
  return { epochs: epochs.length, best: best.epoch, loss: best.loss, seconds }
}
