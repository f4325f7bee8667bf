import type { ForecasterOptions } from '../tasks/forecaster-options.ts'
import { type OptionName, optionTable } from '../tasks/option-table.ts'
import { namesText } from './options.ts'
import { flagOf } from './output.ts'

/** Options as the flags that say the same; what is undefined, off or empty needs none. */
export function optionWords(options: ForecasterOptions): string[] {
  return Object.entries(options).flatMap(([name, value]) => {
    if (value === undefined || value === false || value === '') return []
    if (Array.isArray(value)) return value.length === 0 ? [] : [flagOf(name), namesText(value.map(String))]
    if (optionTable[name as OptionName].kind === 'switch') return [flagOf(name)]
    // A split by rows counts those of validation and test.
    const text = typeof value === 'object' ? `${value.validation},${value.test}` : String(value)
    return [flagOf(name), text]
  })
}
