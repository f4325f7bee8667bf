import { InputError } from '../base/errors.ts'
import { MemoryNumbers, memory, type Numbers } from './numbers.ts'
import { type Panel, panelOf } from './panel.ts'
import type { Rowwise } from './rowwise.ts'
import { addSteps } from './steps.ts'
import type { Table } from './table.ts'
import { knownAhead } from './unknown-rows.ts'
import { WindowSet } from './window-set.ts'
import { sourceOf } from './window-source.ts'
import { columnsOf, reachOf, type WindowSpec } from './window-spec.ts'

/** A series and what is to come in it. */
export interface ToCome {
  readonly id: string
  /** When each row ahead is due, in milliseconds since 1970 in UTC; absent where that is not known. */
  readonly times?: Float64Array
  /** The row of the panel's table after its last. */
  readonly end: number
}

/** The end of a table: what a model needs to forecast the rows to come. */
export interface LatestWindows {
  /** The rows whose target is known. */
  readonly panel: Panel
  /** A window without targets for each of `series`. */
  readonly samples: WindowSet
  readonly series: readonly ToCome[]
  /** Series left out, as they are too short. */
  readonly short: readonly string[]
}

/**
 * The last `past` rows of each series, scaled as in training, to forecast what follows them. What is known ahead comes from the
 * rows behind them, whose target is empty.
 *
 * @param horizon how many rows ahead, the spec's own unless given
 * @throws InputError for an unknown column, a cell that is not a number, two rows of one time, too few rows, or where what is
 *   known ahead ends before the horizon does
 */
export function latestWindows(given: WindowSpec, table: Table, horizon = given.horizon): LatestWindows {
  const spec = { ...given, horizon }
  const { timeColumn: time } = spec
  const reach = reachOf(spec)
  const { known, ahead } = knownAhead(table, { ...spec, time })
  const panel = panelOf(known, { ...spec, time })
  for (const column of columnsOf(spec)) panel.read(column)
  const long = panel.series.filter(({ start, end }) => end - start >= reach)
  if (long.length === 0) {
    const most = Math.max(...panel.series.map(({ start, end }) => end - start))
    const has = panel.series.length === 1 ? `'${table.name}' has ${most}` : `the longest series has ${most}`
    throw new InputError(`a forecast needs the last ${reach} rows, ${has}; add the rows before them`)
  }
  const times = time === undefined ? undefined : panel.table.dates(time)
  const { step } = panel
  const series = long.map(({ id, end }): ToCome => {
    if (!times || !step) return { id, end }
    const last = times[end - 1]!
    return { id, end, times: Float64Array.from({ length: horizon }, (_, i) => addSteps(last, step, i + 1)) }
  })
  const next = ahead && panelOf(ahead, { id: spec.id, time, duplicates: 'last' })
  const rows = extended(spec, panel, series, next)
  const origins = Uint32Array.from(series, (_, s) => s * (reach + horizon) + reach - 1)
  const samples = new WindowSet(sourceOf(spec, rows), origins)
  for (const [s, { id }] of series.entries()) expectKnown(spec, samples, s, id)
  const short = panel.series.filter(({ start, end }) => end - start < reach).map(({ id }) => id)
  return { panel, samples, series, short }
}

/** The last rows of each series and those to come, whose numbers are known of some columns alone. */
function extended(spec: WindowSpec, panel: Panel, series: readonly ToCome[], ahead?: Panel): Rowwise {
  const { horizon, future } = spec
  const reach = reachOf(spec)
  const each = reach + horizon
  const times = panel.timeColumn === undefined ? undefined : panel.table.dates(panel.timeColumn)
  /** Rows of the last `reach` and those to come of each series, as a column of one number for each. */
  const column = (last: (from: number, to: number) => Float64Array, come: (s: number) => ArrayLike<number>) => {
    const into = new Float64Array(series.length * each).fill(Number.NaN)
    for (const [s, { end }] of series.entries()) {
      into.set(last(end - reach, end), s * each)
      into.set(Array.from(come(s)).slice(0, horizon), s * each + reach)
    }
    return into
  }
  return {
    name: panel.table.name,
    count: series.length * each,
    step: panel.step,
    store: memory,
    series: series.map(({ id }, s) => ({ id, start: s * each, end: (s + 1) * each })),
    times:
      times &&
      column(
        (from, to) => times.subarray(from, to),
        (s) => series[s]!.times ?? [],
      ),
    numbers(name): Numbers {
      const known = panel.read(name)
      const all = column(
        (from, to) => known.part(from, to),
        (s) => {
          const own = ahead?.series.find(({ id }) => id === series[s]!.id)
          return own && future.includes(name) ? ahead!.read(name).part(own.start, own.end) : []
        },
      )
      return new MemoryNumbers(all)
    },
    show(from, to) {
      const first = series[Math.floor(from / each)]!.end - reach + (from % each)
      return panel.table.showRows(first, first + Math.min(to - from, reach - (from % each)), panel.timeColumn)
    },
  }
}

/** Refuses a window of which something that its model reads is missing. */
function expectKnown({ past, horizon, future, reads }: WindowSpec, samples: WindowSet, s: number, id: string): void {
  const [steps, features] = samples.inputShape
  const x = new Float64Array(steps * features)
  samples.fillInputs([s], x)
  const hole = x.findIndex((value, i) => Number.isNaN(value) && (reads !== 'all' || i < past * features))
  if (hole === -1) return
  const of = id === '' ? '' : ` of '${id}'`
  if (Math.floor(hole / features) >= past || (reads === 'all' && Math.floor(hole / features) === past - 1))
    throw new InputError(
      `a forecast needs ${future.join(', ')} for the ${horizon} rows ahead${of}: they are known ahead; add those rows to the ` +
        'table, with the target left empty',
    )
  throw new InputError(
    `a forecast needs the last past = ${past} rows${of}, and one of them is missing; fill it, or give missing: 'previous'`,
  )
}
