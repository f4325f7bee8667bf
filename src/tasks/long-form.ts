import type { Table } from '../data/index.ts'
import type { ForecasterRequest } from './forecaster.ts'

/** A table as windows take it. */
export function inLongForm(table: Table, _: ForecasterRequest): Table {
  return table
}
