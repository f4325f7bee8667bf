import { isMissing, readNumber } from '../cells.ts'
import { type Column, NumberColumn, TextColumn } from '../columns.ts'
import type { Store } from '../numbers.ts'

/** A way to spell numbers that `readNumber` does not know. */
interface Spelling {
  readonly pattern: RegExp
  /** The same number as `readNumber` takes it. */
  plain(word: string): string
}

const POINT: Spelling = {
  pattern: /^[+-]?(?:[1-9]\d{0,2}(?:[,' \u00a0\u202f]\d{3})+|\d+)(?:\.\d+)?$/,
  plain: (word) => word.replace(/[,' \u00a0\u202f]/g, ''),
}
const COMMA: Spelling = {
  pattern: /^[+-]?(?:[1-9]\d{0,2}(?:[.' \u00a0\u202f]\d{3})+|\d+)(?:,\d+)?$/,
  plain: (word) => word.replace(/[.' \u00a0\u202f]/g, '').replace(',', '.'),
}
const MAJORITY = 0.9

/**
 * Columns of numbers in another spelling, read: decimal commas, thousands separators, signs of percent and currency, true and false. A column
 * is taken so where nine of ten cells fit and the file leaves no doubt: `1,234` alone is a thousand where commas part the cells, and
 * could be both elsewhere, and stays as it is.
 */
export function spelledOut(columns: ReadonlyMap<string, Column>, store: Store, delimiter: string | undefined) {
  const words = new Map([...columns].map(([name, column]) => [name, wordsOf(column)]))
  const all = [...words.values()].flat()
  const commas = all.some(only(COMMA, POINT))
  const points =
    all.some(only(POINT, COMMA)) ||
    [...columns.values()].some((column) => column instanceof NumberColumn && column.points === 'decimal')
  const notes: string[] = []
  const read = new Map<string, Column>()
  for (const [name, column] of columns) {
    const own = words.get(name)!
    const spelling = own.some(only(COMMA, POINT)) ? COMMA : own.some(only(POINT, COMMA)) ? POINT : undefined
    const unsure = own.some(twofold) && commas === points && (commas || delimiter !== ',')
    const certain = spelling ?? (unsure ? undefined : commas ? COMMA : POINT)
    const found = truths(column, own, store) ?? (certain && numbersIn(column, own, certain, store))
    read.set(name, found?.column ?? column)
    if (found) notes.push(`column '${name}': ${found.note}`)
  }
  return { columns: read, notes }
}

/** The distinct words of a column that are not missing: all that is not kept as a number. */
function wordsOf(column: Column): string[] {
  const words =
    column instanceof NumberColumn ? new Set(column.words.values()) : column instanceof TextColumn ? column.words : []
  return Array.from(words, (word) => word.trim()).filter((word) => !isMissing(word))
}

/** Without a percent or currency sign. */
const bare = (word: string) => word.replace(/ ?[%\p{Sc}]$/u, '').replace(/^([+-]?)\p{Sc} ?/u, '$1')
const only = (one: Spelling, other: Spelling) => (word: string) =>
  one.pattern.test(bare(word)) && !other.pattern.test(bare(word))

/** True for a word of two meanings, as `1,234`. */
const twofold = (word: string) =>
  [POINT, COMMA].every(({ pattern }) => pattern.test(bare(word))) && POINT.plain(bare(word)) !== COMMA.plain(bare(word))

interface Reading {
  readonly column: Column
  readonly note: string
}

function numbersIn(column: Column, words: readonly string[], spelling: Spelling, store: Store): Reading | undefined {
  const example = words.find((word) => Number.isNaN(readNumber(word)) && spelling.pattern.test(bare(word)))
  const dotted = spelling === COMMA && column instanceof NumberColumn && column.points === 'grouped'
  if (example === undefined && !dotted) return undefined
  const values = store.writer()
  const rest = new Map<number, string>()
  let known = 0
  for (let row = 0; row < column.length; row++) {
    const value = numberAs(column, row, spelling)
    values.push(value)
    if (!Number.isNaN(value)) known++
    else if (!isMissing(column.text(row))) rest.set(row, column.text(row))
  }
  if (known < MAJORITY * (known + rest.size)) return undefined
  return { column: new NumberColumn(values.finish(), rest), note: noteOf(example, spelling) }
}

function numberAs(column: Column, row: number, spelling: Spelling): number {
  const word = column instanceof NumberColumn ? column.words.get(row) : column.text(row)
  if (word === undefined) {
    const value = column.number(row)
    if (spelling === POINT || value % 1 === 0) return value
    return (column as NumberColumn).points === 'grouped' ? Math.round(value * 1000) : Number.NaN
  }
  const number = bare(word.trim())
  return spelling.pattern.test(number) ? readNumber(spelling.plain(number)) : Number.NaN
}

function noteOf(example: string | undefined, spelling: Spelling): string {
  if (example === undefined) return "points part thousands, as elsewhere in the file: '1.234' is 1234"
  const value = readNumber(spelling.plain(bare(example)))
  return `'${example}' is read as ${value}${example.endsWith('%') ? ', in percent' : ''}`
}

/** Columns of true and false alone. */
function truths(column: Column, words: readonly string[], store: Store): Reading | undefined {
  if (words.length === 0 || !words.every((word) => /^(true|false)$/i.test(word))) return undefined
  for (let row = 0; row < column.length; row++) if (!Number.isNaN(column.number(row))) return undefined
  const values = store.writer()
  for (let row = 0; row < column.length; row++) {
    const word = column.text(row).trim()
    values.push(isMissing(word) ? Number.NaN : Number(/^true$/i.test(word)))
  }
  return { column: new NumberColumn(values.finish()), note: 'true is read as 1 and false as 0' }
}
