import { type Loss, type LossName, losses, type Tape, type Variable } from '../autograd/index.ts'
import { InputError, suggestion } from '../base/errors.ts'
import { Random } from '../base/random.ts'
import type { Samples } from '../base/samples.ts'
import type { Model } from '../layers/index.ts'
import type { Tensor } from '../recurrence/index.ts'
import { average } from './average.ts'
import type { blame, Watched } from './blame.ts'
import { type ClipOptions, type Clipped, clipGradient } from './clipping.ts'
import type { Finding } from './given.ts'
import { type ParameterGroup, spansOf } from './groups.ts'
import { type Part, partShape, partsOf } from './parts.ts'
import { type RoomOptions, Rooms, under } from './rooms.ts'
import { type FeedbackSchedule, type ScheduleMemory, scheduleOf } from './schedules.ts'
import { Stretches } from './stretches.ts'

/** What a training step is made of. */
export interface StepOptions extends ClipOptions, RoomOptions {
  readonly loss: Loss
  readonly seed: number
  readonly groups?: readonly ParameterGroup[] | undefined
  /** Steps after which states are handed on and gradients are not; a sequence's whole length where absent. */
  readonly window?: number | undefined
  /** How much each of the samples trained on counts. */
  readonly sampleWeights?: ArrayLike<number> | undefined
}

/** States that sequences are at, by name. */
type Carried = Map<string, Tensor>

/** One step's numbers. */
export interface StepResult extends Omit<Clipped, 'factor'> {
  readonly loss: number
  /** Over how much of the targets the loss is the mean: what is padding does not count. */
  readonly count: number
  /** The learning rate, of parameters that have none of their own. */
  readonly rate: number
}

/** All that decides the steps still to come, besides the data and the options; `numbers` are plain JSON. */
export interface TrainerState {
  readonly numbers: { readonly steps: number; readonly parts: number; readonly schedule: ScheduleMemory }
  /** By names such as `weights/0.weight`, `adam m/0.weight` and `carried/0/0.h_l0`. */
  readonly tensors: ReadonlyMap<string, Tensor>
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
  private readonly schedule: FeedbackSchedule
  /** Stretches of the parameters that are trained. */
  private readonly trained: Stretches
  private readonly all: Stretches
  readonly rooms: Rooms
  private remembered: ScheduleMemory
  private count = 0
  /** How many parts of the batches at hand are done, and the states that each batch is at. */
  private parts = 0
  private carried: Carried[] = []
  /** The parts of the latest step. */
  private latest: readonly (Part | undefined)[] = []

  constructor(model: Model, options: StepOptions) {
    this.model = model
    this.options = options
    const { parameters, kernels } = model
    this.schedule = scheduleOf(options.optimizer.rate)
    this.remembered = this.schedule.start
    this.trained = new Stretches(kernels, spansOf(parameters, options.groups))
    this.all = new Stretches(kernels, spansOf(parameters))
    this.rooms = new Rooms(parameters, options)
  }

  /** Steps so far. */
  get taken(): number {
    return this.count
  }

  /** Whether the learning rate goes by how validation comes out. */
  get listens(): boolean {
    return typeof this.options.optimizer.rate === 'object'
  }

  /**
   * A step for each window of some batches, states carried on from one to the next. Gives after each batch what the step came
   * to, or nothing while it is not the step's last.
   */
  *steps(
    samples: Samples,
    batches: readonly ArrayLike<number>[],
    epoch = 1,
  ): Generator<StepResult | undefined, void, undefined> {
    const { window, sampleWeights } = this.options
    const sources = batches.map((rows) => partsOf(samples, rows, window, sampleWeights))
    for (let part = 0; ; part++) {
      const parts = sources.map((source) => source.next().value ?? undefined)
      if (parts.every((part) => part === undefined)) break
      if (part < this.parts) continue
      yield* this.step(parts, epoch)
    }
    this.parts = 0
    this.carried = []
  }

  /** Back-propagation, clipping and the optimiser; the weights stay if a number is not finite. */
  private *step(
    parts: readonly (Part | undefined)[],
    epoch: number,
  ): Generator<StepResult | undefined, void, undefined> {
    const step = this.count + 1
    const rate = expectRate(this.schedule.rate(this.remembered, step, epoch), step)
    this.latest = parts
    const { loss, count, unit, carried } = yield* this.backpropagate(parts)
    const scale = count === 0 ? 1 : unit / count
    const { factor, ...norms } = clipGradient(this.model, this.trained, this.options, scale)
    if (Number.isFinite(loss) && Number.isFinite(norms.gradientNorm)) {
      this.update(step, rate, factor)
      this.count = step
      this.carried = carried
      this.parts++
    }
    yield { loss, count, ...norms, rate }
  }

