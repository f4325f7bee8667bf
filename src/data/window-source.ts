import { InputError } from '../base/errors.ts'
import { type CalendarFeature, calendarOf } from './calendar.ts'
import type { Series } from './groups.ts'
import type { Normalisation } from './normalise.ts'
import type { Panel, PanelOptions } from './panel.ts'
import { type Scaler, type ScalerKind, scaled } from './scalers.ts'
import type { Split } from './split.ts'
import { addSteps, type Step } from './steps.ts'

/**
 * What a model sees from a window's last past row on: `past`: nothing; `known`: of each row ahead the columns that are known
 * ahead, and a mark that it lies ahead; `all`: every row but the last, each with what is known of the one after it, for models
 * that answer at every step.
 */
export type Reads = 'past' | 'known' | 'all'

export interface WindowOptions extends PanelOptions {
  /** Columns the model sees; the target alone unless given. They may or may not contain the target. */
  readonly inputs?: readonly string[] | undefined
  /** Columns that are known ahead, such as a price list or a holiday; the model sees them up to the last row it forecasts. */
  readonly future?: readonly string[] | undefined
  /** How many rows back the target is seen besides, known ahead where that is the horizon or more: 168 hours for last week's hour. */
  readonly lags?: readonly number[] | undefined
  /** What of the calendar the model sees, as sines and cosines: known ahead too. */
  readonly calendar?: readonly CalendarFeature[] | undefined
  /** The column to forecast. */
  readonly target: string
  /** How many rows the model sees. */
  readonly past: number
  /** How many rows after them it forecasts. */
  readonly horizon: number
  /** What it sees of those; `known` where columns or the calendar are known ahead, otherwise `past`. */
  readonly reads?: Reads | undefined
  /** Chronological parts of each series' rows; `[0.7, 0.15, 0.15]` unless given. */
  readonly split?: Split | undefined
  /** How every column is scaled, each series by itself; `'standard'` unless given. */
  readonly scale?: ScalerKind | undefined
  /** How the target is scaled as an answer, where otherwise than as an input. */
  readonly answerScale?: ScalerKind | undefined
  /** Whether the model learns log(1 + target). */
  readonly log?: boolean | undefined
  /** How each window's target is brought to one level; `'none'` unless given. */
  readonly normalise?: Normalisation | undefined
}

/** What windows are made of, as plain JSON beside a model: enough to make the same ones from new rows. */
export interface WindowSpec extends PanelOptions {
  readonly inputs: readonly string[]
  readonly future: readonly string[]
  readonly lags: readonly number[]
  readonly calendar: readonly CalendarFeature[]
  readonly target: string
  readonly past: number
  readonly horizon: number
  readonly reads: Reads
  readonly split: Split
  readonly scale: ScalerKind
  readonly normalise: Normalisation
  /** By column, fitted on the training rows of all series alone. */
  readonly scalers: Readonly<Record<string, Scaler>>
  /** Those of each series, where there are several, by its training rows alone. */
  readonly bySeries?: Readonly<Record<string, Readonly<Record<string, Scaler>>>>
  /** How the target is scaled as an answer, where otherwise than as an input. */
  readonly answers?: Scalers
  /** The column the rows are ordered by, where there is one. */
  readonly timeColumn?: string
}

/** A scaler fitted on all series, and those fitted on each where there are several. */
export interface Scalers {
  readonly all: Scaler
  readonly bySeries?: Readonly<Record<string, Scaler>>
}

/** Columns of rows in the order of series and time: a panel's own, or the end of one and what is to come. */
export interface Rowwise {
  /** What messages call the table. */
  readonly name: string
  readonly series: readonly Series[]
  readonly times?: Float64Array | undefined
  readonly step?: Step | undefined
  numbers(column: string): Float64Array
  /** Rows from one up to another, as a person finds them in the file. */
  show(from: number, to: number): string
}

/** A panel's own rows. */
export const rowsOf = (panel: Panel): Rowwise => ({
  name: panel.table.name,
  series: panel.series,
  step: panel.step,
  times: panel.timeColumn === undefined ? undefined : panel.table.dates(panel.timeColumn),
  numbers: (column) => panel.numbers(column),
  show: (from, to) => panel.table.showRows(from, to, panel.timeColumn),
})

/** The columns of a table that windows are read from, scaled once. */
export interface WindowSource extends Pick<WindowSpec, 'past' | 'horizon' | 'reads' | 'normalise'> {
  readonly rows: Rowwise
  /** Numbers of a row: inputs, columns known ahead, the calendar, and with reads: 'known' a mark. */
  readonly features: number
  /** Where those known ahead begin, and end. */
  readonly known: readonly [start: number, end: number]
  /** Which feature is the target, -1 where it is not seen; which are the target of rows before. */
  readonly targetFeature: number
  readonly lagged: readonly [start: number, end: number]
  /** Scaled inputs `[rows, features]`, so that the past of a window is one run of numbers. */
  readonly inputs: Float64Array
  /** Target in the table's own units `[rows]`. */
  readonly target: Float64Array
  /** Scaled target `[rows]`. */
  readonly scaledTarget: Float64Array
  /** Of each row the number of its series. */
  readonly seriesOf: Uint32Array
  /** The target's scaler as an answer, by series. */
  readonly targetScalers: readonly Scaler[]
  /** As an input, where that is another. */
  readonly inputScalers?: readonly Scaler[] | undefined
}

