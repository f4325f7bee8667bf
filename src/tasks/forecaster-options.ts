import type { CalendarFeature, Duplicates, Missing, Normalisation, ScalerKind, Split } from '../data/index.ts'
import type { Head, PointLoss } from './heads/index.ts'
import type { TrainingChoices } from './training.ts'

/**
 * How several rows ahead are answered. `direct`: all at once, from where the cell ends. `recursive`: one at a time, each answer
 * read as the next row; every step of a window is learned from. `encoder-decoder`: one cell reads the past, another goes on
 * from its states over the rows ahead. `segments`: by stretches of rows (SegRNN, Lin et al. 2023).
 */
export const strategies = ['direct', 'recursive', 'encoder-decoder', 'segments'] as const
export type Strategy = (typeof strategies)[number]

/** Everything that decides a forecaster; plain JSON. */
export interface ForecasterOptions extends TrainingChoices {
  /** The column to forecast. */
  readonly target: string
  /** Columns that are series of one kind, in place of `target`: one model learns all of them. */
  readonly wide?: readonly string[]
  /** Conditions that rows are taken by: `type = earthquake`. */
  readonly where?: readonly string[]
  /** What the target is measured in, for people: `°C`. */
  readonly unit?: string
  /** The column that tells series apart, in a table of several. */
  readonly id?: string
  /** The column of dates; the first one unless given. */
  readonly time?: string
  readonly missing?: Missing
  readonly duplicates?: Duplicates
  readonly inputs: readonly string[]
  /** Columns known ahead. */
  readonly future: readonly string[]
  /** How many rows back the target is seen besides; each at least the horizon, so that it is known ahead. */
  readonly lags: readonly number[]
  readonly calendar: readonly CalendarFeature[]
  readonly past: number
  readonly horizon: number
  readonly strategy: Strategy
  /** With `segments`, rows of a segment. */
  readonly segment: number
  /** With `recursive`, the steps of a window that are learned from; as many as it has where 0, or as the parts have rows for. */
  readonly answers: number
  readonly head: Head['name']
  /** What a point forecast is held against by. */
  readonly loss: PointLoss
  /** With a mixture, its distributions. */
  readonly components: number
  readonly cell: string
  readonly hidden: number
  readonly layers: number
  readonly dropout: number
  /** States kept for the way back: of all steps, or of every √T-th one, the steps between run again: less memory, the same weights. */
  readonly keep: Keep
  readonly split: Split
  readonly scale: ScalerKind
  readonly log: boolean
  readonly normalise: Normalisation
  /** Models trained alike but for their seeds, whose answers are put together. */
  readonly ensemble: number
  /** Rows of a season, for baselines and scaled errors; 0: as the rows' distance in time suggests. */
  readonly season: number
  /** Shares of what comes that intervals are to hold. */
  readonly levels: readonly number[]
}

export type Keep = 'all' | 'sqrt'

/** Most models that an ensemble may have. */
export const MOST_MEMBERS = 100

/** What is taken where nothing is said; sizes and rate were chosen on the validation part of the Seattle weather. */
export const forecasterDefaults = {
  future: [],
  lags: [],
  calendar: [],
  past: 28,
  horizon: 7,
  strategy: 'direct',
  segment: 24,
  answers: 0,
  head: 'point',
  loss: 'mse',
  components: 8,
  cell: 'lstm',
  hidden: 32,
  layers: 1,
  dropout: 0,
  keep: 'all',
  epochs: 30,
  batch: 32,
  windows: 0,
  optimizer: 'adam',
  learningRate: 2e-3,
  schedule: 'constant',
  warmup: 0,
  weightDecay: 0,
  clipNorm: 1,
  accumulate: 1,
  patience: 0,
  seed: 0,
  ensemble: 1,
  split: [0.7, 0.15, 0.15],
  scale: 'standard',
  log: false,
  normalise: 'none',
  season: 0,
  levels: [0.8, 0.95],
} as const satisfies Omit<ForecasterOptions, 'target' | 'unit' | 'inputs'>

/** What has to be said of a forecaster: the rest is `forecasterDefaults`. */
export type ForecasterRequest = Partial<ForecasterOptions> & Pick<ForecasterOptions, 'target'>
