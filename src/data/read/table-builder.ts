import { InputError, suggestion } from '../../base/errors.ts'
import { ColumnBuilder } from '../column-builder.ts'
import type { Column } from '../columns.ts'
import { memory, type Store } from '../numbers.ts'
import { listed, Table } from '../table.ts'
import { spelledOut } from './spelling.ts'

interface Wanted {
  readonly columns?: readonly string[] | undefined
  readonly timezone?: string | undefined
  /** How many of the last columns have no name, and go if they have no cell either. */
  readonly droppable?: number
  /** What parts the cells. */
  readonly delimiter?: string
  /** Where numbers are kept; in memory unless given. */
  readonly store?: Store | undefined
}

/** Takes a table row by row and keeps the wanted columns, compact. */
export class TableBuilder {
  rowCount = 0
  private readonly name: string
  private readonly names: string[]
  private readonly builders: (ColumnBuilder | undefined)[]
  private readonly wanted: Wanted

  /** @throws InputError where a wanted column is not there */
  constructor(name: string, names: readonly string[], wanted: Wanted) {
    expectColumns(name, wanted.columns, names)
    this.name = name
    this.names = [...names]
    this.wanted = wanted
    this.builders = names.map((column) =>
      wanted.columns?.includes(column) === false ? undefined : new ColumnBuilder(wanted.store),
    )
  }

  /** @param cells one a column; those that are missing at the end are empty */
  addCells(cells: readonly string[]): void {
    for (let j = 0; j < this.builders.length; j++) this.builders[j]?.add(cells[j] ?? '')
    this.rowCount++
  }

  /** Adds nameless columns, empty so far. */
  widen(width: number): void {
    while (this.names.length < width) {
      const builder = new ColumnBuilder(this.wanted.store)
      for (let row = 0; row < this.rowCount; row++) builder.add('')
      this.names.push(`column ${this.names.length + 1}`)
      this.builders.push(builder)
    }
  }

  finish(notes: readonly string[] = []): Table {
    const named = this.names.length - (this.wanted.droppable ?? 0)
    const columns = new Map<string, Column>()
    this.builders.forEach((builder, j) => {
      if (builder && (j < named || !builder.isEmpty)) columns.set(this.names[j]!, builder.finish())
    })
    const { timezone, delimiter, store = memory } = this.wanted
    const spelled = spelledOut(columns, store, delimiter)
    return new Table(this.name, spelled.columns, {
      notes: [...notes, ...spelled.notes],
      ...(timezone === undefined ? {} : { timezone }),
      store,
    })
  }
}

/** Refuses the first wanted column that is not among those there are. */
export function expectColumns(table: string, wanted: readonly string[] | undefined, names: readonly string[]): void {
  const unknown = wanted?.find((column) => !names.includes(column))
  if (unknown !== undefined)
    throw new InputError(
      `'${table}' has no column '${unknown}'${suggestion(unknown, names) || `; its columns are ${listed(names)}`}`,
    )
}