/** The columns of numbers that a spec reads. */
export const columnsOf = ({ inputs, future, target }: Pick<WindowSpec, 'inputs' | 'future' | 'target'>): string[] => [
  ...new Set([...inputs, ...future, target]),
]

/** How many numbers a row of a spec's windows has. */
export const featuresOf = ({ inputs, future, lags, calendar, reads }: WindowSpec): number =>
  new Set([...inputs, ...future]).size + lags.length + 2 * calendar.length + (reads === 'known' ? 1 : 0)

/** How many rows up to its origin a window needs. */
export const reachOf = ({ past, lags }: Pick<WindowSpec, 'past' | 'lags'>): number => past + Math.max(0, ...lags)

/**
 * Reads and scales the columns of a spec.
 *
 * @throws InputError for an unknown column, a cell that is not a number, or a column without a scaler
 */
export function sourceOf(spec: WindowSpec, rows: Rowwise): WindowSource {
  const { inputs: columns, future, lags, calendar, target, reads } = spec
  const pastOnly = columns.filter((column) => !future.includes(column))
  const ordered = [...pastOnly, ...future]
  const features = featuresOf(spec)
  const values = rows.numbers(target)
  const count = values.length
  const inputs = new Float64Array(count * features)
  const seriesOf = new Uint32Array(count)
  for (const [s, { start, end }] of rows.series.entries()) seriesOf.fill(s, start, end)
  const scaledBy = (scalers: readonly Scaler[], column: string) => {
    const into = new Float64Array(count)
    const numbers = rows.numbers(column)
    for (const [s, { start, end }] of rows.series.entries())
      into.set(scaled(scalers[s]!, numbers.subarray(start, end)), start)
    return into
  }
  const scalersOf = (column: string) => rows.series.map(({ id }) => scalerOf(spec, id, column))
  const inputScalers = scalersOf(target)
  const { answers } = spec
  const targetScalers = answers ? rows.series.map(({ id }) => ownOf(answers.bySeries, id) ?? answers.all) : inputScalers
  /** With reads: 'all' a row holds what is known of the one after it. */
  const lead = reads === 'all' ? 1 : 0
  ordered.forEach((column, f) => {
    const own = scaledBy(scalersOf(column), column)
    const ahead = f >= pastOnly.length ? lead : 0
    for (let row = 0; row < count; row++) {
      const from = row + ahead
      inputs[row * features + f] = from < count && seriesOf[from] === seriesOf[row] ? own[from]! : Number.NaN
    }
  })
  const lagged = scaledBy(inputScalers, target)
  lags.forEach((lag, i) => {
    for (const { start, end } of rows.series)
      for (let row = start; row < end; row++) {
        const from = row + lead - lag
        inputs[row * features + ordered.length + i] = from >= start ? lagged[from]! : Number.NaN
      }
  })
  const behind = ordered.length + lags.length
  if (calendar.length > 0) fillCalendar(spec, rows, { inputs, features, first: behind, lead })
  return {
    ...{ rows, features, inputs, seriesOf, reads },
    ...{ past: spec.past, horizon: spec.horizon, normalise: spec.normalise },
    known: [pastOnly.length, behind + 2 * calendar.length],
    lagged: [ordered.length, behind],
    targetFeature: ordered.indexOf(target),
    target: values,
    scaledTarget: scaledBy(targetScalers, target),
    targetScalers,
    inputScalers: answers && inputScalers,
  }
}

interface CalendarPlace {
  readonly inputs: Float64Array
  readonly features: number
  readonly first: number
  readonly lead: number
}

function fillCalendar(
  { calendar }: WindowSpec,
  { name, times, step, series }: Rowwise,
  { inputs, features, first, lead }: CalendarPlace,
): void {
  if (!times)
    throw new InputError(
      `calendar: expected a column of dates to tell ${calendar.join(', ')} by, and '${name}' has none; leave calendar away`,
    )
  for (const { start, end } of series)
    for (let row = start; row < end; row++) {
      const next = row + lead
      const time = next < end ? times[next]! : step ? addSteps(times[end - 1]!, step, 1) : times[end - 1]!
      inputs.set(calendarOf(calendar, time), row * features + first)
    }
}

const ownOf = <V>(record: Readonly<Record<string, V>> | undefined, id: string): V | undefined =>
  record && Object.hasOwn(record, id) ? record[id] : undefined

function scalerOf(spec: WindowSpec, id: string, column: string): Scaler {
  const scaler = ownOf(spec.bySeries, id)?.[column] ?? spec.scalers[column]
  if (scaler === undefined)
    throw new InputError(
      `windows: expected a scaler for column '${column}', got those of ${Object.keys(spec.scalers).join(', ')}; ` +
        'make the spec with windows()',
    )
  return scaler
}
