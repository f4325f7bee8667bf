import { expectOneOf, InputError, suggestion } from '../base/errors.ts'
import { expectWhole } from '../base/shape.ts'
import { builtInCells, type Cell } from '../cells/index.ts'
import { type ScalerKind, type Split, type Table, type WindowedData, windows } from '../data/index.ts'
import type { KernelChoice } from '../kernels/index.ts'
import { dense, type Model, recurrent, sequential } from '../layers/index.ts'
import {
  type Best,
  DivergenceError,
  type FitOptions,
  fit,
  type MemoryPlan,
  memoryPlan,
  type TrainingHooks,
} from '../train/index.ts'
import { type Baseline, baselines } from './baselines.ts'
import { type Metrics, metricsOf } from './metrics.ts'
import { type TrainingChoices, trainingOptions } from './training.ts'

/** Everything that decides a forecaster; plain JSON. */
export interface ForecasterOptions extends TrainingChoices {
  readonly target: string
  /** What the target is measured in, for people: `°C`. */
  readonly unit?: string
  readonly inputs: readonly string[]
  readonly past: number
  readonly horizon: number
  readonly cell: string
  readonly hidden: number
  readonly layers: number
  /** States kept for the way back: of all steps, or of every √T-th one, the steps between run again: less memory, the same weights. */
  readonly keep: Keep
  readonly split: Split
  readonly scale: ScalerKind
}

export type Keep = 'all' | 'sqrt'

/** What is taken where nothing is said; sizes and rate were chosen on the validation part of the Seattle weather. */
export const forecasterDefaults = {
  past: 28,
  horizon: 7,
  cell: 'lstm',
  hidden: 32,
  layers: 1,
  keep: 'all',
  epochs: 30,
  batch: 32,
  optimizer: 'adam',
  learningRate: 2e-3,
  schedule: 'constant',
  warmup: 0,
  weightDecay: 0,
  clipNorm: 1,
  accumulate: 1,
  patience: 0,
  seed: 0,
  split: [0.7, 0.15, 0.15],
  scale: 'standard',
} as const satisfies Omit<ForecasterOptions, 'target' | 'unit' | 'inputs'>

/** A forecaster before training: the windows are cut and the model is made, so all input has been checked. */
export interface Forecaster {
  readonly options: ForecasterOptions
  readonly data: WindowedData
  readonly model: Model
}

/** @throws InputError as `windows` and the layers do, and for an unknown cell */
export function prepareForecaster(
  table: Table,
  given: Partial<ForecasterOptions> & Pick<ForecasterOptions, 'target'>,
  kernels: KernelChoice = 'auto',
): Forecaster {
  const options: ForecasterOptions = { ...forecasterDefaults, inputs: [given.target], ...given }
  const { inputs, hidden, layers, seed } = options
  const cell = builtInCells.get(options.cell)
  const known = [...builtInCells].flatMap(([name, cell]) => (isProjected(cell) ? [] : [name]))
  if (cell && isProjected(cell))
    throw new InputError(
      `cell: '${options.cell}' needs the size of its projection, which only code can give it ` +
        `(recurrent(cells.${options.cell}, ${hidden}, { projection: … })); take one of ${known.join(', ')}`,
    )
  if (!cell)
    throw new InputError(
      `cell: no cell '${options.cell}'${suggestion(options.cell, known)} (known: ${known.join(', ')})`,
    )
  expectWhole('hidden', hidden)
  expectWhole('layers', layers)
  expectWhole('epochs', options.epochs)
  expectWhole('batch', options.batch)
  if (!Number.isSafeInteger(seed)) throw new InputError(`seed: expected a whole number, got ${seed}`)
  const data = windows(table, options)
  trainingOptions(options, data.train.count)
  expectOneOf('keep', options.keep, ['all', 'sqrt'])
  return { options, data, model: sequential(stackOf(options, cell)).init({ inputs: inputs.length, seed, kernels }) }
}

const stackOf = ({ hidden, layers, horizon, keep }: ForecasterOptions, cell: Cell) => [
  recurrent(cell, hidden, { layers, returns: 'last', ...(keep === 'sqrt' ? { checkpoint: 'sqrt' } : {}) }),
  dense(horizon),
]

const isProjected = ({ graph }: Pick<Cell, 'graph'>) => graph.stateSizes.includes('projected')

