import { ColumnBuilder } from '../column-builder.ts'
import { type Column, TimeColumn } from '../columns.ts'
import { Growing } from '../growing.ts'
import type { Store } from '../numbers.ts'

/** A value as a file or a data base gives it: text, number, bigint, boolean, Date, nothing, or a structure of these. */
export type Value = unknown

/** A value as a cell: truth as 1 or 0, an instant in ISO form, a structure as JSON. */
export function cellOf(value: Value): string {
  if (value === null || value === undefined) return ''
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? '' : value.toISOString()
  if (typeof value === 'boolean') return value ? '1' : '0'
  if (typeof value === 'object')
    return JSON.stringify(value, (_, inner) => (typeof inner === 'bigint' ? Number(inner) : inner))
  return String(value)
}

/** Takes the values of a column: instants stay instants while nothing else comes between. */
export class ValueBuilder {
  private times: Growing<Float64Array> | undefined = new Growing(Float64Array)
  private readonly cells: ColumnBuilder
  private dates = 0

  /** @param store where its numbers are kept */
  constructor(store?: Store) {
    this.cells = new ColumnBuilder(store)
  }

  add(value: Value): void {
    const nothing = value === null || value === undefined
    if (this.times && (nothing || value instanceof Date)) {
      this.times.push(nothing ? Number.NaN : value.getTime())
      if (!nothing) this.dates++
      return
    }
    this.turnToCells()
    this.cells.add(cellOf(value))
  }

  finish(): Column {
    if (this.times && this.dates > 0) return new TimeColumn(this.times.finish())
    this.turnToCells()
    return this.cells.finish()
  }

  private turnToCells(): void {
    if (!this.times) return
    const times = this.times.finish()
    this.times = undefined
    for (const time of times) this.cells.add(Number.isNaN(time) ? '' : new Date(time).toISOString())
  }
}

/** The leaves of a record with their paths: `{ main: { temp: 1 } }` has `main.temp`. */
export function* leavesOf(record: object, path = ''): Iterable<readonly [name: string, value: Value]> {
  for (const [key, value] of Object.entries(record)) {
    const name = path === '' ? key : `${path}.${key}`
    if (isRecord(value)) yield* leavesOf(value, name)
    else yield [name, value]
  }
}

export const isRecord = (value: Value): value is Readonly<Record<string, Value>> =>
  typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype
