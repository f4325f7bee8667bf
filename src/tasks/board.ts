import { join } from 'node:path'
import { append, clear } from '../formats/files.ts'
import { formatFileVersion, formatScalars } from '../formats/tensorboard.ts'
import type { Epoch, Step } from '../train/index.ts'

/** An event file of TensorBoard in a run folder, written as training goes along; each part of a training has its own. */
export class Board {
  private readonly path: string
  private waiting: Uint8Array[]
  private steps = 0
  private flushed = performance.now()

  constructor(folder: string) {
    const now = Date.now() / 1000
    // TensorBoard reads files in the order of their names.
    this.path = join(folder, `events.out.tfevents.${now.toFixed(3)}.unrolled`)
    this.waiting = [formatFileVersion(now)]
  }

  /** Removes the event files of a folder. */
  static clear(folder: string): Promise<void> {
    return clear(folder, /^events\.out\.tfevents\..*\.unrolled$/)
  }

  async step({ epoch, step, steps, loss, rate, gradientNorm, clippedNorm }: Step): Promise<void> {
    this.steps = (epoch - 1) * steps + step
    this.add({
      'step/loss': loss,
      'step/rate': rate,
      'step/gradient norm': gradientNorm,
      'step/clipped norm': clippedNorm,
    })
    if (performance.now() - this.flushed > 1000) await this.flush()
  }

  async epoch({ loss, validation, gradientNorm }: Epoch): Promise<void> {
    this.add({ 'epoch/loss': loss, 'epoch/validation': validation.loss, 'epoch/gradient norm': gradientNorm })
    await this.flush()
  }

  /** Puts what is waiting into the file. */
  async flush(): Promise<void> {
    const bytes = Buffer.concat(this.waiting)
    this.waiting = []
    this.flushed = performance.now()
    await append(this.path, bytes)
  }

  private add(scalars: Readonly<Record<string, number>>): void {
    const known = Object.fromEntries(Object.entries(scalars).filter(([, value]) => Number.isFinite(value)))
    this.waiting.push(formatScalars({ step: this.steps, time: Date.now() / 1000, scalars: known }))
  }
}
