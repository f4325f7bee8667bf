import { InputError } from '../base/errors.ts'
import { kindOf, type Range, type RangeKind, type Space } from '../tasks/sweep/space.ts'
import { names, number } from './options.ts'

/** How ranges are written. */
const ranges: Readonly<Record<string, RangeKind>> = { uniform: 'uniform', log: 'logUniform', integers: 'integers' }

/** Reads `hidden=16,32`, `learningRate=log:1e-4:1e-2` or `inputs=a+b,a`, and adds it to those before. */
export function spaceFlag(text: string, before: Space = {}): Space {
  const [, name, values] = /^([\w-]+)=(.+)$/.exec(text) ?? []
  if (name === undefined || values === undefined)
    throw new InputError(`--space: expected an option with values, such as hidden=16,32, got '${text}'`)
  const option = name.replaceAll(/-(\w)/g, (_, letter: string) => letter.toUpperCase())
  return { ...before, [option]: rangeIn(option, values) ?? names(values).map(reader(option)) }
}

function rangeIn(option: string, text: string): Range | undefined {
  const [word = '', ...ends] = text.split(':')
  if (ends.length === 0) return undefined
  const kind = ranges[word]
  if (!kind || ends.length !== 2)
    throw new InputError(
      `--space: ${option}: expected a range such as uniform:0:1, log:1e-4:1e-2 or integers:7:56, got '${text}'`,
    )
  return { [kind]: ends.map(number(`--space: ${option}`)) } as unknown as Range
}

function reader(option: string): (text: string) => unknown {
  const kind = kindOf(option)
  if (kind === 'name') return (text) => text
  if (kind === 'columns') return (text) => text.split('+')
  return number(`--space: ${option}`)
}
