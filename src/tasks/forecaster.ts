import { expectOneOf, InputError } from '../base/errors.ts'
import { expectWhole } from '../base/shape.ts'
import {
  cutRows,
  hasPart,
  type Table,
  type WindowedData,
  type WindowOptions,
  type WindowSet,
  windows,
} from '../data/index.ts'
import type { KernelChoice } from '../kernels/index.ts'
import { type Model, sequential } from '../layers/index.ts'
import {
  type Best,
  DivergenceError,
  type FitOptions,
  fit,
  type MemoryPlan,
  memoryPlan,
  type TrainingHooks,
} from '../train/index.ts'
import type { Conformal } from './conformal.ts'
import {
  type ForecasterOptions,
  type ForecasterRequest,
  forecasterDefaults,
  MOST_MEMBERS,
} from './forecaster-options.ts'
import { type Head, headOf, startNear } from './heads/index.ts'
import { idOf, inLongForm, named } from './long-form.ts'
import { type Prediction, pooledPrediction, predictDirect, predictRecursive } from './prediction.ts'
import { layersOf, readsOf } from './strategies.ts'
import { trainingOptions } from './training.ts'

/** A forecaster before training: the windows are cut and the model is made, so all input has been checked. */
export interface Forecaster {
  readonly options: ForecasterOptions
  readonly head: Head
  /** What is forecast and scored: `horizon` rows ahead. */
  readonly data: WindowedData
  /** What is learned from; of a recursive forecaster windows of many answers. */
  readonly training: Pick<WindowedData, 'train' | 'validation'>
  readonly model: Model
}

/** @throws InputError as `windows` and the layers do, and for an option that is unknown or out of its range */
export function prepareForecaster(given: Table, asked: ForecasterRequest, kernels: KernelChoice = 'auto'): Forecaster {
  const request = named(asked)
  const table = inLongForm(given, request)
  const options: ForecasterOptions = { ...forecasterDefaults, inputs: [request.target], ...request }
  const { seed, strategy } = options
  const head = headFor(options)
  for (const size of ['hidden', 'layers', 'epochs', 'batch'] as const) expectWhole(size, options[size])
  expectWhole('answers', options.answers, 0)
  expectWhole('ensemble', options.ensemble, 1, MOST_MEMBERS)
  expectWhole('season', options.season, 0)
  if (!Number.isSafeInteger(seed)) throw new InputError(`seed: expected a whole number, got ${seed}`)
  expectOneOf('keep', options.keep, ['all', 'sqrt'])
  checkLevels(options.levels)
  expectRecursive(options)
  const cut: WindowOptions = { ...options, id: idOf(options), ...scalingOf(options, head), reads: readsOf(options) }
  const data = windows(table, cut)
  const answers = answersOf(options, data)
  const training =
    strategy === 'recursive' ? everyNth(windows(table, { ...cut, horizon: answers }), answers) : stepwise(data)
  trainingOptions(options, training.train.count)
  const layers = layersOf(options, head.outputs, answers)
  const [steps, inputs] = training.train.inputShape
  // A recursive model answers windows of another length than those it learns from.
  const sizes = strategy === 'recursive' ? { inputs } : { inputs, steps }
  const model = sequential(layers).init({ ...sizes, seed, kernels })
  startNear(model, head, training.train)
  return { options, head, data, training, model }
}

/** The head that options ask for; of quantiles tenths, and the ends of the intervals. @throws InputError as `headOf` */
export function headFor({ head, loss, components, levels }: ForecasterOptions): Head {
  const ends = levels.flatMap((level) => [(1 - level) / 2, (1 + level) / 2])
  const tenths = Array.from({ length: 9 }, (_, i) => (i + 1) / 10)
  const quantiles = [...new Set([...tenths, ...ends].map((p) => Number(p.toFixed(6))))].sort((a, b) => a - b)
  return headOf({ head, loss, components, levels: quantiles })
}

/** Refuses answers read as rows where a model sees more of a row than its answer. */
function expectRecursive({ strategy, horizon, inputs, future, target }: ForecasterOptions): void {
  if (strategy !== 'recursive' || horizon === 1) return
  const unknown = inputs.filter((column) => column !== target && !future.includes(column))
  if (unknown.length === 0 && inputs.includes(target)) return
  throw new InputError(
    unknown.length > 0
      ? `strategy: a recursive forecast of ${horizon} rows would need ${unknown.join(', ')} of rows to come; name what is known ` +
          'as future, or take strategy direct'
      : `strategy: a recursive forecast reads its own answers; name ${target} among the inputs, or take strategy direct`,
  )
}