  /** Forward and back for each batch: gradients are added up. Gives way between two. */
  private *backpropagate(parts: readonly (Part | undefined)[], watched?: Watched) {
    const { model, options } = this
    const { gradient } = model.parameters
    this.all.each((first, length) => model.kernels.zero(gradient + first, length))
    let [loss, count, unit] = [0, 0, 0]
    const carried = parts.map((_, i): Carried => new Map(this.carried[i]))
    const last = parts.findLastIndex((part) => part !== undefined)
    for (const [i, part] of parts.entries()) {
      if (!part) continue
      const stream = `step ${this.count + 1}${i === 0 ? '' : `, batch ${i + 1}`}`
      const random = new Random(options.seed, stream)
      const use = (tape: Tape) => {
        const { mean, count: own } = this.lossOf(tape, part, carried[i]!, watched?.loss)
        if (own === 0) return
        // Of batches that make one step gradients are added up by what counts in each, in units of the first.
        unit ||= own
        tape.backward(mean, [own / unit])
        count += own
        loss += (tape.read(mean).data[0]! - loss) * (own / count)
      }
      model.withTape(use, random, watched?.tape(part, random))
      if (i < last) yield
    }
    return { loss, count, unit, carried }
  }

  /** Goes through the latest step once more, which came to a number that is not finite: where the first such one was. */
  blame(look: typeof blame): Finding | undefined {
    const { model, options, latest, carried } = this
    return look(model, options, latest, carried, (parts, watched) => {
      for (const _ of this.backpropagate(parts, watched));
    })
  }

  private update(step: number, rate: number, clip: number): void {
    const { optimizer, ema } = this.options
    const { parameters, kernels } = this.model
    const { slots, average: averageAt } = this.rooms
    const run = kernels.pointwise(optimizer.program)
    const matrices = [parameters.at, parameters.gradient, ...slots, parameters.at, ...slots]
    this.trained.each((first, length, { rate: own = rate, weightDecay = optimizer.options.weightDecay }) =>
      run(
        1,
        length,
        matrices.map((at) => ({ at: at + first, rowStride: length })),
        [clip, ...optimizer.scalars(step, typeof own === 'function' ? expectRate(own(rate), step) : own, weightDecay)],
      ),
    )
    if (ema !== undefined) average(this.model, this.trained, averageAt!, ema)
  }

  /** How far the mean loss over what counts in samples has come, after each batch, without training; NaN where nothing does. */
  *evaluate(samples: Samples): Generator<number, void, undefined> {
    const batch = this.rowsAtOnce(samples)
    let [sum, total] = [0, 0]
    this.rooms.exchange()
    try {
      for (let from = 0; from < samples.count; from += batch) {
        const rows = Int32Array.from({ length: Math.min(batch, samples.count - from) }, (_, i) => from + i)
        const carried: Carried = new Map()
        for (const part of partsOf(samples, rows, this.options.window)) {
          this.model.withTape((tape) => {
            const { mean, count } = this.lossOf(tape, part, carried)
            sum += count * tape.read(mean).data[0]!
            total += count
          })
          yield sum / total
        }
      }
    } finally {
      this.rooms.exchange()
    }
  }

  /** Tells the schedule what a validation came to. */
  observe(loss: number): void {
    this.remembered = this.schedule.observe(this.remembered, loss)
  }

  state(): TrainerState {
    const carried = this.carried.flatMap((states, i) =>
      [...states].map(([name, tensor]) => [`carried/${i}/${name}`, tensor] as const),
    )
    return {
      numbers: { steps: this.count, parts: this.parts, schedule: this.remembered },
      tensors: new Map([...this.rooms.tensors(), ...carried]),
    }
  }

  /** @throws InputError when a tensor is missing or of another shape */
  restore({ numbers, tensors }: TrainerState): void {
    this.rooms.restore(tensors)
    this.carried = []
    for (const [name, tensor] of under(tensors, 'carried')) {
      const [batch, ...state] = name.split('/')
      const states = this.carried[Number(batch)] ?? new Map()
      this.carried[Number(batch)] = states.set(state.join('/'), tensor)
    }
    this.count = numbers.steps
    this.parts = numbers.parts
    this.remembered = numbers.schedule
  }

  /** How many samples `evaluate` takes at once. */
  rowsAtOnce({ count, inputShape }: Pick<Samples, 'count' | 'inputShape'>): number {
    return this.model.rowsAtOnce({ count, inputShape: partShape(inputShape, this.options.window) })
  }

  /** The mean loss of a part that begins with the states carried there, which are moved on. */
  private lossOf(
    tape: Tape,
    { count, inputShape, targetShape, lengths, weights, ...part }: Part,
    carried: Carried,
    loss = this.options.loss,
  ) {
    const x = tape.filled([count, ...inputShape], (into) => part.fillInputs(into))
    const target = tape.filled([count, ...targetShape], (into) => part.fillTargets(into))
    const initial = new Map([...carried].map(([name, state]) => [name, tape.input(state)]))
    const final = (name: string, state: Variable) => carried.set(name, tape.read(state))
    const { window } = this.options
    const prediction = this.model.forward(tape, x, {
      lengths,
      initial,
      target,
      ...(window === undefined ? {} : { final }),
    })
    const counted = this.model.lengthsAfter(lengths)
    const total = loss.count(tape, prediction, target, counted, weights)
    return { mean: loss.run(tape, prediction, target, counted, weights), count: total }
  }
}

function expectRate(rate: number, step: number): number {
  if (rate >= 0 && Number.isFinite(rate)) return rate
  throw new InputError(`fit: expected a schedule to give a learning rate of at least 0, got ${rate} for step ${step}`)
}
