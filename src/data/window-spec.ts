import { type CalendarFeature, calendarFeatures } from './calendar.ts'
import { levels, type Normalisation } from './normalise.ts'
import type { PanelOptions } from './panel.ts'
import type { Scaler, ScalerKind } from './scalers.ts'
import type { Split } from './split.ts'

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

/** The columns of numbers that a spec reads. */
export const columnsOf = ({ inputs, future, target }: Pick<WindowSpec, 'inputs' | 'future' | 'target'>): string[] => [
  ...new Set([...inputs, ...future, target]),
]

/** How many numbers a row of a spec's windows has. */
export const featuresOf = ({ inputs, future, lags, calendar, reads }: WindowSpec): number =>
  new Set([...inputs, ...future]).size + lags.length + 2 * calendar.length + (reads === 'known' ? 1 : 0)

/** How many rows up to its origin a window needs. */
export const reachOf = ({ past, lags }: Pick<WindowSpec, 'past' | 'lags'>): number => past + Math.max(0, ...lags)

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
const isList = (value: unknown, holds: (item: unknown) => boolean) => Array.isArray(value) && value.every(holds)
const isText = (value: unknown): value is string => typeof value === 'string'
const isWhole = (value: unknown, least = 0) => Number.isSafeInteger(value) && (value as number) >= least
const isOf = (value: unknown, holds: (item: unknown) => boolean) => isRecord(value) && Object.values(value).every(holds)
const isAbsentOr = (value: unknown, holds: (item: unknown) => boolean) => value === undefined || holds(value)

const isScaler = (value: unknown): value is Scaler =>
  isRecord(value) && Number.isFinite(value.shift) && Number.isFinite(value.scale) && value.scale !== 0

const isSplit = (value: unknown) =>
  isList(value, Number.isFinite) || (isRecord(value) && isWhole(value.validation) && isWhole(value.test))

/** What each part of a spec has to be; one that is missing here does not compile. */
const parts: { readonly [Part in keyof Required<WindowSpec>]: (value: unknown) => boolean } = {
  inputs: (value) => isList(value, isText),
  future: (value) => isList(value, isText),
  lags: (value) => isList(value, (lag) => isWhole(lag, 1)),
  calendar: (value) => isList(value, (item) => calendarFeatures.includes(item as never)),
  target: isText,
  past: (value) => isWhole(value, 1),
  horizon: (value) => isWhole(value, 1),
  reads: (value) => ['past', 'known', 'all'].includes(value as string),
  split: isSplit,
  scale: isText,
  normalise: (value) => Object.hasOwn(levels, value as string),
  scalers: (value) => isOf(value, isScaler),
  bySeries: (value) => isAbsentOr(value, (all) => isOf(all, (own) => isOf(own, isScaler))),
  answers: (value) =>
    isAbsentOr(
      value,
      (both) =>
        isRecord(both) && isScaler(both.all) && isAbsentOr(both.bySeries, (bySeries) => isOf(bySeries, isScaler)),
    ),
  timeColumn: (value) => isAbsentOr(value, isText),
  id: (value) => isAbsentOr(value, isText),
  time: (value) => isAbsentOr(value, isText),
  missing: (value) => isAbsentOr(value, isText),
  duplicates: (value) => isAbsentOr(value, isText),
}

/** Whether something read from a file is what windows are made of. */
export const isWindowSpec = (value: unknown): value is WindowSpec =>
  isRecord(value) && Object.entries(parts).every(([part, holds]) => holds(value[part]))