/** How the target is scaled for a head. @throws InputError where its numbers have to stay as they are */
function scalingOf({ log, normalise }: ForecasterOptions, { name, scaling }: Head): Partial<WindowOptions> {
  if (scaling === 'any') return {}
  if (log) throw new InputError(`log: a ${name} head takes targets as they are, not their logarithm; leave log away`)
  if (normalise !== 'none' && !(scaling === 'ratio' && normalise === 'mean'))
    throw new InputError(
      `normalise: a ${name} head can't shift its targets; ${scaling === 'ratio' ? "take 'mean', or " : ''}leave it away`,
    )
  return { answerScale: scaling === 'ratio' && normalise === 'none' ? 'mean' : 'none' }
}

/** Refuses what is not a share. */
function checkLevels(levels: readonly number[]): void {
  const odd = levels.find((level) => !(level > 0 && level < 1))
  if (odd !== undefined || levels.length === 0)
    throw new InputError(`levels: expected shares above 0 and below 1, such as 0.8, got ${odd ?? 'none'}`)
}

/** Steps of a window that a recursive model learns from. */
function answersOf({ strategy, answers, past, split }: ForecasterOptions, { panel, spec }: WindowedData): number {
  if (strategy !== 'recursive') return spec.horizon
  if (answers > past)
    throw new InputError(`answers: expected no more steps than the ${past} rows that a model sees, got ${answers}`)
  if (answers > 0) return answers
  const parts = (['train', 'validation'] as const).filter((part) => hasPart(split, part))
  const room = parts.map((part) =>
    Math.max(
      ...panel.series.map((series) => {
        const { start, end } = cutRows(series, split)[part]
        return end - Math.max(start, series.start + past)
      }),
    ),
  )
  return Math.max(1, Math.min(past, ...room))
}

/** Windows that answer many rows, in validation each row once. */
const everyNth = ({ train, validation }: WindowedData, n: number): Forecaster['training'] => ({
  train: train.stepwise,
  validation: validation.take(Array.from({ length: Math.ceil(validation.count / n) }, (_, i) => i * n)).stepwise,
})

const stepwise = ({ train, validation }: WindowedData): Forecaster['training'] => ({
  train: train.stepwise,
  validation: validation.stepwise,
})

/** A forecaster after training; several models say the mean of what each says. */
export interface Trained extends Pick<Forecaster, 'options' | 'head'> {
  readonly models: readonly Model[]
  /** How its intervals are moved, so that they hold the share they say. */
  readonly conformal?: Conformal | undefined
}

export const trained = ({ options, head, model }: Forecaster): Trained => ({ options, head, models: [model] })

/** What a forecaster says of some windows of its horizon. */
export function predict({ options, head, models }: Trained, set: WindowSet): Prediction {
  const one = options.strategy === 'recursive' ? predictRecursive : predictDirect
  return pooledPrediction(models.map((model) => one(model, set, head)))
}

const fitOptions = ({ options, head, training }: Forecaster) => ({
  ...trainingOptions(options, training.train.count),
  loss: head.loss,
})

/**
 * The memory that training and scoring take; `total` is the most there will be at once, in bytes.
 * @param keep the states kept, where not as the options say
 */
export function forecasterMemory(forecaster: Forecaster, keep = forecaster.options.keep): MemoryPlan {
  const { options, data, training, model, head } = forecaster
  const { train, validation } = training
  const [steps, inputs] = train.inputShape
  const planned =
    keep === options.keep ? model : sequential(layersOf({ ...options, keep }, head.outputs, train.targetShape[0]!))
  return memoryPlan(planned, {
    inputs,
    ...fitOptions(forecaster),
    batch: Math.min(options.batch, train.count),
    steps,
    validation: Math.max(validation.count, data.test.count),
  })
}

/** About how long a step takes, in seconds: after the first one, with a model of its own. */
export async function stepSeconds(forecaster: Forecaster): Promise<number> {
  const { options, training, model } = forecaster
  const { layers, architecture, kernels } = model
  const trial = sequential(layers).init({ ...architecture, seed: options.seed, kernels: kernels.tier })
  const times: number[] = []
  const stop = new AbortController()
  const onStep = () => {
    if (times.push(performance.now()) === 3) stop.abort()
  }
  const { accumulate: _, ...chosen } = fitOptions(forecaster)
  const { train } = training
  try {
    for await (const _ of fit(trial, { train }, { ...chosen, onStep, signal: stop.signal }));
  } catch (error) {
    if (!(error instanceof DivergenceError)) throw error // the training itself will tell
  }
  return times.length < 2 ? 0 : (times.at(-1)! - times[0]!) / (times.length - 1) / 1000
}

/** Trains, and keeps the epoch that did best on validation. */
export async function trainForecaster(
  forecaster: Forecaster,
  watching: TrainingHooks & Pick<FitOptions, 'resume' | 'signal'> = {},
): Promise<Best> {
  const { training, model } = forecaster
  let best = watching.resume?.numbers.progress.best
  for await (const epoch of fit(model, training, { ...fitOptions(forecaster), ...watching })) best = epoch.best
  return best!
}
