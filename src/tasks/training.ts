import { expectOneOf } from '../base/errors.ts'
import { expectWhole } from '../base/shape.ts'
import {
  adagrad,
  adam,
  adamW,
  constant,
  cosine,
  exponential,
  type FitOptions,
  oneCycle,
  type Rate,
  reduceOnPlateau,
  rmsprop,
  sgd,
} from '../train/index.ts'

/** Optimisers by the names that flags and configs give them. */
const optimizers = {
  adam,
  adamW,
  rmsprop,
  adagrad,
  sgd: (rate: Rate, options: { readonly weightDecay: number }) => sgd(rate, { ...options, momentum: 0.9 }),
}
export type OptimizerName = keyof typeof optimizers
export const optimizerNames = Object.keys(optimizers)

/** Schedules by name, over all steps of a training; an exponential one ends at a hundredth of its rate. */
const schedules: Readonly<Record<ScheduleName, (rate: number, steps: number, warmup: number) => Rate>> = {
  constant: (rate) => constant(rate),
  cosine: (peak, steps, warmup) => cosine({ peak, steps, warmup }),
  exponential: (rate, steps) => exponential({ rate, factor: 0.01 ** (1 / steps) }),
  oneCycle: (peak, steps) => oneCycle({ peak, steps: Math.max(2, steps) }),
  plateau: (rate) => reduceOnPlateau({ rate, factor: 0.3, patience: 3 }),
}
export type ScheduleName = 'constant' | 'cosine' | 'exponential' | 'oneCycle' | 'plateau'
/** Those that do not ask how many steps there will be. */
export const openSchedules: readonly ScheduleName[] = ['constant', 'plateau']
export const scheduleNames = ['constant', 'cosine', 'exponential', 'oneCycle', 'plateau']

/** How a model is trained, as flags and configs tell it; plain JSON. */
export interface TrainingChoices {
  readonly epochs: number
  readonly batch: number
  /** Windows an epoch takes, others each time; 0: all of them. */
  readonly windows: number
  /** Batches a step. */
  readonly accumulate: number
  readonly optimizer: OptimizerName
  readonly learningRate: number
  /** How the learning rate goes along: up in `warmup` steps where the schedule has such, then down to nothing. */
  readonly schedule: ScheduleName
  readonly warmup: number
  readonly weightDecay: number
  readonly clipNorm: number
  /** Epochs without a better validation loss after which training ends; 0: all are run. */
  readonly patience: number
  readonly seed: number
}

/**
 * What these choices mean to `fit`.
 * @throws InputError when a name is unknown or a number is out of its range
 */
export function trainingOptions(options: TrainingChoices, samples: number) {
  const { epochs, batch, windows, accumulate, clipNorm, seed, learningRate, warmup, weightDecay, patience } = options
  expectOneOf('optimizer', options.optimizer, optimizerNames)
  expectOneOf('schedule', options.schedule, scheduleNames)
  expectWhole('windows', windows, 0)
  const taken = windows > 0 ? Math.min(windows, samples) : samples
  const steps = epochs * Math.ceil(taken / (batch * accumulate))
  const rate = schedules[options.schedule](learningRate, steps, warmup)
  return {
    ...{ epochs, batch, accumulate, clipNorm, seed, keepBest: true },
    optimizer: optimizers[options.optimizer](rate, { weightDecay }),
    ...(taken < samples ? { perEpoch: taken } : {}),
    ...(patience > 0 ? { earlyStopping: { patience } } : {}),
  } satisfies FitOptions
}
