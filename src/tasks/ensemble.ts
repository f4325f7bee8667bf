import { rm } from 'node:fs/promises'
import type { Table } from '../data/index.ts'
import type { Model } from '../layers/index.ts'
import type { TrainingHooks } from '../train/index.ts'
import { hasCheckpoint, readCheckpoint } from './checkpoint.ts'
import { type Forecaster, prepareForecaster } from './forecaster.ts'
import { MOST_MEMBERS } from './forecaster-options.ts'
import { folderOf } from './members.ts'
import { type TrainingRun, type TrainingRunOptions, trainInFolder } from './training-run.ts'

export interface EnsembleOptions extends TrainingRunOptions {
  /** Trained by the first seed; the others follow, each by the next one. */
  readonly forecaster: Forecaster
  readonly table: Table
  /** Tells the member that is about to be trained, counted from 1, and gives who watches it. */
  readonly watch: <R>(member: number, train: (hooks: TrainingHooks) => Promise<R>) => Promise<R>
}

/** What an ensemble came to: the first member's training, and all models; fewer where it was stopped. */
export interface EnsembleRun {
  readonly first: TrainingRun
  readonly models: readonly Model[]
  readonly stopped: boolean
}

/**
 * Trains the members of an ensemble one after another, alike but for their seeds (Lakshminarayanan et al. 2017), each so that it
 * can be killed and gone on with.
 * @throws InputError as `trainInFolder`
 */
export async function trainEnsemble(asked: EnsembleOptions): Promise<EnsembleRun> {
  const { forecaster, table, folder, from, watch, ...rest } = asked
  const { options, model } = forecaster
  if (!from) for (let k = 2; k <= MOST_MEMBERS; k++) await rm(folderOf(folder, k), { recursive: true, force: true })
  const first = await watch(1, (hooks) => trainInFolder(forecaster, { ...rest, folder, from }, hooks))
  const models = [model]
  let { stopped } = first
  for (let member = 2; member <= options.ensemble && !stopped; member++) {
    const own = folderOf(folder, member)
    const next = prepareForecaster(table, { ...options, seed: options.seed + member - 1 }, model.kernels.tier)
    const begun = hasCheckpoint(own) ? await readCheckpoint(own) : undefined
    const run = await watch(member, (hooks) => trainInFolder(next, { ...rest, folder: own, from: begun }, hooks))
    stopped = run.stopped
    models.push(next.model)
  }
  return { first, models, stopped }
}
