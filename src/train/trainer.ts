import { type Loss, type LossName, losses, type Tape, type Variable } from '../autograd/index.ts'
import { InputError, suggestion } from '../base/errors.ts'
import { Random } from '../base/random.ts'
import type { Samples } from '../base/samples.ts'
import { leaf, square } from '../expr/index.ts'
import type { PointwiseProgram } from '../kernels/index.ts'
import type { Model } from '../layers/index.ts'
import type { Tensor } from '../recurrence/index.ts'
import type { Optimizer } from './optimizers.ts'
import { type Part, partShape, partsOf } from './parts.ts'

const g = leaf('gradient')
const squares: PointwiseProgram = { inputs: ['gradient'], outputs: [], reductions: [{ expr: square(g), by: 'sum' }] }

/** Parameters that one job works on. */
const STRETCH = 2 ** 16

/** What a training step is made of. */
export interface StepOptions {
  readonly optimizer: Optimizer
  readonly loss: Loss
  /** The largest norm a gradient may have; longer ones are shortened to it. */
  readonly clipNorm?: number | undefined
  readonly seed: number
  /** Steps after which states are handed on and gradients are not; a sequence's whole length where absent. */
  readonly window?: number | undefined
}

/** States that sequences are at, by name. */
type Carried = Map<string, Tensor>

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

  /** A step for each window of the samples `rows`, states carried on from one to the next. */
  *steps(samples: Samples, rows: ArrayLike<number>): Generator<StepResult, void, undefined> {
    const carried: Carried = new Map()
    for (const part of partsOf(samples, rows, this.options.window)) yield this.step(part, rows.length, carried)
  }

  /** Forward, back-propagation, clipping and the optimiser. The weights stay if the loss is not finite. */
  private step(part: Part, batch: number, carried: Carried): StepResult {
    const { model, options } = this
    const { gradient } = model.parameters
    const step = this.count + 1
    const { loss, count } = model.withTape(
      (tape) => {
        this.overParameters((first, length) => model.kernels.zero(gradient + first, length))
        const { mean, count } = this.lossOf(tape, part, batch, carried)
        tape.backward(mean)
        return { loss: tape.read(mean).data[0]!, count }
      },
      new Random(options.seed, `step ${step}`),
    )
    const gradientNorm = this.gradientNorm()
    if (!Number.isFinite(loss) || !Number.isFinite(gradientNorm)) return { loss, count, gradientNorm }
    this.update(step, clipScale(gradientNorm, options.clipNorm))
    this.count = step
    return { loss, count, gradientNorm }
  }

  private update(step: number, clip: number): void {
    const { optimizer } = this.options
    const { parameters, kernels } = this.model
    const update = kernels.pointwise(optimizer.program)
    const slots = optimizer.slots.map((name) => this.slot(name))
    const matrices = [parameters.at, parameters.gradient, ...slots, parameters.at, ...slots]
    const scalars = [clip, ...optimizer.scalars(step)]
    this.overParameters((first, length) =>
      update(
        1,
        length,
        matrices.map((at) => ({ at: at + first, rowStride: length })),
        scalars,
      ),
    )
  }

  /** ‖gradient‖ over all parameters. */
  private gradientNorm(): number {
    const { kernels, parameters } = this.model
    const { memory } = kernels
    const fold = kernels.pointwise(squares)
    const mark = memory.mark()
    try {
      const stretches = Math.ceil(parameters.length / STRETCH)
      const sums = memory.take(stretches)
      this.overParameters((first, length) => {
        const gradient = { at: parameters.gradient + first, rowStride: length }
        fold(1, length, [gradient, { at: sums + first / STRETCH, rowStride: 1 }])
      })
      return Math.sqrt([...memory.copy(sums, stretches)].reduce((sum, square) => sum + square, 0))
    } finally {
      memory.release(mark)
    }
  }

  /** Does something with all parameters, stretch by stretch, on all threads. */
  private overParameters(job: (first: number, length: number) => void): void {
    const { kernels, parameters } = this.model
    const mark = kernels.memory.mark()
    const firsts = Array.from({ length: Math.ceil(parameters.length / STRETCH) }, (_, i) => i * STRETCH)
    kernels.parallel([firsts.map((first) => () => job(first, Math.min(STRETCH, parameters.length - first)))])
    kernels.memory.release(mark)
  }

  /** The mean loss over what counts in samples, without training; NaN where nothing does. */
  evaluate(samples: Samples): number {
    const batch = this.rowsAtOnce(samples)
    let [sum, total] = [0, 0]
    for (let from = 0; from < samples.count; from += batch) {
      const rows = Int32Array.from({ length: Math.min(batch, samples.count - from) }, (_, i) => from + i)
      const carried: Carried = new Map()
      for (const part of partsOf(samples, rows, this.options.window))
        this.model.withTape((tape) => {
          const { mean, count } = this.lossOf(tape, part, rows.length, carried)
          sum += count * tape.read(mean).data[0]!
          total += count
        })
    }
    return sum / total
  }

  /** How many samples `evaluate` takes at once. */
  rowsAtOnce({ count, inputShape }: Pick<Samples, 'count' | 'inputShape'>): number {
    return this.model.rowsAtOnce({ count, inputShape: partShape(inputShape, this.options.window) })
  }

  /** The mean loss of a part that begins with the states carried there, which are moved on. */
  private lossOf(tape: Tape, { inputShape, targetShape, lengths, ...part }: Part, batch: number, carried: Carried) {
    const x = tape.filled([batch, ...inputShape], (into) => part.fillInputs(into))
    const target = tape.filled([batch, ...targetShape], (into) => part.fillTargets(into))
    const initial = new Map([...carried].map(([name, state]) => [name, tape.input(state)]))
    const final = (name: string, state: Variable) => carried.set(name, tape.read(state))
    const { loss, window } = this.options
    const prediction = this.model.forward(tape, x, {
      lengths,
      initial,
      target,
      ...(window === undefined ? {} : { final }),
    })
    const counted = this.model.lengthsAfter(lengths)
    const count = loss.count(tape, prediction, target, counted)
    return { mean: loss.run(tape, prediction, target, counted), count }
  }

  private slot(name: string): number {
    return this.model.parameters.slot(`${this.options.optimizer.name} ${name}`)
  }
}

/** Clipping by global norm (Pascanu et al. 2013): if ‖g‖ > u then g ← g·u/‖g‖, so g is multiplied by this. */
export function clipScale(norm: number, limit: number | undefined): number {
  return limit !== undefined && norm > limit ? limit / norm : 1
}
