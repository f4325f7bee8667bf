import { InputError } from '../base/errors.ts'
import { checkCalendar } from './calendar.ts'
import { stretchesOf } from './numbers.ts'
import { type Panel, panelOf } from './panel.ts'
import { rowsOf } from './rowwise.ts'
import { fitScalerOver, type Scaler } from './scalers.ts'
import { checkSplit, cutRows, hasPart, PARTS, type Part, type Rows } from './split.ts'
import type { Table } from './table.ts'
import { knownAhead } from './unknown-rows.ts'
import { checkColumns, checkLags, checkSizes, checkVaries, expectRows, tooFew } from './window-checks.ts'
import { holesOf } from './window-holes.ts'
import { WindowSet } from './window-set.ts'
import { sourceOf } from './window-source.ts'
import { columnsOf, reachOf, type WindowOptions, type WindowSpec } from './window-spec.ts'

export interface WindowedData {
  readonly spec: WindowSpec
  /** The rows in the order of series and time: what `origin` counts in. */
  readonly panel: Panel
  /** The panel's table. */
  readonly table: Table
  /** True when the rows had to be put in order. */
  readonly sorted: boolean
  readonly train: WindowSet
  readonly validation: WindowSet
  readonly test: WindowSet
}

/**
 * Overlapping windows over a table: each is `past` rows of the inputs and the `horizon` values of the target that
 * follow. The series 35 32 45 48 41 39 36 with three past and one ahead gives four:
 *
 *     35 32 45 → 48
 *     32 45 48 → 41
 *     45 48 41 → 39
 *     48 41 39 → 36
 *
 * Nothing of the future leaks into the past:
 *
 * - Rows are taken in the order of the first column of dates, where there is one, each series by itself where a column `id`
 *   tells several apart. No window holds rows of two.
 * - The split is by time, at `round(share · rows)` of each series. A window belongs to the part that holds all its targets; one
 *   whose targets straddle a boundary is left out. The past of a validation or test window may reach back over the boundary:
 *   those rows are known when the forecast is made.
 * - Scalers are fitted on the rows of the train part alone.
 *
 * Rows at the end whose target is empty are to be forecast, and no part of any window here. A window that touches a value
 * left missing (`missing: 'skip'`) is left out.
 *
 * @throws InputError for an unknown column, a cell that is not a number, two rows of one time, a size that is not a
 *   whole number of at least 1, a bad split, too few rows, or a target that never changes in training
 */
export function windows(table: Table, options: WindowOptions): WindowedData {
  const { target, past, horizon, inputs = [target], future = [], lags = [], calendar = [], log = false } = options
  const { split = [0.7, 0.15, 0.15], scale = 'standard', normalise = 'none' } = options
  const { reads = future.length + lags.length + calendar.length > 0 ? 'known' : 'past' } = options
  // A level that is a mean size divides alone, so nothing may have been taken away before.
  const targetScale = normalise === 'mean' && !log ? 'none' : scale
  checkSizes(past, horizon)
  checkColumns('inputs', inputs)
  checkColumns('future', future)
  checkCalendar(calendar)
  checkLags(lags, horizon)
  checkSplit(split)
  if (inputs.length + future.length + lags.length + calendar.length === 0)
    throw new InputError('inputs: expected at least one column, got none; name the target itself')
  const columns = columnsOf({ inputs, future, target })
  const panel = readInOrder(table, options, columns)
  if (!hasPart(split, 'train'))
    throw new InputError('split: expected a share for the train part, got 0; for example [0.7, 0.15, 0.15]')
  expectRows({ past, lags, horizon }, panel)
  const cuts = panel.series.map((series) => cutRows(series, split).train)
  const known = (column: string, rows: readonly Rows[]) => stretchesOf(panel.read(column), rows)
  if (cuts.every(({ start, end }) => start === end))
    throw tooFew({ past, lags, horizon, split }, panel, 'train', cuts[0]!)
  checkVaries(table.name, target, known(target, cuts))
  const fitted = (rows: readonly Rows[]): Record<string, Scaler> =>
    Object.fromEntries(
      columns.map((column) => {
        const own = column === target
        return [column, fitScalerOver(own ? targetScale : scale, known(column, rows), own && log)]
      }),
    )
  const { timeColumn } = panel
  const { answerScale } = options
  const answering = (rows: readonly Rows[]) => fitScalerOver(answerScale!, known(target, rows))
  const { id, missing, duplicates } = options
  /** What is fitted on each series that has rows to train on, where there are several. */
  const bySeries = <V>(fit: (rows: readonly Rows[]) => V) =>
    panel.series.length === 1
      ? {}
      : {
          bySeries: Object.fromEntries(
            panel.series.flatMap(({ id }, s) =>
              cuts[s]!.end > cuts[s]!.start ? [[id, fit([cuts[s]!])] as const] : [],
            ),
          ),
        }
  const spec: WindowSpec = {
    ...{ inputs, future, lags, calendar, target, past, horizon, reads, split, scale, normalise },
    scalers: fitted(cuts),
    ...bySeries(fitted),
    ...(answerScale === undefined ? {} : { answers: { all: answering(cuts), ...bySeries(answering) } }),
    ...(timeColumn === undefined ? {} : { timeColumn }),
    ...(id === undefined ? {} : { id }),
    ...(missing === undefined ? {} : { missing }),
    ...(duplicates === undefined ? {} : { duplicates }),
  }
  return cut(spec, panel)
}

