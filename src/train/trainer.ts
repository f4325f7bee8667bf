import { type Loss, type LossName, losses, type Tape } from '../autograd/index.ts'
import { InputError, suggestion } from '../base/errors.ts'
import { Random } from '../base/random.ts'
import type { Samples } from '../base/samples.ts'
import { leaf, square } from '../expr/index.ts'
import type { Model } from '../layers/index.ts'
import type { Optimizer } from './optimizers.ts'

const g = leaf('gradient')
const squares = { inputs: ['gradient'], outputs: [], sum: square(g) }

/** What a training step is made of. */
export interface StepOptions {
  readonly optimizer: Optimizer
  readonly loss: Loss
  /** The largest norm a gradient may have; longer ones are shortened to it. */
  readonly clipNorm?: number | undefined
  readonly seed: number
}

/** One step's numbers. */
export interface StepResult {
  readonly loss: number
  /** Over how much of the targets the loss is the mean: what is padding does not count. */
  readonly count: number
  /** ‖gradient‖ over all parameters, before clipping. */
  readonly gradientNorm: number
}

/** A loss by its name. @throws InputError when there is none of that name */
export function lossOf(loss: LossName | Loss): Loss {
  if (typeof loss !== 'string') return loss
  const known = Object.keys(losses)
  if (!known.includes(loss))
    throw new InputError(`fit: no loss '${loss}'${suggestion(loss, known)} (${known.join(', ')})`)
  return losses[loss]
}

/** Takes training steps on a model; counts them. */
export class Trainer {
  private readonly model: Model
  private readonly options: StepOptions
  private count = 0

  constructor(model: Model, options: StepOptions) {
    this.model = model
    this.options = options
    for (const slot of options.optimizer.slots) model.parameters.clear(this.slot(slot))
  }

  /** Forward, back-propagation, clipping and the optimiser, on the samples `rows`. The weights stay if the loss is not finite. */
  step(samples: Samples, rows: ArrayLike<number>): StepResult {
    const { model, options } = this
    const { parameters, kernels } = model
    const step = this.count + 1
    const { loss, count } = model.withTape(
      (tape) => {
        parameters.clear(parameters.gradient)
        const { mean, count } = this.lossOf(tape, samples, rows)
        tape.backward(mean)
        return { loss: tape.read(mean).data[0]!, count }
      },
      new Random(options.seed, `step ${step}`),
    )
    const { length, gradient } = parameters
    const row = (at: number) => ({ at, rowStride: length })
    const gradientNorm = Math.sqrt(kernels.pointwise(squares)(1, length, [row(gradient)]))
    if (!Number.isFinite(loss) || !Number.isFinite(gradientNorm)) return { loss, count, gradientNorm }
    const { optimizer } = options
    const slots = optimizer.slots.map((name) => row(this.slot(name)))
    const weights = row(parameters.at)
    kernels.pointwise(optimizer.program)(
      1,
      length,
      [weights, row(gradient), ...slots, weights, ...slots],
      [clipScale(gradientNorm, options.clipNorm), ...optimizer.scalars(step)],
    )
    this.count = step
    return { loss, count, gradientNorm }
  }

  /** The mean loss over what counts in samples, without training; NaN where nothing does. */
  evaluate(samples: Samples): number {
    const batch = this.model.rowsAtOnce(samples)
    let [sum, total] = [0, 0]
    for (let from = 0; from < samples.count; from += batch) {
      const rows = Int32Array.from({ length: Math.min(batch, samples.count - from) }, (_, i) => from + i)
      this.model.withTape((tape) => {
        const { mean, count } = this.lossOf(tape, samples, rows)
        sum += count * tape.read(mean).data[0]!
        total += count
      })
    }
    return sum / total
  }

  private lossOf(tape: Tape, samples: Samples, rows: ArrayLike<number>) {
    const { inputShape, targetShape } = samples
    const x = tape.filled([rows.length, ...inputShape], (into) => samples.fillInputs(rows, into))
    const target = tape.filled([rows.length, ...targetShape], (into) => samples.fillTargets(rows, into))
    const lengths = samples.lengths?.(rows)
    const prediction = this.model.forward(tape, x, { lengths })
    const { loss } = this.options
    const count = loss.count(tape, prediction, target, lengths)
    return { mean: loss.run(tape, prediction, target, lengths), count }
  }

  private slot(name: string): number {
    return this.model.parameters.slot(`${this.options.optimizer.name} ${name}`)
  }
}

/** Clipping by global norm (Pascanu et al. 2013): if ‖g‖ > u then g ← g·u/‖g‖, so g is multiplied by this. */
export function clipScale(norm: number, limit: number | undefined): number {
  return limit !== undefined && norm > limit ? limit / norm : 1
}
