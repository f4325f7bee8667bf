import cliProgress from 'cli-progress'
import type { Step, TrainingHooks } from '../train/index.ts'
import { round } from './output.ts'

/** Trains under a progress bar that says what is trained. */
export async function watched<R>(
  epochs: number,
  what: string,
  train: (hooks: TrainingHooks) => Promise<R>,
): Promise<R> {
  const progress = new Progress(epochs, what)
  try {
    return await train({
      onStep: (step) => progress.step(step),
      onEpoch: (epoch) => progress.epoch(epoch.validation.loss),
    })
  } finally {
    progress.stop()
  }
}

/** A progress bar over training steps, on stderr; silent where that is not a terminal. */
class Progress {
  private readonly bar: cliProgress.SingleBar | undefined
  private readonly epochs: number
  private readonly started = performance.now()
  private validation = Number.NaN
  private mean = Number.NaN

  constructor(epochs: number, what: string) {
    this.epochs = epochs
    if (!process.stderr.isTTY) return
    const format = `${what} {epoch} [{bar}] {percentage} %  loss {loss}  validation {validation}  {left} left`
    this.bar = new cliProgress.SingleBar(
      { format, stream: process.stderr, hideCursor: true, clearOnComplete: true, barsize: 14, fps: 10 },
      cliProgress.Presets.shades_classic,
    )
    process.once('SIGINT', this.interrupted)
  }

  step({ epoch, step, steps, loss }: Step): void {
    if (!this.bar) return
    const [done, total] = [(epoch - 1) * steps + step, this.epochs * steps]
    if (done === 1) this.bar.start(total, 0, this.payload(epoch, Number.NaN))
    // Single batches jump about; their running mean is what a person wants to see fall.
    this.mean = Number.isNaN(this.mean) ? loss : 0.95 * this.mean + 0.05 * loss
    const seconds = ((performance.now() - this.started) / done) * (total - done) * 1e-3
    this.bar.update(done, this.payload(epoch, seconds))
  }

  epoch(validation: number): void {
    this.validation = validation
  }

  stop(): void {
    process.off('SIGINT', this.interrupted)
    this.bar?.stop()
  }

  /** Ctrl-C: gives the terminal its line and its cursor back, then ends as any process does. */
  private readonly interrupted = (): void => {
    this.stop()
    process.kill(process.pid, 'SIGINT')
  }

  private payload(epoch: number, seconds: number) {
    const show = (value: number) => (Number.isNaN(value) ? '–' : round(value))
    const left = Number.isNaN(seconds)
      ? '–'
      : seconds < 90
        ? `${Math.ceil(seconds)} s`
        : `${Math.ceil(seconds / 60)} min`
    return { epoch: `${epoch}/${this.epochs}`, loss: show(this.mean), validation: show(this.validation), left }
  }
}
