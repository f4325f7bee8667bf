import type { Loss, LossName } from '../autograd/index.ts'
import { InputError } from '../base/errors.ts'
import { Random } from '../base/random.ts'
import type { Samples } from '../base/samples.ts'
import { expectWhole } from '../base/shape.ts'
import type { Model } from '../layers/index.ts'
import { expectRoom } from './memory-plan.ts'
import { adam, type Optimizer } from './optimizers.ts'
import { partShape } from './parts.ts'
import { lossOf, type StepResult, Trainer } from './trainer.ts'

export interface FitOptions {
  readonly epochs: number
  /** Samples a step; 32 by default. The last batch of an epoch may be smaller. */
  readonly batch?: number
  /** `adam(1e-3)` by default. */
  readonly optimizer?: Optimizer
  /**
   * `'mse'` (default), `'mae'`, `'huber'`, `'binaryCrossEntropy'` (logits against 0 to 1), `'crossEntropy'`
   * (class indices as targets); a made one, as by `quantileLoss`, `gaussianLoss` or `ctcLoss`, or your own, as by `meanLossOf`.
   */
  readonly loss?: LossName | Loss
  /** If ‖g‖ > clipNorm then g ← g·clipNorm/‖g‖, over all parameters together. */
  readonly clipNorm?: number
  /**
   * For long series: a step of the optimiser after every so many steps of the sequences, each going on from the states where
   * the one before ended; gradients end at its beginning (truncated back-propagation through time, Williams & Peng 1990).
   */
  readonly window?: number
  /** Whether each epoch takes the samples in a new order; true by default. */
  readonly shuffle?: boolean
  /** Decides the order of samples and what dropout drops; 0 by default. */
  readonly seed?: number
  /** Stops between two steps; the model keeps what it has learned. */
  readonly signal?: AbortSignal
  /** Called after each step. */
  readonly onStep?: (step: Step) => void
}

/** A step within an epoch, both counted from 1. */
export interface Step extends StepResult {
  readonly epoch: number
  readonly step: number
  /** The most there may be: windows in which all sequences have ended are left out. */
  readonly steps: number
}

/** What an epoch came to. Losses are means over all targets that count, in the model's scaled units. */
export interface Epoch {
  /** Counted from 1. */
  readonly epoch: number
  readonly epochs: number
  readonly loss: number
  /** NaN where there are no validation samples. */
  readonly validation: { readonly loss: number }
  /** ‖gradient‖ before clipping, mean over steps. */
  readonly gradientNorm: number
  /** Time spent training, without validation. */
  readonly seconds: number
}

/** The page or process gets a turn at least this often, in milliseconds. */
const TURN = 30

/**
 * Trains a model, an epoch at a time: `for await (const epoch of fit(…))`. A `break` or the signal stops it cleanly.
 *
 * @param data samples to train on, and others that the validation loss is computed on
 * @throws InputError when the data does not fit the model, an option is out of its range, a step would not fit in the
 * memory, or the loss stops being a number
 */
export async function* fit(
  model: Model,
  data: { readonly train: Samples; readonly validation?: Samples },
  options: FitOptions,
): AsyncGenerator<Epoch, void, undefined> {
  const { epochs, batch = 32, optimizer = adam(), shuffle = true, seed = 0, clipNorm, window, signal, onStep } = options
  const { train, validation } = data
  expectWhole('fit: epochs', epochs)
  expectWhole('fit: batch', batch)
  if (clipNorm !== undefined && !(clipNorm > 0))
    throw new InputError(`fit: clipNorm: expected a norm above 0, got ${clipNorm}`)
  if (train.count === 0) throw new InputError('fit: there are no samples to train on')
  const loss = lossOf(options.loss ?? 'mse')
  model.expectFits(train, loss)
  if (window !== undefined) expectWindow(model, window)
  expectRoom(model, { batch: Math.min(batch, train.count), steps: train.inputShape[0]!, window, optimizer, loss })
  const trainer = new Trainer(model, { optimizer, loss, clipNorm, seed, window })
  const batches = Math.ceil(train.count / batch)
  const steps = batches * Math.ceil(train.inputShape[0]! / partShape(train.inputShape, window)[0]!)
  let turn = performance.now()

  for (let epoch = 1; epoch <= epochs; epoch++) {
    const started = performance.now()
    const order = shuffle
      ? new Random(seed, `shuffle ${epoch}`).permutation(train.count)
      : Uint32Array.from({ length: train.count }, (_, i) => i)
    let [sum, count, norm, step] = [0, 0, 0, 0]
    for (let first = 0; first < train.count; first += batch) {
      if (signal?.aborted) return
      for (const result of trainer.steps(train, order.subarray(first, first + batch))) {
        step++
        expectFinite(result, epoch, step)
        sum += result.loss * result.count
        count += result.count
        norm += result.gradientNorm
        onStep?.({ ...result, epoch, step, steps })
        if (performance.now() - turn > TURN) {
          await new Promise((resolve) => setTimeout(resolve, 0))
          turn = performance.now()
        }
        if (signal?.aborted) return
      }
    }
    if (count === 0) throw new InputError('fit: none of the training targets count: all of them are padding')
    const seconds = (performance.now() - started) / 1000
    const validationLoss = validation && validation.count > 0 ? trainer.evaluate(validation) : Number.NaN
    yield { epoch, epochs, loss: sum / count, validation: { loss: validationLoss }, gradientNorm: norm / step, seconds }
  }
}

function expectWindow(model: Model, window: number): void {
  expectWhole('fit: window', window)
  model.expectCarries('fit: window')
  if (model.inputShape[0] !== -1 || model.outputShape[0] !== -1)
    throw new InputError(
      'fit: window cuts sequences, so the model must be made for any number of steps (init without steps) ' +
        "and give an output at each (returns: 'all')",
    )
}

function expectFinite({ loss, gradientNorm }: StepResult, epoch: number, step: number): void {
  if (Number.isFinite(loss) && Number.isFinite(gradientNorm)) return
  const what = Number.isFinite(loss) ? `the gradient's norm became ${gradientNorm}` : `the loss became ${loss}`
  throw new InputError(
    `${what} in epoch ${epoch}, step ${step}; the model is as it was before that step` +
      ' (a smaller learning rate, clipNorm: 1 or scaled inputs usually help)',
  )
}
