import { InputError } from '../base/errors.ts'
import { expectWhole } from '../base/shape.ts'
import { cutRows, showTime, type Table, type WindowedData, type WindowSet } from '../data/index.ts'
import type { KernelChoice } from '../kernels/index.ts'
import { type Forecaster, prepareForecaster } from './forecaster.ts'
import type { ForecasterRequest } from './forecaster-options.ts'
import { idOf } from './long-form.ts'

/** How a forecaster is tried on stretches of the past. */
export interface Backtesting {
  /** Stretches of time that the test part is cut in. */
  readonly folds: number
  /** Whether it is trained anew ahead of each; otherwise once, ahead of the first. */
  readonly refit?: boolean | undefined
  /** Rows from one forecast of a series to the next; 1 unless given. */
  readonly every?: number | undefined
  /** Rows right ahead of a stretch that training does not see, as where they come late; the model's past does see them. */
  readonly gap?: number | undefined
  /** As for `prepareForecaster`. */
  readonly kernels?: KernelChoice | undefined
}

/** A stretch to be forecast, and a forecaster that was trained on nothing of it. */
export interface BacktestFold {
  /** The first row of the stretch and the last one, by their dates; by their numbers, from 1, where there are none. */
  readonly from: string | number
  readonly to: string | number
  /** Rows of a series in it. */
  readonly rows: number
  /** Windows all of whose targets lie in it. */
  readonly test: WindowSet
  /** To be trained; the same one in all folds where it is not to be trained anew. */
  readonly forecaster: Forecaster
  /** What the forecaster was made of. */
  readonly table: Table
}

/**
 * The test part of each series in stretches of time, one after another, the first the earliest, each as long as the others or a
 * row longer. Of shares the part is that of a series of middle length, so that all series have stretches of one time.
 *
 * @throws InputError as `prepareForecaster`, and where a stretch is shorter than the horizon
 */
export function* backtestFolds(given: Table, request: ForecasterRequest, how: Backtesting): Generator<BacktestFold> {
  const { folds, refit = false, every = 1, gap = 0, kernels } = how
  expectWhole('folds', folds)
  expectWhole('every', every)
  expectWhole('gap', gap, 0)
  const whole = prepareForecaster(given, request, kernels)
  const { validation, test } = countsOf(whole.data)
  expectStretches(whole, folds, test)
  const edges = Array.from({ length: folds + 1 }, (_, k) => Math.round((k * test) / folds))
  const prepared = (from: number, to: number) => {
    const { wide: _, where: __, ...options } = whole.options
    const table = withoutLast(whole.data, test - to)
    const split = { validation, test: to - from + gap }
    const own = { ...options, split, ...(idOf(whole.options) === undefined ? {} : { id: idOf(whole.options)! }) }
    const time = whole.data.spec.timeColumn
    return { table, forecaster: prepareForecaster(table, time === undefined ? own : { ...own, time }, kernels) }
  }
  const once = refit ? undefined : prepared(0, test)
  for (let k = 0; k < folds; k++) {
    const [from, to] = [edges[k]!, edges[k + 1]!]
    const { table, forecaster } = once ?? prepared(from, to)
    const set = windowsIn(forecaster.data, whole.data, { from: test - from, to: test - to, every })
    if (set.count === 0)
      throw new InputError(
        `folds: every window of fold ${k + 1} touches a missing value; fill them (missing: 'previous'), or give fewer folds`,
      )
    yield { ...placeOf(whole.data, test - from, test - to), rows: to - from, test: set, forecaster, table }
  }
}

/** Rows of validation and test, the same in all series. */
function countsOf({ panel, spec: { split } }: WindowedData): { validation: number; test: number } {
  if (!Array.isArray(split)) return split as Exclude<typeof split, readonly number[]>
  const sorted = [...panel.series].sort((a, b) => a.end - a.start - (b.end - b.start))
  const { validation, test } = cutRows(sorted[sorted.length >> 1]!, split)
  return { validation: validation.end - validation.start, test: test.end - test.start }
}

function expectStretches({ options: { horizon } }: Forecaster, folds: number, test: number): void {
  const rows = Math.floor(test / folds)
  if (rows < horizon)
    throw new InputError(
      `folds: the ${test} rows of the test part in ${folds} stretches are ${rows} each, fewer than the horizon of ${horizon}; ` +
        'give fewer folds, or the split a larger test part',
    )
}

/** The rows of a panel but for the last ones of each series. */
function withoutLast({ panel, table }: WindowedData, rows: number): Table {
  if (rows === 0) return table
  return table.take(
    panel.series.flatMap(({ start, end }) =>
      Array.from({ length: Math.max(0, end - rows - start) }, (_, i) => start + i),
    ),
  )
}

/** A stretch, in rows from the end of each series. */
interface Stretch {
  readonly from: number
  readonly to: number
  readonly every: number
}

/** The test windows of a cut panel whose targets lie in a stretch of the whole one. */
function windowsIn({ test, spec }: WindowedData, { panel }: WindowedData, { from, to, every }: Stretch): WindowSet {
  const lengths = new Map(panel.series.map(({ id, start, end }) => [id, end - start]))
  const within = (window: number) => {
    const { id, start } = test.series(window)
    const first = test.origin(window) + 1 - start
    const length = lengths.get(id)!
    const passed = first - (length - from)
    return passed >= 0 && first + spec.horizon <= length - to && passed % every === 0
  }
  return test.take(Array.from({ length: test.count }, (_, window) => window).filter(within))
}

/** When a stretch begins and ends, of all series together. */
function placeOf({ panel, table }: WindowedData, from: number, to: number): Pick<BacktestFold, 'from' | 'to'> {
  const times = panel.timeColumn === undefined ? undefined : table.dates(panel.timeColumn)
  let [first, last] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
  for (const { start, end } of panel.series) {
    if (end - to <= start) continue
    const rows = [Math.max(start, end - from), end - to - 1] as const
    const [begins, ends] = rows.map((row) => times?.[row] ?? row - start + 1) as [number, number]
    first = Math.min(first, begins)
    last = Math.max(last, ends)
  }
  return times ? { from: showTime(first), to: showTime(last) } : { from: first, to: last }
}
