import { InputError } from '../base/errors.ts'
import type { Split } from '../data/index.ts'

/** Reads the number after a flag. */
export const number = (flag: string) => (text: string) => {
  const value = Number(text)
  if (text.trim() === '' || !Number.isFinite(value)) throw new InputError(`${flag}: expected a number, got '${text}'`)
  return value
}

/** Reads names separated by commas; one that has a comma of its own stands in quotes, as in a CSV file. */
export const names = (text: string): string[] =>
  [...text.matchAll(/\s*(?:"((?:[^"]|"")*)"\s*|([^,]*))(?:,|$)/g)]
    .map(([, quoted, plain = '']) => quoted?.replaceAll('""', '"') ?? plain.trim())
    .filter((name) => name !== '')

/** Names as `names` reads them. */
export const namesText = (list: readonly string[]): string =>
  list.map((name) => (/[",]|^\s|\s$/.test(name) ? `"${name.replaceAll('"', '""')}"` : name)).join()

/** Reads a split: three shares, or the rows of validation and test. */
export function split(text: string): Split {
  const values = names(text).map(number('--split'))
  if (values.length === 3) return values as [number, number, number]
  if (values.length === 2) return { validation: values[0]!, test: values[1]! }
  throw new InputError(
    `--split: expected three shares such as 0.7,0.15,0.15, or the rows of validation and test such as 365,365, got '${text}'`,
  )
}
