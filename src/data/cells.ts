/** What a column of raw cells holds. */
export type ColumnKind = 'number' | 'date' | 'text'

// Plain decimal or scientific notation, and nothing that `Number()` alone would let through ('', '0x10', 'Infinity').
const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i
const LOCAL_NUMBER = /^[+-]?\d[\d,.' \u00a0\u202f]*$/
const WITH_UNIT = /^(?:[^\d\s.,+-]{1,4} ?)?[+-]?\d[\d,.]*(?: ?\p{L}{1,4}| ?\p{S})?$/u
const MISSING = new Set(['', ...'na n/a #n/a <na> nan nat null none nil unknown unavailable - -- ? . .. :'.split(' ')])

/** The number a cell spells out, or NaN for anything that is not one finite plain number. */
export function readNumber(cell: string): number {
  const trimmed = cell.trim()
  const value = NUMBER.test(trimmed) ? Number(trimmed) : Number.NaN
  return Number.isFinite(value) ? value : Number.NaN
}

/** True for a cell of nothing but a number, finite or not. */
export const isPlainNumber = (cell: string): boolean => NUMBER.test(cell)

/** True for a cell that says nothing: empty, or one of the usual marks of a missing value. */
export const isMissing = (cell: string): boolean => MISSING.has(cell.trim().toLowerCase())

/** `'drizzle'`, or `an empty cell`: how messages show a cell. */
export const showCell = (cell: string): string => (cell.trim() === '' ? 'an empty cell' : `'${cell.trim()}'`)

/** The way out of a cell that should be a number, where the cell itself shows one: the tail of a sentence. */
export function numberAdvice(cell: string): string | undefined {
  if (isMissing(cell)) return 'fill the cell or remove the row'
  if (LOCAL_NUMBER.test(cell.trim())) return 'write it with a decimal point and no thousands separators, as 1234.5'
  if (WITH_UNIT.test(cell.trim())) return 'write the number alone, without a unit, as 1234.5'
  return undefined
}
