import { appendFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { formatFileVersion, formatScalars } from '../formats/tensorboard.ts'
import type { Best, Epoch, Snapshot, Step, TrainingHooks } from '../train/index.ts'
import { type Checkpoint, clearCheckpoints, writeCheckpoint } from './checkpoint.ts'
import { type Forecaster, trainForecaster } from './forecaster.ts'
import { type Plan, writeMetrics } from './run-folder.ts'

/** Seconds between two checkpoints within an epoch. */
const EVERY = 10

export interface TrainingRunOptions {
  readonly folder: string
  readonly plan: Plan
  /** Where a training stopped that goes on. */
  readonly from?: Checkpoint | undefined
  /** Whether TensorBoard is to watch. */
  readonly tensorboard?: boolean | undefined
  /** Stops between two steps, behind a last checkpoint. */
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
  if (!from) {
    await clearCheckpoints(folder)
    await writeCheckpoint(folder, { plan, epochs })
  }
  const board = tensorboard ? await Board.open(folder) : undefined
  let written = performance.now()
  const keep = async (run: Snapshot) => {
    await writeCheckpoint(folder, { plan, epochs, state: run.state() })
    written = performance.now()
  }
  const best = await trainForecaster(forecaster, {
    ...(from?.state ? { resume: from.state } : {}),
    ...(signal ? { signal } : {}),
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
  await board?.close()
  return { epochs, best, stopped: signal?.aborted ?? false }
}

/** An event file of TensorBoard, written as training goes along. */
class Board {
  private readonly path: string
  private waiting: Uint8Array[] = []
  private steps = 0
  private flushed = performance.now()

  private constructor(path: string) {
    this.path = path
  }

  static async open(folder: string): Promise<Board> {
    const now = Date.now() / 1000
    const board = new Board(join(folder, `events.out.tfevents.${now.toFixed(0)}.unrolled`))
    await rm(board.path, { force: true })
    board.waiting.push(formatFileVersion(now))
    await board.close()
    return board
  }

  async step({ epoch, step, steps, loss, rate, gradientNorm, clippedNorm }: Step): Promise<void> {
    this.steps = (epoch - 1) * steps + step
    this.add({
      'step/loss': loss,
      'step/rate': rate,
      'step/gradient norm': gradientNorm,
      'step/clipped norm': clippedNorm,
    })
    if (performance.now() - this.flushed > 1000) await this.close()
  }

  async epoch({ loss, validation, gradientNorm }: Epoch): Promise<void> {
    this.add({ 'epoch/loss': loss, 'epoch/validation': validation.loss, 'epoch/gradient norm': gradientNorm })
    await this.close()
  }

  /** Puts what is waiting into the file. */
  async close(): Promise<void> {
    const bytes = Buffer.concat(this.waiting)
    this.waiting = []
    this.flushed = performance.now()
    await appendFile(this.path, bytes)
  }

  private add(scalars: Readonly<Record<string, number>>): void {
    const known = Object.fromEntries(Object.entries(scalars).filter(([, value]) => Number.isFinite(value)))
    this.waiting.push(formatScalars({ step: this.steps, time: Date.now() / 1000, scalars: known }))
  }
}
