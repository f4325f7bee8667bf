import cliProgress from 'cli-progress'
import type { Step, TrainingHooks } from '../train/index.ts'
import { duration, round, terminalWidth } from './output.ts'

/** What a bar is told beforehand. */
export interface Watched {
  readonly epochs: number
  /** Samples a step. */
  readonly samples: number
  /** What is trained. */
  readonly what: string
  /** What Ctrl-C does, behind the bar's end; where absent the process ends. */
  readonly interrupt?: () => void
}

/** Trains under a progress bar. */
export async function watched<R>(watched: Watched, train: (hooks: TrainingHooks) => Promise<R>): Promise<R> {
  const progress = new Progress(watched)
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
  private readonly samples: number
  private readonly interrupted: () => void
  private begun: { readonly at: number; readonly done: number } | undefined
  private validation = Number.NaN
  private mean = Number.NaN
  private norm = Number.NaN
  private speed = Number.NaN

  constructor({ epochs, samples, what, interrupt }: Watched) {
    this.epochs = epochs
    this.samples = samples
    // Ctrl-C: the terminal gets its line and its cursor back first.
    this.interrupted = () => {
      this.stop()
      if (interrupt) interrupt()
      else process.kill(process.pid, 'SIGINT')
    }
    process.once('SIGINT', this.interrupted)
    if (!process.stderr.isTTY) return
    this.bar = new cliProgress.SingleBar({
      // The line is told as a whole, because its bar takes what its numbers leave of the terminal.
      format: (_, { progress }, shown: Shown) => progressLine({ ...shown, what, share: progress }, barWidth()),
      ...{ stream: process.stderr, hideCursor: true, clearOnComplete: true, fps: 10 },
    })
  }

  step({ epoch, step, steps, loss, gradientNorm }: Step): void {
    if (!this.bar) return
    const [done, total] = [(epoch - 1) * steps + step, this.epochs * steps]
    const now = performance.now()
    // A training that goes on from where another stopped has a first step of its own.
    this.begun ??= { at: now, done: done - 1 }
    if (!this.bar.isActive) this.bar.start(total, done, this.payload(epoch, Number.NaN))
    // Single batches jump about; their running means are what a person wants to see.
    const mean = (before: number, next: number) => (Number.isNaN(before) ? next : 0.95 * before + 0.05 * next)
    this.mean = mean(this.mean, loss)
    this.norm = mean(this.norm, gradientNorm)
    const seconds = ((now - this.begun.at) * 1e-3) / (done - this.begun.done)
    this.speed = this.samples / seconds
    this.bar.update(done, this.payload(epoch, seconds * (total - done)))
  }

  epoch(validation: number): void {
    this.validation = validation
  }

  stop(): void {
    process.off('SIGINT', this.interrupted)
    this.bar?.stop()
  }

  private payload(epoch: number, seconds: number): Shown {
    const show = (value: number) => (Number.isNaN(value) ? '–' : round(value))
    return {
      epoch: `${String(epoch).padStart(String(this.epochs).length)}/${this.epochs}`,
      loss: show(this.mean),
      validation: show(this.validation),
      norm: show(this.norm),
      speed: !Number.isFinite(this.speed) ? '–' : Math.round(this.speed).toLocaleString('en'),
      left: Number.isNaN(seconds) ? '–' : duration(seconds),
    }
  }
}

/** The columns of stderr; the last one stays free, where some terminals break the line. */
const barWidth = () => (process.stderr.columns || terminalWidth()) - 1

/** Numbers as a bar shows them. */
export interface Shown {
  readonly epoch: string
  readonly loss: string
  readonly validation: string
  readonly norm: string
  readonly speed: string
  readonly left: string
}

/** `epoch 3/30 ██░░░  loss 0.524  val 0.610  ‖g‖ 0.900   9,000 samples/s    4 s left` in at most so many columns. */
export function progressLine(
  { what, share, epoch, loss, validation, norm, speed, left }: Shown & { what: string; share: number },
  width: number,
): string {
  // As wide as ever whatever they are, so that the bar does not jump.
  const told = [`loss ${loss.padEnd(5)}`, `val ${validation.padEnd(5)}`, `‖g‖ ${norm.padEnd(5)}`]
  const head = `${what} ${epoch} `
  const tails = [' samples/s', '/s'].map((unit) =>
    ['', ...told, `${speed.padStart(6)}${unit}`, `${left.padStart(4)} left`].join('  '),
  )
  const room = (tail: string) => width - head.length - tail.length
  const tail = tails.find((each) => room(each) >= 4) ?? tails.at(-1)!
  const bar = Math.max(0, Math.min(20, room(tail)))
  const full = Math.round(bar * share)
  return `${head}${'█'.repeat(full)}${'░'.repeat(bar - full)}${tail}`.slice(0, width)
}
