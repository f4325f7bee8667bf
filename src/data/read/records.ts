import { InputError } from '../../base/errors.ts'
import type { Column } from '../columns.ts'
import type { Store } from '../numbers.ts'
import { Table } from '../table.ts'
import { expectColumns } from './table-builder.ts'
import { isRecord, leavesOf, type Value, ValueBuilder } from './values.ts'

/** What is read of a source with typed values. */
export interface RecordOptions {
  /** What messages call the table. */
  readonly name?: string
  /** The columns to keep; all unless given. */
  readonly columns?: readonly string[]
  /** The zone of clocks that name none, as `Europe/Berlin`; UTC unless given. */
  readonly timezone?: string
  /** Where numbers are kept; in memory unless given. */
  readonly store?: Store
}

/** Takes records one after the other: a column for each property that is met, nested ones by dotted names. */
export class RecordReader {
  private readonly options: RecordOptions
  private readonly met = new Map<string, LateColumn>()
  private rowCount = 0

  constructor(options: RecordOptions) {
    this.options = options
  }

  add(record: object): void {
    for (const [name, value] of leavesOf(record)) this.columnOf(name).set(this.rowCount, value)
    this.rowCount++
  }

  /** Takes many values of one column, of rows that count from `row`; of records each leaf is a column. */
  addColumn(name: string, row: number, values: ArrayLike<Value>): void {
    const nested = Array.prototype.some.call(values, isRecord)
    const column = nested ? undefined : this.columnOf(name)
    for (let i = 0; i < values.length; i++)
      if (column) column.set(row + i, values[i])
      else for (const [leaf, value] of leavesOf({ [name]: values[i] ?? {} })) this.columnOf(leaf).set(row + i, value)
    this.rowCount = Math.max(this.rowCount, row + values.length)
  }

  /** @throws InputError where there is no row, or a wanted column is not there */
  finish(): Table {
    const { name = 'table', columns: wanted, timezone, store } = this.options
    if (this.rowCount === 0) throw new InputError(`'${name}' has no rows; expected at least one`)
    expectColumns(name, wanted, [...this.met.keys()])
    const columns = [...this.met].filter(([column]) => wanted?.includes(column) ?? true)
    return new Table(
      name,
      new Map(columns.map(([column, values]): [string, Column] => [column, values.finish(this.rowCount)])),
      { ...(timezone === undefined ? {} : { timezone }), ...(store ? { store } : {}) },
    )
  }

  private columnOf(name: string): LateColumn {
    const { columns, store } = this.options
    const known = this.met.get(name) ?? new LateColumn(columns?.includes(name) ?? true, store)
    this.met.set(name, known)
    return known
  }
}

/** A column whose values may come late or not at all: those rows are missing. */
class LateColumn {
  private readonly values: ValueBuilder
  private readonly wanted: boolean
  private length = 0

  constructor(wanted: boolean, store?: Store) {
    this.wanted = wanted
    this.values = new ValueBuilder(store)
  }

  set(row: number, value: Value): void {
    if (!this.wanted) return
    while (this.length < row) this.push(undefined)
    this.push(value)
  }

  finish(rowCount: number): Column {
    while (this.length < rowCount) this.push(undefined)
    return this.values.finish()
  }

  private push(value: Value): void {
    this.values.add(value)
    this.length++
  }
}