/**
 * The same windows, with the same scalers, over another table: to evaluate on new rows. Give `split: [0, 0, 1]` for a
 * spec that takes all of them as test. Series it does not know are scaled as all those that it does.
 *
 * @throws InputError as `windows`, and when the spec lacks a scaler
 */
export function windowsFrom(spec: WindowSpec, table: Table): WindowedData {
  checkSizes(spec.past, spec.horizon)
  checkSplit(spec.split)
  return cut(spec, readInOrder(table, spec, columnsOf(spec)))
}

/** Checks the columns before anything is computed from them, so that a bad cell is named by its row in the file. */
function readInOrder(table: Table, options: WindowOptions | WindowSpec, columns: readonly string[]): Panel {
  const time = ('timeColumn' in options ? options.timeColumn : undefined) ?? options.time
  const panel = panelOf(knownAhead(table, { ...options, time }).known, { ...options, time })
  for (const column of columns) panel.read(column)
  return panel
}

function cut(spec: WindowSpec, panel: Panel): WindowedData {
  const { table, series, sorted } = panel
  const source = sourceOf(spec, rowsOf(panel))
  expectRows(spec, panel)
  const holes = holesOf(source)
  const cuts = series.map((one) => cutRows(one, spec.split))
  const setOf = (part: Part) => {
    if (!hasPart(spec.split, part)) return new WindowSet(source, new Uint32Array())
    const origins = originsOf(
      series.map(({ start }, s) => {
        const rows = cuts[s]![part]
        const first = Math.max(rows.start, start + reachOf(spec))
        return { start: first - 1, end: Math.max(first, rows.end - spec.horizon + 1) - 1 }
      }),
    )
    const whole = origins.filter((origin) => !holes(origin))
    if (whole.length > 0) return new WindowSet(source, whole)
    if (origins.length > 0)
      throw new InputError(
        `'${table.name}': every window of the ${part} part touches a missing value; fill them (missing: 'previous'), ` +
          'or give a shorter past or horizon',
      )
    throw tooFew(spec, panel, part, cuts[0]![part])
  }
  const [train, validation, test] = PARTS.map(setOf) as [WindowSet, WindowSet, WindowSet]
  return { spec, panel, table, sorted, train, validation, test }
}

/** All rows of some stretches. */
function originsOf(stretches: readonly Rows[]): Uint32Array {
  const origins = new Uint32Array(stretches.reduce((sum, { start, end }) => sum + end - start, 0))
  let at = 0
  for (const { start, end } of stretches) for (let row = start; row < end; row++) origins[at++] = row
  return origins
}
