import { InputError } from '../base/errors.ts'
import { derived, melt, rowsWhere, type Table } from '../data/index.ts'
import type { ForecasterRequest } from './forecaster-options.ts'

/** What columns of one kind become: series by their names, and their values. */
const MELTED = { id: 'series', target: 'value' } as const

/** What of a request decides how a table is read. */
export type Reading = Pick<ForecasterRequest, 'target' | 'wide' | 'where' | 'id' | 'time' | 'inputs' | 'future'>

/** A request for several columns of one kind forecasts what they become. */
export const named = <R extends Partial<Reading>>(request: R): R & { target?: string } =>
  request.wide?.length ? { ...request, target: MELTED.target } : request

/** The column that tells series apart once a table is in long form. */
export const idOf = ({ wide, id }: Reading): string | undefined => (wide?.length ? MELTED.id : id)

/**
 * A table as windows take it: of the rows asked for, with a column for each name that says how it is made, as `rain > 0`, and columns of one kind
 * stacked as series.
 */
export function inLongForm(
  given: Table,
  { target, wide = [], where = [], id, time, inputs = [], future = [] }: Reading,
) {
  const table = rowsWhere(given, where)
  const several = wide.length > 0
  const columns = [...inputs, ...future].filter((name) => !several || name !== MELTED.target)
  const whole = derived(table, [...(several ? wide : [target]), ...columns], { id, time })
  if (!several) return whole
  const seen = columns.filter((column) => wide.includes(column))
  if (seen.length > 0)
    throw new InputError(
      `inputs: ${seen.join(', ')} ${seen.length === 1 ? 'is' : 'are'} forecast, each as a series of its own, and seen as ` +
        `'${MELTED.target}'`,
    )
  return melt(whole, wide, { ...(id === undefined ? {} : { id }), name: MELTED.id, value: MELTED.target })
}
