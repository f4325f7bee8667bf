import { InputError } from '../base/errors.ts'
import { calendarOf } from './calendar.ts'
import type { Numbers } from './numbers.ts'
import { type Rowwise, seriesAt } from './rowwise.ts'
import type { Scaler } from './scalers.ts'
import { addSteps } from './steps.ts'
import { featuresOf, type WindowSpec } from './window-spec.ts'

/** What a row holds of one column. */
interface Feature {
  readonly numbers: Numbers
  /** By series. */
  readonly scalers: readonly Scaler[]
  /** Which row it is read from, counted from the own one: a lag behind it, or with `reads: 'all'` the one after it. */
  readonly offset: number
}

/** What the model sees of each row: columns of the past, those known ahead, lags of the target, the calendar, a mark. */
export interface Features {
  readonly width: number
  /** Where those known ahead begin, and end; and the target of rows before. */
  readonly known: readonly [start: number, end: number]
  readonly lagged: readonly [start: number, end: number]
  /** Which one is the target, -1 where it is not seen. */
  readonly target: number
  /** Writes rows from one up to another into zeros `[to - from, width]`. */
  fill(from: number, to: number, into: Float64Array): void
}

/** @throws InputError for an unknown column, one without a scaler, or where there are no times for the calendar */
export function featuresIn(spec: WindowSpec, rows: Rowwise): Features {
  const { inputs, future, lags, calendar, target, reads } = spec
  const lead = reads === 'all' ? 1 : 0
  const feature = (column: string, offset: number): Feature => ({
    numbers: rows.numbers(column),
    scalers: rows.series.map(({ id }) => scalerOf(spec, id, column)),
    offset,
  })
  const pastOnly = inputs.filter((column) => !future.includes(column))
  const features = [
    ...pastOnly.map((column) => feature(column, 0)),
    ...future.map((column) => feature(column, lead)),
    ...lags.map((lag) => feature(target, lead - lag)),
  ]
  const width = featuresOf(spec)
  const seen = pastOnly.length + future.length
  if (calendar.length > 0) expectTimes(spec, rows)
  return {
    width,
    known: [pastOnly.length, features.length + 2 * calendar.length],
    lagged: [seen, features.length],
    target: [...pastOnly, ...future].indexOf(target),
    fill(from, to, into) {
      for (let s = seriesAt(rows.series, from), row = from; row < to; s++) {
        const end = Math.min(rows.series[s]!.end, to)
        const own = into.subarray((row - from) * width)
        features.forEach((feature, f) => {
          fillColumn(feature, rows, s, [row, end], own.subarray(f), width)
        })
        for (let t = row; calendar.length > 0 && t < end; t++)
          own.set(calendarOf(calendar, timeAt(rows, s, t + lead)), (t - row) * width + features.length)
        row = end
      }
    },
  }
}

/** Writes one column of rows of a series into every `width`-th place; NaN where the row read lies outside the series. */
function fillColumn(
  { numbers, scalers, offset }: Feature,
  { series }: Rowwise,
  s: number,
  [from, to]: readonly [number, number],
  into: Float64Array,
  width: number,
): void {
  const { start, end } = series[s]!
  const first = Math.min(to, Math.max(from, start - offset))
  const last = Math.max(first, Math.min(to, end - offset))
  scaleInto(numbers.part(first + offset, last + offset), scalers[s]!, into, (first - from) * width, width)
  for (let row = from; row < first; row++) into[(row - from) * width] = Number.NaN
  for (let row = last; row < to; row++) into[(row - from) * width] = Number.NaN
}

/** Writes scaled values into every `width`-th place from one on. */
export function scaleInto(
  values: Float64Array,
  { shift, scale, log }: Scaler,
  into: Float64Array,
  at: number,
  width: number,
): void {
  for (let i = 0; i < values.length; i++)
    into[at + i * width] = ((log ? Math.log1p(values[i]!) : values[i]!) - shift) / scale
}

/** When a row is due, the one after a series' last among them. */
function timeAt({ times, step, series }: Rowwise, s: number, row: number): number {
  const { end } = series[s]!
  if (row < end) return times![row]!
  return step ? addSteps(times![end - 1]!, step, 1) : times![end - 1]!
}

function expectTimes({ calendar }: WindowSpec, { times, name }: Rowwise): void {
  if (!times)
    throw new InputError(
      `calendar: expected a column of dates to tell ${calendar.join(', ')} by, and '${name}' has none; leave calendar away`,
    )
}

/** A scaler or the like of one series, where it has its own. */
export const ownOf = <V>(record: Readonly<Record<string, V>> | undefined, id: string): V | undefined =>
  record && Object.hasOwn(record, id) ? record[id] : undefined

/** @throws InputError where the spec has none */
export function scalerOf(spec: WindowSpec, id: string, column: string): Scaler {
  const scaler = ownOf(spec.bySeries, id)?.[column] ?? spec.scalers[column]
  if (scaler === undefined)
    throw new InputError(
      `windows: expected a scaler for column '${column}', got those of ${Object.keys(spec.scalers).join(', ')}; ` +
        'make the spec with windows()',
    )
  return scaler
}
