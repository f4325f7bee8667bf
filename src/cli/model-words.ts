import { percentOf } from '../tasks/forecast-table.ts'
import type { ForecasterOptions, Strategy } from '../tasks/forecaster-options.ts'
import type { Head } from '../tasks/heads/index.ts'

const list = (items: readonly string[]) => new Intl.ListFormat('en').format(items)

/** What is made of a cell of some units, by strategy. */
const strategies: { readonly [S in Strategy]: (cell: string, options: ForecasterOptions) => string } = {
  direct: (cell, { horizon }) => `${cell} and a dense layer of ${horizon}`,
  recursive: (cell) => `${cell}, a row at a time: each answer is read as the next row`,
  'encoder-decoder': (cell) => `${cell} that reads the past, and another that goes on from its states`,
  segments: (cell, { segment }) => `${cell} by segments of ${segment} rows`,
}

/** `2 × lstm of 32 units and a dense layer of 7` */
export function strategyWords(options: ForecasterOptions): string {
  const { layers, cell, hidden, ensemble, strategy } = options
  const one = strategies[strategy](`${layers === 1 ? '' : `${layers} × `}${cell} of ${hidden} units`, options)
  return ensemble === 1 ? one : `${ensemble} models, each: ${one}`
}

const heads: { readonly [N in Head['name']]: (options: ForecasterOptions) => string } = {
  point: ({ loss }) =>
    ({ mse: 'a number', mae: 'a number, by absolute error', huber: "a number, by Huber's loss" })[loss],
  gaussian: () => 'a normal distribution',
  studentT: () => "Student's t distribution",
  negativeBinomial: () => 'a negative binomial distribution of counts',
  quantiles: () => 'quantiles',
  bernoulli: () => 'a probability',
  mixture: ({ components }) => `a mixture of ${components} distributions`,
}

/** What is said of each row ahead, and what its intervals are to hold. */
export const headWords = (options: ForecasterOptions): string =>
  `${heads[options.head](options)}${
    options.head === 'bernoulli'
      ? ''
      : `, with intervals of ${list(options.levels.map((level) => `${percentOf(level)} %`))}`
  }`

/** What a model knows of the rows ahead, and sees besides the rows before; nothing where that is all. */
export function knownWords({ future, calendar, lags }: ForecasterOptions): string[] {
  const known = [
    ...(future.length > 0 ? [list(future)] : []),
    ...(calendar.length > 0 ? [`the ${list(calendar)} of the calendar`] : []),
    ...(lags.length > 0 ? [`the target ${list(lags.map(String))} rows before`] : []),
  ]
  return known.length > 0 ? [list(known)] : []
}

const normalisations: Readonly<Record<ForecasterOptions['normalise'], readonly string[]>> = {
  none: [],
  last: ['each window taken from its last value'],
  standard: ['each window brought to mean 0 and deviation 1'],
  mean: ['each window divided by its mean'],
}

/** How numbers are scaled, where not by each series' own mean and deviation alone. */
export function scalingWords({ scale, log, normalise }: ForecasterOptions): string[] {
  const said = [
    ...(log ? ['the logarithm of 1 and the target is learned'] : []),
    ...(scale === 'standard' ? [] : [`scaled by ${scale === 'none' ? 'nothing' : scale}`]),
    ...normalisations[normalise],
  ]
  return said.length > 0 ? [said.join('; ')] : []
}
