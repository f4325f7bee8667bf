import { InputError } from '../base/errors.ts'
import { expectWhole } from '../base/shape.ts'
import type { Panel } from './panel.ts'
import { onlyValue } from './scalers.ts'
import { type Part, type Rows, showPart } from './split.ts'
import { reachOf, type WindowSpec } from './window-spec.ts'

/** Refuses a table none of whose series is as long as one window. */
export function expectRows(
  { past, horizon, lags }: Pick<WindowSpec, 'past' | 'horizon' | 'lags'>,
  { table, series }: Panel,
) {
  const back = lags.length > 0 ? ' + the longest lag' : ''
  const needs = `one window needs at least past + horizon${back} = ${reachOf({ past, lags }) + horizon} rows`
  const most = series.reduce((longest, { start, end }) => Math.max(longest, end - start), 0)
  if (most >= reachOf({ past, lags }) + horizon) return
  const has = series.length === 1 ? `'${table.name}' has ${most}` : `the longest series of '${table.name}' has ${most}`
  throw new InputError(`${needs}, ${has}; add rows, or give a shorter past or horizon`)
}

/** A part that has not enough rows for one window. */
export function tooFew(
  { past, lags, horizon, split }: Pick<WindowSpec, 'past' | 'lags' | 'horizon' | 'split'>,
  { table, series }: Panel,
  part: Part,
  rows: Rows,
): InputError {
  const { start, end } = rows
  const firstTarget = Math.max(start, series[0]!.start + reachOf({ past, lags }))
  const wayOut = `give it ${showPart(split, part)}, or a shorter past or horizon`
  return new InputError(
    series.length > 1
      ? `no series of '${table.name}' has enough rows in its ${part} part for one window; ${wayOut}`
      : `the ${part} part is ${end - start} of the ${table.rowCount} rows of '${table.name}', too few for one window: it needs ` +
          `at least ${firstTarget - start + horizon}; ${wayOut}`,
  )
}

/** @throws InputError for sizes that are not whole numbers of at least 1 */
export function checkSizes(past: number, horizon: number): void {
  expectWhole('past', past)
  expectWhole('horizon', horizon)
}

/** @throws InputError for a column named twice */
export function checkColumns(what: string, columns: readonly string[]): void {
  const twice = columns.find((column, i) => columns.indexOf(column) < i)
  if (twice !== undefined)
    throw new InputError(`${what}: expected each column once, got '${twice}' twice; name it once`)
}

/** @throws InputError for lags that reach into the horizon, or one given twice */
export function checkLags(lags: readonly number[], horizon: number): void {
  for (const [i, lag] of lags.entries()) {
    expectWhole('lags', lag, horizon)
    if (lags.indexOf(lag) < i) throw new InputError(`lags: expected each lag once, got ${lag} twice`)
  }
}

/** @throws InputError for a target that never changes in training */
export function checkVaries(name: string, target: string, training: Iterable<Float64Array>): void {
  const only = onlyValue(training)
  if (only)
    throw new InputError(
      `'${name}': column '${target}' is the same value ${only.value} in all ${only.count} training rows: there is ` +
        'nothing to learn; choose another target or a larger train part',
    )
}
