import { extname } from 'node:path'
import { InputError } from '../base/errors.ts'
import { writeWhole } from './files.ts'

/** Writes columns of one length as a table; NaN is an empty cell. */
export async function writeTable(
  path: string,
  columns: Readonly<Record<string, ArrayLike<number | string>>>,
): Promise<void> {
  if (extname(path) !== '.csv') throw new InputError(`'${path}': expected a name that ends in .csv`)
  const quoted = (value: number | string) =>
    typeof value === 'number'
      ? Number.isNaN(value)
        ? ''
        : String(value)
      : /[",\n\r]/.test(value)
        ? `"${value.replaceAll('"', '""')}"`
        : value
  const names = Object.keys(columns)
  const rows = Array.from(columns[names[0]!]!, (_, row) => names.map((name) => quoted(columns[name]![row]!)))
  await writeWhole(path, [names.map(quoted), ...rows].map((cells) => `${cells.join(',')}\n`).join(''))
}
