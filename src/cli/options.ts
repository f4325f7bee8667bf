import { InputError } from '../base/errors.ts'

/** Reads the number after a flag. */
export const number = (flag: string) => (text: string) => {
  const value = Number(text)
  if (text.trim() === '' || !Number.isFinite(value)) throw new InputError(`${flag}: expected a number, got '${text}'`)
  return value
}

/** Reads names separated by commas. */
export const names = (text: string): string[] =>
  text
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '')
