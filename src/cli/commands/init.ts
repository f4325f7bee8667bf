import { existsSync } from 'node:fs'
import { InputError } from '../../base/errors.ts'
import { writeWhole } from '../../formats/files.ts'
import { readData } from '../../tasks/data-source.ts'
import { forecasterDefaults } from '../../tasks/forecaster-options.ts'
import { type OptionName, optionGroups, optionTable } from '../../tasks/option-table.ts'
import { commandName, print } from '../output.ts'

const FILE = 'unrolled.config.ts'

/** Writes a config with every option and what it does; of a table, with its columns filled in. */
export async function init(path: string | undefined, { json }: { readonly json?: boolean }): Promise<void> {
  if (existsSync(FILE)) throw new InputError(`there is an ${FILE} already; change that, or move it away`)
  const columns = path === undefined ? [] : await numericColumns(path)
  await writeWhole(FILE, template(path ?? 'data.csv', columns))
  const next = `${commandName()} train`
  print(json ? { json } : {}, { config: FILE, next }, () => [`Written: ${FILE}. Look it through, then: ${next}`])
}

/** The columns of a table that can be forecast. */
async function numericColumns(path: string): Promise<string[]> {
  const table = await readData({ path })
  const columns = table.columns.filter((column) => table.kind(column) === 'number')
  if (columns.length === 0) throw new InputError(`'${path}' has no column of numbers to forecast`)
  return columns
}

/** A value as TypeScript writes it. */
function text(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(text).join(', ')}]`
  return typeof value === 'string' && !/['\\\n]/.test(value) ? `'${value}'` : JSON.stringify(value)
}

/** Values to show of options that are nothing unless given. */
const examples: Readonly<Record<Exclude<OptionName, keyof typeof forecasterDefaults | 'target' | 'inputs'>, unknown>> =
  {
    ...{ unit: '°C', where: ['price > 0'], id: 'shop', time: 'date', wide: ['north', 'south'] },
    ...{ missing: 'previous', duplicates: 'mean' },
  }

/** Options at their defaults stand as comments: what is left away stays with the defaults of the version at hand. */
function template(data: string, columns: readonly string[]): string {
  const [target = 'value'] = columns
  const given: Partial<Record<OptionName, unknown>> = { target, ...(columns.length > 1 ? { inputs: columns } : {}) }
  const shown = { inputs: [target], ...examples, ...forecasterDefaults, ...given } as Record<OptionName, unknown>
  const line = (name: OptionName) =>
    `  ${name in given ? '' : '// '}${name}: ${text(shown[name])}, // ${optionTable[name].says}`
  const groups = Object.entries(optionGroups).map(([group, names]) => [`  // ${group}`, ...names.map(line), ''])
  return `import { defineConfig } from 'unrolled'

// What the flags of \`unrolled train\` hold; flags win. Paths are relative to this file.
export default defineConfig({
  data: ${text(data)},

${groups.flat().join('\n')}
  // out: 'runs/mine', // run folder to write
  // sweep: { hidden: [16, 32, 64] }, // what unrolled sweep tries; also integers(7, 56), uniform(0, 1), logUniform(1e-4, 1e-2)
})
`
}
