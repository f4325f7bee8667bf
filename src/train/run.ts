import { InputError } from '../base/errors.ts'
import { Random } from '../base/random.ts'
import type { Samples } from '../base/samples.ts'
import type { Model } from '../layers/index.ts'
import { type CheckedOptions, checkedOptions } from './checked-options.ts'
import type { Epoch, FitOptions } from './fit-options.ts'
import { expectRoom } from './memory-plan.ts'
import { partShape } from './parts.ts'
import type { Progress, RunState } from './run-state.ts'
import { type StepResult, Trainer } from './trainer.ts'

const fresh = { samples: 0, steps: 0, loss: 0, count: 0, norm: 0, seconds: 0 }

/** The page or process gets a turn at least this often, in milliseconds. */
const TURN = 30

/** A training as it goes along: the loop of `fit`. */
export class Run {
  private readonly options: CheckedOptions
  private readonly train: Samples
  private readonly trainer: Trainer
  /** What another run must have in common for this one to go on from it. */
  private readonly made: RunState['numbers']['made']
  private readonly stepsAnEpoch: number
  private readonly samplesAnEpoch: number
  private progress: Progress = { epoch: 1, validation: null, since: 0, ...fresh }
  /** Whether nothing is half done: while others are called, or have the loop. */
  private resting = false
  private turn = performance.now()
  private lap = this.turn

  /** @throws InputError as `fit` does before its first step */
  constructor(model: Model, data: { readonly train: Samples; readonly validation?: Samples }, given: FitOptions) {
    const options = checkedOptions(model, data, given)
    const { train } = data
    const { batch, accumulate, optimizer, shuffle, seed, window, perEpoch = train.count } = options
    const steps = train.inputShape[0]!
    expectRoom(model, { ...options, validation: 0, batch: Math.min(batch, train.count), steps })
    this.options = options
    this.train = train
    this.trainer = new Trainer(model, options)
    this.made = {
      optimizer: `${optimizer.name} ${JSON.stringify(optimizer.options)}`,
      ...{ samples: train.count, perEpoch, batch, accumulate, shuffle, seed, window: window ?? steps },
    }
    const windows = Math.ceil(steps / partShape(train.inputShape, window)[0]!)
    this.samplesAnEpoch = Math.min(perEpoch, train.count)
    this.stepsAnEpoch = Math.ceil(this.samplesAnEpoch / (batch * accumulate)) * windows
    if (options.resume) this.restore(options.resume)
  }

  /** Trains, an epoch at a time; the model is finished whichever way this ends. */
  async *epochs(): AsyncGenerator<Epoch, void, undefined> {
    const { epochs, onEpoch } = this.options
    try {
      while (this.progress.epoch <= epochs && !this.progress.stopped) {
        const epoch = (await this.steps()) && (await this.close())
        if (!epoch) return
        this.resting = true
        await onEpoch?.(epoch, this)
        yield epoch
        this.resting = false
      }
    } finally {
      this.resting = false
      this.trainer.rooms.finish(this.progress.best !== undefined)
    }
  }

  /** The steps of an epoch that are left; whether it was not aborted. */
  private async steps(): Promise<boolean> {
    const { progress, train, samplesAnEpoch } = this
    const { batch, accumulate, signal } = this.options
    const order = this.order()
    this.lap = performance.now()
    for (; progress.samples < samplesAnEpoch; progress.samples += batch * accumulate) {
      if (signal?.aborted) return false
      if (this.impatient) return true
      const end = Math.min(samplesAnEpoch, progress.samples + batch * accumulate)
      const batches: Uint32Array[] = []
      for (let first = progress.samples; first < end; first += batch)
        batches.push(order.subarray(first, Math.min(end, first + batch)))
      for (const result of this.trainer.steps(train, batches, progress.epoch)) {
        if (result) await this.note(result)
        if (await this.aborted()) return false
        if (this.impatient) return true
      }
    }
    return true
  }

  private order(): Uint32Array {
    const { shuffle, seed } = this.options
    const { count } = this.train
    if (shuffle) return new Random(seed, `shuffle ${this.progress.epoch}`).permutation(count)
    return Uint32Array.from({ length: count }, (_, i) => i)
  }

  /** Counts a step in, validates where it is time to, and tells. */
  private async note(result: StepResult): Promise<void> {
    const { progress } = this
    const { validateEvery, onStep } = this.options
    await this.expectFinite(result)
    progress.steps++
    progress.loss += result.loss * result.count
    progress.count += result.count
    progress.norm += result.gradientNorm
    this.takeLap()
    const due = validateEvery !== undefined && this.trainer.taken % validateEvery === 0
    if (due && !(await this.validate())) return
    const validation = due ? { validation: { loss: progress.validation ?? Number.NaN } } : {}
    const at = { epoch: progress.epoch, step: progress.steps, steps: this.stepsAnEpoch }
    this.resting = true
    if (onStep) await onStep({ ...result, ...at, ...validation }, this)
    this.resting = false
  }

