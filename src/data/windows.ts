import { InputError } from '../base/errors.ts'
import { expectWhole } from '../base/shape.ts'
import { type Chronology, chronological } from './order.ts'
import { fitScaler, isConstant } from './scalers.ts'
import { cutRows, type Span } from './split.ts'
import type { Table } from './table.ts'
import { WindowSet } from './window-set.ts'
import { sourceOf, type WindowOptions, type WindowSpec } from './window-source.ts'

export interface WindowedData {
  readonly spec: WindowSpec
  /** The table in the order of time: what `origin` counts in. */
  readonly table: Table
  /** True when the rows had to be sorted by time. */
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
 * - Rows are taken in the order of the first column of dates, where there is one.
 * - The split is by time, at `round(share · rows)`. A window belongs to the part that holds all its targets; one whose
 *   targets straddle a boundary is left out. The past of a validation or test window may reach back over the boundary:
 *   those rows are known when the forecast is made.
 * - Scalers are fitted on the rows of the train part alone.
 *
 * @throws InputError for an unknown column, a cell that is not a number, two rows of one time, a size that is not a
 *   whole number of at least 1, a bad split, too few rows, or a target that never changes in training
 */
export function windows(table: Table, options: WindowOptions): WindowedData {
  const { target, past, horizon, inputs = [target], split = [0.7, 0.15, 0.15], scale = 'standard' } = options
  const { timeColumn } = table
  checkSizes(past, horizon)
  checkInputs(inputs)
  const columns = [...new Set([...inputs, target])]
  const ordered = readInOrder(table, columns, timeColumn)
  const { train } = cutRows({ name: table.name, rowCount: table.rowCount, past, horizon, split })
  if (train.count === 0)
    throw new InputError('split: expected a share for the train part, got 0; for example [0.7, 0.15, 0.15]')
  const known = (column: string) => ordered.table.numbers(column).subarray(0, train.end)
  checkVaries(table.name, target, known(target))
  const scalers = Object.fromEntries(columns.map((column) => [column, fitScaler(scale, known(column))]))
  const spec = {
    inputs,
    target,
    past,
    horizon,
    split,
    scale,
    scalers,
    ...(timeColumn === undefined ? {} : { timeColumn }),
  }
  return cut(spec, ordered)
}

/**
 * The same windows, with the same scalers, over another table: to evaluate on new rows. Give `split: [0, 0, 1]` for a
 * spec that takes all of them as test.
 *
 * @throws InputError as `windows`, and when the spec lacks a scaler
 */
export function windowsFrom(spec: WindowSpec, table: Table): WindowedData {
  checkSizes(spec.past, spec.horizon)
  return cut(spec, readInOrder(table, [...spec.inputs, spec.target], spec.timeColumn))
}

/** The end of a table: what a model needs to forecast the rows to come. */
export interface LatestWindow {
  /** The table in the order of time. */
  readonly table: Table
  /** One window without targets, its past the last rows of the table: inputs `[1, past, features]`. */
  readonly samples: WindowSet
  /** The times of those `past` rows in milliseconds since 1970 in UTC, where the table has a time column. */
  readonly times?: Float64Array
}

/**
 * The last `past` rows of a table, scaled as in training, to forecast what follows them.
 *
 * @throws InputError for an unknown column, a cell that is not a number, two rows of one time, or too few rows
 */
export function latestWindow(spec: WindowSpec, table: Table): LatestWindow {
  const { past, timeColumn } = spec
  const ordered = readInOrder(table, [...spec.inputs, spec.target], timeColumn).table
  if (ordered.rowCount < past)
    throw new InputError(
      `a forecast needs the last past = ${past} rows, '${table.name}' has ${table.rowCount}; add the rows before them`,
    )
  const samples = new WindowSet(sourceOf(spec, ordered), ordered.rowCount - 1, 1)
  return {
    table: ordered,
    samples,
    ...(timeColumn === undefined ? {} : { times: ordered.dates(timeColumn).slice(-past) }),
  }
}

/** Checks the columns before sorting, so that a bad cell is named by its row in the file. */
function readInOrder(table: Table, columns: readonly string[], timeColumn: string | undefined): Chronology {
  for (const column of columns) table.numbers(column)
  return chronological(table, timeColumn)
}

function cut(spec: WindowSpec, { table, sorted }: Chronology): WindowedData {
  const spans = cutRows({ ...spec, name: table.name, rowCount: table.rowCount })
  const source = sourceOf(spec, table)
  const setOf = ({ firstTarget, count }: Span) => new WindowSet(source, firstTarget - 1, count)
  return {
    spec,
    table,
    sorted,
    train: setOf(spans.train),
    validation: setOf(spans.validation),
    test: setOf(spans.test),
  }
}

function checkSizes(past: number, horizon: number): void {
  expectWhole('past', past)
  expectWhole('horizon', horizon)
}

function checkInputs(inputs: readonly string[]): void {
  if (inputs.length === 0)
    throw new InputError('inputs: expected at least one column, got none; name the target itself')
  const twice = inputs.find((column, i) => inputs.indexOf(column) < i)
  if (twice !== undefined) throw new InputError(`inputs: expected each column once, got '${twice}' twice; name it once`)
}

function checkVaries(name: string, target: string, values: Float64Array): void {
  if (isConstant(values))
    throw new InputError(
      `'${name}': column '${target}' is the same value ${values[0]} in all ${values.length} training rows: there is ` +
        'nothing to learn; choose another target or a larger train part',
    )
}
