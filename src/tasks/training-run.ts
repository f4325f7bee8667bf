import { clear } from '../formats/files.ts'
import type { Best, Epoch, Snapshot, TrainingHooks } from '../train/index.ts'
import { Board } from './board.ts'
import { type Checkpoint, dropBefore, dropLast, type FoundCheckpoint, writeCheckpoint } from './checkpoint.ts'
import { type Forecaster, trainForecaster } from './forecaster.ts'
import { type Plan, writeMetrics } from './run-folder.ts'

/** Seconds between two checkpoints within an epoch. */
const EVERY = 10

export interface TrainingRunOptions {
  readonly folder: string
  readonly plan: Plan
  /** Where a training stopped that goes on. */
  readonly from?: FoundCheckpoint | undefined
  /** Whether TensorBoard is to watch. */
  readonly tensorboard?: boolean | undefined
  /** Stops after the step at hand, behind a last checkpoint. */
  readonly signal?: AbortSignal | undefined
}

/** What a training in a folder came to. */
export interface TrainingRun {
  readonly epochs: readonly Epoch[]
  /** Absent where it was stopped before there was one. */
  readonly best?: Best | undefined
  readonly stopped: boolean
}

/**
 * Trains a forecaster so that it may be killed at any moment and gone on with: a checkpoint at the start, after each epoch and
 * every ten seconds; `metrics.jsonl` has a line an epoch.
 * @throws InputError as `fit`, and where the folder can't be written
 */
export async function trainInFolder(
  forecaster: Forecaster,
  { folder, plan, from, tensorboard, signal }: TrainingRunOptions,
  watching: TrainingHooks = {},
): Promise<TrainingRun> {
  const epochs: Epoch[] = [...(from?.epochs ?? [])]
  await begin(folder, { plan, epochs, state: from?.state }, from)
  const board = tensorboard ? new Board(folder) : undefined
  const stop = new AbortController()
  let written = performance.now()
  const keep = async (run: Snapshot) => {
    await writeCheckpoint(folder, { plan, epochs, state: run.state() })
    written = performance.now()
    // Not before: what the signal stops has its last step in a checkpoint.
    if (signal?.aborted) stop.abort()
  }
  try {
    const best = await trainForecaster(forecaster, {
      ...(from?.state ? { resume: from.state } : {}),
      signal: stop.signal,
      async onStep(step, run) {
        await watching.onStep?.(step, run)
        await board?.step(step)
        if (signal?.aborted || performance.now() - written > EVERY * 1000) await keep(run)
      },
      async onEpoch(epoch, run) {
        epochs.push(epoch)
        await writeMetrics(folder, epochs)
        await board?.epoch(epoch)
        await keep(run)
        await watching.onEpoch?.(epoch, run)
      },
    })
    return { epochs, best, stopped: signal?.aborted ?? false }
  } finally {
    await board?.flush()
  }
}

/** Puts the first checkpoint into the folder, and what an earlier training left there out of the way. */
async function begin(folder: string, checkpoint: Checkpoint, from?: FoundCheckpoint): Promise<void> {
  if (from?.damage) await dropLast(folder)
  await writeCheckpoint(folder, checkpoint)
  await clear(folder)
  if (!from) {
    await dropBefore(folder)
    await Board.clear(folder)
  }
  await writeMetrics(folder, checkpoint.epochs)
}
