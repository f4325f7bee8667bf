import { expectOneOf } from '../base/errors.ts'
import { expectWhole } from '../base/shape.ts'
import { expectNotNegative, expectPositive, expectShares } from './ranges.ts'

/** The learning rate of step n = 1, 2, … of a training, which is in epoch 1, 2, …: a function of these alone. */
export type Schedule = (step: number, epoch: number) => number

/** What a schedule remembers: plain numbers, so that it goes through JSON. */
export type ScheduleMemory = Readonly<Record<string, number>>

/** A schedule that goes by how validation comes out. */
export interface FeedbackSchedule {
  /** What it remembers at first. */
  readonly start: ScheduleMemory
  rate(memory: ScheduleMemory, step: number, epoch: number): number
  /** What it remembers after a validation has come to a loss; after each epoch, to the loss of training, where there is none. */
  observe(memory: ScheduleMemory, loss: number): ScheduleMemory
}

/** A learning rate, or how it goes along. */
export type Rate = number | Schedule | FeedbackSchedule

/** Any rate as a schedule that may go by validation. */
export function scheduleOf(rate: Rate): FeedbackSchedule {
  if (typeof rate === 'object') return rate
  const at: Schedule = typeof rate === 'number' ? constant(rate) : rate
  return { start: {}, rate: (_, step, epoch) => at(step, epoch), observe: (memory) => memory }
}

/** What a schedule counts: a rate by epochs is the same in all steps of one. */
export type Unit = 'steps' | 'epochs'

function counting(where: string, unit: Unit, rate: (n: number) => number): Schedule {
  expectOneOf(`${where}: unit`, unit, ['steps', 'epochs'])
  return (step, epoch) => rate(unit === 'steps' ? step : epoch)
}

/** The same rate in all steps, as the number alone is. @throws InputError when it is not above 0 */
export function constant(rate: number): Schedule {
  expectPositive('constant', { rate }, 'a learning rate')
  return () => rate
}

export interface StepDecayOptions {
  /** The rate at first. */
  readonly rate: number
  /** Steps, or epochs, of one rate. */
  readonly every: number
  /** By what the rate is multiplied then; 0.1. */
  readonly factor?: number
  /** What `every` counts; `'steps'`. */
  readonly unit?: Unit
}

/** rate·factor^⌊(n-1)/every⌋, as PyTorch's StepLR. @throws InputError when an option is out of its range */
export function stepDecay({ rate, every, factor = 0.1, unit = 'steps' }: StepDecayOptions): Schedule {
  expectPositive('stepDecay', { rate }, 'a learning rate')
  expectPositive('stepDecay', { factor })
  expectWhole('stepDecay: every', every)
  return counting('stepDecay', unit, (n) => rate * factor ** Math.floor((n - 1) / every))
}

export interface ExponentialOptions {
  /** The rate at first. */
  readonly rate: number
  /** By what the rate is multiplied after each step, or epoch. */
  readonly factor: number
  /** What is counted; `'steps'`. */
  readonly unit?: Unit
}

/** rate·factor^(n-1), as PyTorch's ExponentialLR. @throws InputError when an option is out of its range */
export function exponential({ rate, factor, unit = 'steps' }: ExponentialOptions): Schedule {
  expectPositive('exponential', { rate }, 'a learning rate')
  expectPositive('exponential', { factor })
  return counting('exponential', unit, (n) => rate * factor ** (n - 1))
}

/** From one rate to another by half a cosine, for a share from 0 to 1. */
const between = (from: number, to: number, share: number) => to + ((from - to) * (1 + Math.cos(Math.PI * share))) / 2

export interface CosineOptions {
  /** The highest rate. */
  readonly peak: number
  /** Steps, or epochs, in all, with warm-up. */
  readonly steps: number
  /** Steps, or epochs, that climb to the peak; 0. */
  readonly warmup?: number
  /** The rate that is come to, and kept; 0. */
  readonly end?: number
  /** What `steps` and `warmup` count; `'steps'`. */
  readonly unit?: Unit
}

/**
 * Cosine annealing (Loshchilov & Hutter 2017) behind a linear warm-up: peak·n/(warmup+1) for n ≤ warmup, then half a cosine from
 * the peak to the end. As PyTorch's LinearLR and CosineAnnealingLR in sequence.
 * @throws InputError when an option is out of its range
 */
export function cosine({ peak, steps, warmup = 0, end = 0, unit = 'steps' }: CosineOptions): Schedule {
  expectPositive('cosine', { peak }, 'a learning rate')
  expectNotNegative('cosine', { end }, 'a learning rate')
  expectWhole('cosine: steps', steps)
  expectWhole('cosine: warmup', warmup, 0, steps - 1)
  return counting('cosine', unit, (n) =>
    n <= warmup ? (peak * n) / (warmup + 1) : between(peak, end, Math.min(1, (n - 1 - warmup) / (steps - warmup))),
  )
}

export interface OneCycleOptions {
  /** The highest rate. */
  readonly peak: number
  /** Steps in all. */
  readonly steps: number
  /** The share of the steps that climb; 0.3. */
  readonly pctStart?: number
  /** By what the peak is divided for the first rate; 25. */
  readonly divFactor?: number
  /** By what the first rate is divided for the last; 1e4. */
  readonly finalDivFactor?: number
}

/**
 * One cycle (Smith & Topin 2018), as PyTorch's OneCycleLR: half a cosine from peak/divFactor up to the peak, another down to
 * the last rate, which is kept. The momentum stays as it is.
 * @throws InputError when an option is out of its range
 */
export function oneCycle({
  peak,
  steps,
  pctStart = 0.3,
  divFactor = 25,
  finalDivFactor = 1e4,
}: OneCycleOptions): Schedule {
  expectPositive('oneCycle', { peak }, 'a learning rate')
  expectPositive('oneCycle', { divFactor, finalDivFactor })
  expectShares('oneCycle', { pctStart }, 'a share')
  expectWhole('oneCycle: steps', steps, 2)
  const [first, top] = [peak / divFactor, pctStart * steps - 1]
  return (step) => {
    const n = Math.min(step, steps) - 1
    return n < top
      ? between(first, peak, n / top)
      : between(peak, first / finalDivFactor, (n - top) / (steps - 1 - top))
  }
}
