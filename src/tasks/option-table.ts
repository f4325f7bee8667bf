import { type ForecasterOptions, forecasterDefaults } from './forecaster-options.ts'

/** What an option holds: in a config, behind a flag, in a sweep. */
export type OptionKind = 'text' | 'name' | 'columns' | 'numbers' | 'whole' | 'number' | 'switch' | 'split'

export interface OptionEntry {
  readonly kind: OptionKind
  /** What stands behind its flag: `<rows>`. */
  readonly takes: string
  readonly says: string
  /** The same in all trials of a sweep, so that one loss tells them apart. */
  readonly fixed?: true
}

/** Every option of a forecaster: flags, configs and sweeps are made of it. One that is missing here does not compile. */
export const optionTable = {
  target: {
    kind: 'text',
    takes: 'column',
    says: 'column to forecast; of several, a,b, one model learns each as a series',
    fixed: true,
  },
  wide: {
    kind: 'columns',
    takes: 'columns',
    says: 'columns that are series of one kind, in place of a target',
    fixed: true,
  },
  unit: { kind: 'text', takes: 'text', says: 'what the target is measured in, for the tables', fixed: true },
  id: { kind: 'text', takes: 'column', says: 'column that tells series apart, in a table of several', fixed: true },
  time: { kind: 'text', takes: 'column', says: 'column of dates (default: the first one)', fixed: true },
  where: {
    kind: 'columns',
    takes: 'conditions',
    says: "rows that are taken: 'type = earthquake', 'price > 0'",
    fixed: true,
  },
  missing: {
    kind: 'name',
    takes: 'choice',
    says: 'missing values and rows: refuse, previous, linear, zero, or skip windows that touch one',
    fixed: true,
  },
  duplicates: { kind: 'name', takes: 'choice', says: 'rows of one time: refuse, first, last or mean', fixed: true },
  inputs: {
    kind: 'columns',
    takes: 'columns',
    says: 'columns the model sees, separated by commas (default: the target)',
  },
  future: { kind: 'columns', takes: 'columns', says: 'columns known ahead, such as holidays or prices' },
  lags: {
    kind: 'numbers',
    takes: 'rows',
    says: "rows back that the target is seen besides, such as 168 for last week's hour",
    fixed: true,
  },
  calendar: {
    kind: 'columns',
    takes: 'cycles',
    says: 'what of the date it sees: minute, hour, weekday, day, month, yearday',
  },
  past: { kind: 'whole', takes: 'rows', says: 'rows the model sees' },
  horizon: { kind: 'whole', takes: 'rows', says: 'rows it forecasts', fixed: true },
  strategy: {
    kind: 'name',
    takes: 'name',
    says: 'how several rows are answered: direct, recursive, encoder-decoder or segments',
    fixed: true,
  },
  segment: { kind: 'whole', takes: 'rows', says: 'rows of a segment, with strategy segments' },
  answers: {
    kind: 'whole',
    takes: 'steps',
    says: 'steps of a window learned from, with strategy recursive; 0: as many as there can be',
    fixed: true,
  },
  head: {
    kind: 'name',
    takes: 'name',
    says: 'what is said of a row: point, gaussian, studentT, negativeBinomial, quantiles, bernoulli or mixture',
    fixed: true,
  },
  loss: {
    kind: 'name',
    takes: 'name',
    says: 'what a point forecast is held against by: mse, mae or huber',
    fixed: true,
  },
  components: { kind: 'whole', takes: 'count', says: 'distributions of a mixture', fixed: true },
  cell: { kind: 'name', takes: 'name', says: 'rnn, lstm, gru, mgu, minGru or another cell of the library' },
  hidden: { kind: 'whole', takes: 'units', says: 'units of a layer' },
  layers: { kind: 'whole', takes: 'count', says: 'layers on one another' },
  dropout: { kind: 'number', takes: 'share', says: 'share of the outputs that training drops' },
  keep: {
    kind: 'name',
    takes: 'states',
    says: 'states kept for the way back: all, or sqrt for less memory',
    fixed: true,
  },
  split: {
    kind: 'split',
    takes: 'parts',
    says: 'train, validation and test shares of the rows, in time; or rows of the last two, 365,365',
    fixed: true,
  },
  scale: { kind: 'name', takes: 'kind', says: 'standard, minmax, mean or none, of each series by itself', fixed: true },
  log: { kind: 'switch', takes: '', says: 'learn log(1 + target)', fixed: true },
  normalise: {
    kind: 'name',
    takes: 'by',
    says: 'bring each window to one level: by its last value, its standard deviation, its mean, or none',
    fixed: true,
  },
  season: {
    kind: 'whole',
    takes: 'rows',
    says: 'rows of a season, for baselines and scaled errors; 0: by the distance of rows',
    fixed: true,
  },
  levels: { kind: 'numbers', takes: 'shares', says: 'shares of what comes that intervals are to hold', fixed: true },
  ensemble: {
    kind: 'whole',
    takes: 'count',
    says: 'models trained alike but for their seeds, whose answers are put together',
    fixed: true,
  },
  epochs: { kind: 'whole', takes: 'count', says: 'times over the training windows', fixed: true },
  batch: { kind: 'whole', takes: 'windows', says: 'windows in a batch' },
  windows: { kind: 'whole', takes: 'count', says: 'windows an epoch takes, others each time; 0: all', fixed: true },
  accumulate: { kind: 'whole', takes: 'batches', says: 'batches in a step' },
  optimizer: { kind: 'name', takes: 'name', says: 'adam, adamW, rmsprop, adagrad or sgd (with momentum)' },
  learningRate: { kind: 'number', takes: 'rate', says: 'its rate, or the highest of a schedule' },
  schedule: { kind: 'name', takes: 'name', says: 'constant, cosine, exponential, oneCycle or plateau' },
  warmup: { kind: 'whole', takes: 'steps', says: 'steps that climb to the rate, with cosine' },
  weightDecay: { kind: 'number', takes: 'share', says: 'pull towards zero' },
  clipNorm: { kind: 'number', takes: 'norm', says: 'longest gradient' },
  patience: { kind: 'whole', takes: 'epochs', says: 'epochs without a better validation loss that end it; 0: never' },
  seed: { kind: 'whole', takes: 'number', says: 'decides every random choice' },
} as const satisfies { readonly [Option in keyof Required<ForecasterOptions>]: OptionEntry }

export type OptionName = keyof typeof optionTable

/** Options by what they decide, as a help and a config show them: those that nearly everybody gives come first. */
export const optionGroups: Readonly<Record<string, readonly OptionName[]>> = {
  'To begin with': ['target', 'inputs', 'past', 'horizon', 'epochs'],
  Data: ['unit', 'where', 'id', 'time', 'wide', 'missing', 'duplicates', 'future', 'lags', 'calendar', 'split'],
  'What is forecast': ['strategy', 'segment', 'answers', 'head', 'components', 'loss', 'levels', 'season'],
  Scaling: ['scale', 'log', 'normalise'],
  Model: ['cell', 'hidden', 'layers', 'dropout', 'keep', 'ensemble'],
  Training: [
    ...(['batch', 'windows', 'accumulate', 'optimizer', 'learningRate', 'schedule', 'warmup'] as const),
    ...(['weightDecay', 'clipNorm', 'patience', 'seed'] as const),
  ],
}

export const optionNames = Object.keys(optionTable) as OptionName[]

/** What an option is where nothing is said, if anything. */
export const defaultOf = (name: OptionName): unknown =>
  name in forecasterDefaults ? forecasterDefaults[name as keyof typeof forecasterDefaults] : undefined