/**
 * The memory that training and scoring take; `total` is the most there will be at once, in bytes.
 * @param keep the states kept, where not as the options say
 */
export function forecasterMemory({ options, data, model }: Forecaster, keep = options.keep): MemoryPlan {
  const { train, validation, test } = data
  const cell = builtInCells.get(options.cell)!
  const planned = keep === options.keep ? model : sequential(stackOf({ ...options, keep }, cell))
  return memoryPlan(planned, {
    inputs: options.inputs.length,
    ...trainingOptions(options, train.count),
    batch: Math.min(options.batch, train.count),
    steps: options.past,
    validation: Math.max(validation.count, test.count),
  })
}

/** About how long a step takes, in seconds: after the first one, with a model of its own. */
export async function stepSeconds({ options, data, model }: Forecaster): Promise<number> {
  const { layers, architecture, kernels } = model
  const trial = sequential(layers).init({ ...architecture, seed: options.seed, kernels: kernels.tier })
  const times: number[] = []
  const stop = new AbortController()
  const onStep = () => {
    if (times.push(performance.now()) === 3) stop.abort()
  }
  const { accumulate: _, ...training } = trainingOptions(options, data.train.count)
  const { train } = data
  try {
    for await (const _ of fit(trial, { train }, { ...training, onStep, signal: stop.signal }));
  } catch (error) {
    if (!(error instanceof DivergenceError)) throw error // the training itself will tell
  }
  return times.length < 2 ? 0 : (times.at(-1)! - times[0]!) / (times.length - 1) / 1000
}

/** Trains, and keeps the epoch that did best on validation. */
export async function trainForecaster(
  { options, data, model }: Forecaster,
  watching: TrainingHooks & Pick<FitOptions, 'resume' | 'signal'> = {},
): Promise<Best> {
  let best = watching.resume?.numbers.progress.best
  const training = { ...trainingOptions(options, data.train.count), ...watching }
  for await (const epoch of fit(model, data, training)) best = epoch.best
  return best!
}

/** A row of the table of results: the model first, then each baseline, or why it is absent. */
export interface Score {
  readonly name: string
  readonly metrics?: Metrics
  readonly reason?: string
}

/** The model and the baselines on the test part. Baselines are fitted on the train part alone. */
export async function evaluateForecaster(
  { options, data, model }: Forecaster,
  hooks: TrainingHooks = {},
): Promise<Score[]> {
  return scoreOn(data, options.cell.toUpperCase(), model, await baselines(data, options, hooks))
}

/** The model and ready baselines on the test part of some data. */
export function scoreOn(data: WindowedData, name: string, model: Model, others: readonly Baseline[]): Score[] {
  const { test, table } = data
  if (test.count === 0) throw new InputError(`'${table.name}' leaves no test windows; give the split a test share`)
  const actual = test.targets()
  const scores = others.map(({ name, predict, reason }): Score => {
    if (!predict) return { name, reason: reason ?? 'absent' }
    const predicted = predict(test, table)
    return predicted.every(Number.isFinite)
      ? { name, metrics: metricsOf(predicted, actual) }
      : { name, reason: 'the table does not reach back far enough' }
  })
  return [{ name, metrics: metricsOf(model.predict(test).data, actual) }, ...scores]
}

/** An honest sentence on how the first row does against the others, by mean absolute error. */
export function verdict([own, ...others]: readonly Score[]): string {
  const parts = (better: boolean) =>
    others.flatMap(({ name, metrics }) => {
      if (!metrics || !own?.metrics || metrics.mae > own.metrics.mae !== better) return []
      const share = 100 * Math.abs(1 - own.metrics.mae / metrics.mae)
      return [Number.isFinite(share) ? `${name} by ${share.toFixed(1)} %` : name]
    })
  const [beats, loses] = [parts(true), parts(false)]
  const list = (items: readonly string[]) => new Intl.ListFormat('en').format(items)
  if (beats.length + loses.length === 0) return `There is nothing here to hold the ${own?.name} against.`
  if (loses.length === 0) return `The ${own?.name} beats ${list(beats)} in mean absolute error.`
  if (beats.length === 0)
    return `The ${own?.name} is behind ${list(loses)} in mean absolute error: use the simpler one.`
  return `The ${own?.name} beats ${list(beats)} in mean absolute error, and is behind ${list(loses)}.`
}