  /** Ends an epoch: what it came to, or nothing where it was aborted in validation. */
  private async close(): Promise<Epoch | undefined> {
    const { progress } = this
    const { epochs, validation, validateEvery } = this.options
    if (progress.count === 0)
      throw new InputError('fit: none of the training targets count: all of them are padding, or weigh nothing')
    this.takeLap()
    const loss = progress.loss / progress.count
    if (!validation) this.consider(loss)
    else if (validateEvery === undefined && !(await this.validate())) return undefined
    const { epoch, norm, steps, seconds, best, since } = progress
    this.progress = {
      ...{ epoch: epoch + 1, validation: progress.validation, since, ...fresh },
      ...(best ? { best } : {}),
      ...(this.impatient ? { stopped: true } : {}),
    }
    return {
      ...{ epoch, epochs, loss, validation: { loss: progress.validation ?? Number.NaN } },
      ...{ gradientNorm: norm / steps, seconds },
      ...(best ? { best } : {}),
    }
  }

  /** Computes the validation loss; whether it was not aborted. */
  private async validate(): Promise<boolean> {
    let loss = Number.NaN
    for (loss of this.trainer.evaluate(this.options.validation!)) if (await this.aborted()) return false
    this.progress.validation = Number.isFinite(loss) ? loss : null
    this.consider(loss)
    this.lap = performance.now()
    return true
  }

  /** Takes a loss into account that the schedule and the best hang on. */
  private consider(loss: number): void {
    const { trainer, progress } = this
    const { keepBest, minDelta } = this.options
    if (!keepBest && !trainer.listens) return
    if (!Number.isFinite(loss))
      throw new InputError(
        `fit: the validation loss became ${loss} in epoch ${progress.epoch}, so nothing can go by it ` +
          '(keepBest, earlyStopping and reduceOnPlateau need validation targets that count, and are numbers)',
      )
    trainer.observe(loss)
    if (!keepBest) return
    progress.since++
    if (progress.best && !(loss < progress.best.loss - minDelta)) return
    progress.best = { epoch: progress.epoch, step: trainer.taken, loss }
    progress.since = 0
    trainer.rooms.keep()
  }

  private get impatient(): boolean {
    return this.progress.since >= this.options.patience
  }

  /** Gives others their turn if it is time to; whether the signal says to stop. */
  private async aborted(): Promise<boolean> {
    if (performance.now() - this.turn > TURN) {
      await new Promise((resolve) => setTimeout(resolve, 0))
      this.turn = performance.now()
    }
    return this.options.signal?.aborted ?? false
  }

  private takeLap(): void {
    const now = performance.now()
    this.progress.seconds += (now - this.lap) / 1000
    this.lap = now
  }

  /**
   * All that the steps still to come hang on, besides the data and the options.
   * @throws InputError amid a step or a validation, and once the training has ended
   */
  state(): RunState {
    if (!this.resting)
      throw new InputError('fit: state() tells what stands between two steps: call it while onStep or onEpoch runs')
    const { numbers, tensors } = this.trainer.state()
    return { numbers: { made: this.made, progress: { ...this.progress }, trainer: numbers }, tensors }
  }

  private restore({ numbers, tensors }: RunState): void {
    for (const [name, value] of Object.entries(this.made))
      if (numbers.made[name] !== value)
        throw new InputError(
          `fit: resume: expected a run with the same ${name}, ${value}, got one with ${numbers.made[name]}`,
        )
    this.trainer.restore({ numbers: numbers.trainer, tensors })
    this.progress = { ...numbers.progress }
  }

  private async expectFinite(result: StepResult): Promise<void> {
    const { loss, gradientNorm } = result
    if (Number.isFinite(loss) && Number.isFinite(gradientNorm)) return
    const { trainer, options, train, progress } = this
    const { epoch, steps, best } = progress
    const averaged = options.ema && !best ? ', its weights averaged' : ''
    const { blame, divergenceOf } = await import('./divergence-sentence.ts')
    throw divergenceOf(train, {
      ...{ loss, gradientNorm, epoch },
      step: steps + 1,
      left: best ? `has its best weights, of epoch ${best.epoch}` : `is as it was before that step${averaged}`,
      begun: trainer.taken > 0,
      clipped: options.clipNorm !== undefined,
      found: trainer.blame(blame),
    })
  }
}
