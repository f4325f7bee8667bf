import { InputError } from '../base/errors.ts'
import { isMissing, readNumber } from './cells.ts'
import { clockOf } from './clock.ts'
import { NumberColumn } from './columns.ts'
import { groupsOf, orderOf } from './groups.ts'
import type { PanelOptions } from './panel.ts'
import type { Table } from './table.ts'

/** What a name may say that no column is called by. */
interface Derivation {
  readonly form: string
  readonly pattern: RegExp
  /** The column's numbers, NaN where there are none. */
  derive(table: Table, parts: readonly string[], options: PanelOptions): Float64Array
}

const MINUTE = 60_000

const compared: Readonly<Record<string, (difference: number) => boolean>> = {
  '>': (d) => d > 0,
  '>=': (d) => d >= 0,
  '<': (d) => d < 0,
  '<=': (d) => d <= 0,
  '=': (d) => d === 0,
  '!=': (d) => d !== 0,
}

const derivations: readonly Derivation[] = [
  {
    form: 'column > 0',
    pattern: /^(.+?)\s*(>=|<=|!=|==?|>|<)\s*(.+)$/,
    derive(table, [column, sign, bound]) {
      const cells = table.column(column!)
      const number = readNumber(bound!)
      const holds = compared[sign === '==' ? '=' : sign!]!
      const words = (text: string) => (text.trim() === bound!.replace(/^'(.*)'$/, '$1') ? 0 : 1)
      if (Number.isNaN(number) && !['=', '==', '!='].includes(sign!))
        throw new InputError(`'${column} ${sign} ${bound}': expected a number behind ${sign}, got '${bound}'`)
      return perRow(table, (row) => {
        const text = cells.text(row)
        if (isMissing(text) && words(text) !== 0) return Number.NaN
        return holds(Number.isNaN(number) ? words(text) : cells.number(row) - number) ? 1 : 0
      })
    },
  },
  {
    form: 'log1p(column)',
    pattern: /^log1p\((.+)\)$/,
    derive: (table, [column]) => table.numbersWithHoles(column!).map(Math.log1p),
  },
  {
    form: 'diff(column)',
    pattern: /^diff\((.+)\)$/,
    derive: (table, [column], options) => toRowBefore(table, table.numbersWithHoles(column!), options),
  },
  {
    form: 'gap(column of dates), the minutes since the row before',
    pattern: /^gap\((.+)\)$/,
    derive(table, [column], options) {
      const times = table.dates(column!)
      return toRowBefore(table, times, { ...options, time: column }).map((value) => value / MINUTE)
    },
  },
]

/**
 * A table with a column for each name that it lacks and that says how it is made: `rain > 0` and `sky = sun` (1 where it holds, else
 * 0), `log1p(sales)`, `diff(price)` and `gap(time)` (less that of the row before in its series; of a time in minutes). The first
 * row of a series, which has none before it, is left out then.
 *
 * @throws InputError for an unknown column in a name, or one that is not a number
 */
export function derived(table: Table, names: readonly string[], options: PanelOptions = {}): Table {
  const missing = [...new Set(names)].filter((name) => !table.columns.includes(name))
  const made = missing.flatMap((name) => {
    for (const { pattern, derive } of derivations) {
      const parts = pattern.exec(name)
      if (parts) return [[name, derive(table, parts.slice(1), options)] as const]
    }
    return []
  })
  if (made.length === 0) return table
  const whole = table.with(new Map(made.map(([name, values]) => [name, new NumberColumn(values)])))
  if (!made.some(([name]) => /^(diff|gap)\(/.test(name))) return whole
  const first = firstRows(table, options)
  return whole.take(Array.from({ length: table.rowCount }, (_, row) => row).filter((row) => !first.has(row)))
}

/**
 * The rows of a table of which all conditions hold: `type = earthquake`, `magnitude >= 2`. A row that does not say is left out.
 *
 * @throws InputError for what is no condition, an unknown column, or where no row is left
 */
export function rowsWhere(table: Table, conditions: readonly string[]): Table {
  if (conditions.length === 0) return table
  const [comparison] = derivations as readonly [Derivation]
  const holds = conditions.map((condition) => {
    const parts = comparison.pattern.exec(condition)
    if (parts) return comparison.derive(table, parts.slice(1), {})
    throw new InputError(`where: expected a condition such as 'type = earthquake' or 'price > 0', got '${condition}'`)
  })
  const rows = Array.from({ length: table.rowCount }, (_, row) => row).filter((row) =>
    holds.every((each) => each[row] === 1),
  )
  if (rows.length > 0) return table.take(rows)
  throw new InputError(`where: no row of '${table.name}' has ${conditions.join(' and ')}`)
}

/** How names may be made, for messages. */
export const derivedForms = derivations.map(({ form }) => form)

const perRow = (table: Table, value: (row: number) => number) =>
  Float64Array.from({ length: table.rowCount }, (_, row) => value(row))

/** Each value less that of the row before it in its series; NaN for the first. */
function toRowBefore(table: Table, values: Float64Array, options: PanelOptions): Float64Array {
  const into = new Float64Array(values.length).fill(Number.NaN)
  for (const rows of inSeries(table, options))
    for (const [i, row] of rows.entries()) if (i > 0) into[row] = values[row]! - values[rows[i - 1]!]!
  return into
}

const firstRows = (table: Table, options: PanelOptions) => new Set(inSeries(table, options).map(([row]) => row!))

/** The rows of each series in their order. */
function inSeries(table: Table, { id, time }: PanelOptions): number[][] {
  const groups = groupsOf(table, id)
  const each: number[][] = groups.names.map(() => [])
  for (const row of orderOf(groups, clockOf(table, groups, time)?.times)) each[groups.of[row]!]!.push(row)
  return each
}
