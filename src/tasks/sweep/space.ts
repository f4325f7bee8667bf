import { InputError, shown, suggestion } from '../../base/errors.ts'
import type { ForecasterOptions } from '../forecaster-options.ts'
import { type OptionName, optionNames, optionTable } from '../option-table.ts'

/** Two ends of a range, both within it. */
export type Bounds = readonly [low: number, high: number]

/** Numbers that random search draws from; plain JSON. */
export type Range = { readonly uniform: Bounds } | { readonly logUniform: Bounds } | { readonly integers: Bounds }

/** Numbers from low to high, each as likely as any other. */
export const uniform = (low: number, high: number): Range => ({ uniform: [low, high] })

/** Numbers from low to high, each magnitude as likely as any other: for rates. */
export const logUniform = (low: number, high: number): Range => ({ logUniform: [low, high] })

/** Whole numbers from low to high. */
export const integers = (low: number, high: number): Range => ({ integers: [low, high] })

type Table = typeof optionTable
type Kind = 'columns' | 'name' | 'whole' | 'number'

/** An option that a sweep can try values of. */
export type SweptOption = { [Option in OptionName]: Table[Option] extends { fixed: true } ? never : Option }[OptionName]

/** The options that are swept: a list of values each, or a range of numbers. */
export type Space = {
  readonly [Option in SweptOption]?:
    | readonly ForecasterOptions[Option][]
    | (ForecasterOptions[Option] extends number ? Range : never)
}

/** The values of a trial. */
export type Choice = { readonly [Option in SweptOption]?: ForecasterOptions[Option] }

/** One option of a space, with what is tried of it. */
export type Dimension = readonly [option: SweptOption, values: readonly unknown[] | Range]

/** The options of a space in their order. */
export const dimensionsOf = (space: Space): Dimension[] => Object.entries(space) as unknown as Dimension[]

export type RangeKind = 'uniform' | 'logUniform' | 'integers'

/** A range, taken apart; nothing for a list. */
export function rangeOf(values: Dimension[1]): { readonly kind: RangeKind; readonly bounds: Bounds } | undefined {
  if (Array.isArray(values)) return undefined
  const [[kind, bounds]] = Object.entries(values) as [[RangeKind, Bounds]]
  return { kind, bounds }
}

const expectations: { readonly [K in Kind]: { readonly words: string; readonly holds: (value: unknown) => boolean } } =
  {
    columns: {
      words: 'lists of columns',
      holds: (value) => Array.isArray(value) && value.every((column) => typeof column === 'string'),
    },
    name: { words: 'names', holds: (value) => typeof value === 'string' },
    whole: { words: 'whole numbers', holds: Number.isSafeInteger },
    number: { words: 'numbers', holds: Number.isFinite },
  }

/** The kinds of range, with what their ends have to be. */
const ranges: { readonly [K in RangeKind]: { readonly words: string; readonly holds: (end: number) => boolean } } = {
  uniform: { words: 'two numbers', holds: Number.isFinite },
  logUniform: { words: 'two numbers above 0', holds: (end) => Number.isFinite(end) && end > 0 },
  integers: { words: 'two whole numbers', holds: Number.isSafeInteger },
}

const isSwept = (option: string): option is SweptOption =>
  Object.hasOwn(optionTable, option) && !('fixed' in optionTable[option as OptionName])

/** What kind of value an option has. @throws InputError for what is no option, or is the same in all trials */
export function kindOf(option: string): Kind {
  if (isSwept(option)) return optionTable[option].kind
  const known = optionNames.filter(isSwept)
  throw new InputError(
    Object.hasOwn(optionTable, option)
      ? `space: ${option} is the same in all trials, which one loss tells apart; sweep some of ${known.join(', ')}`
      : `space: there is no option '${option}'${suggestion(option, known)} (what can be swept: ${known.join(', ')})`,
  )
}

/** @throws InputError where something is not a space */
export function checkSpace(space: unknown): asserts space is Space {
  if (typeof space !== 'object' || space === null || Array.isArray(space) || Object.keys(space).length === 0)
    throw new InputError(`space: expected options with what to try, such as { hidden: [16, 32] }, got ${shown(space)}`)
  for (const [option, values] of Object.entries(space))
    if (Array.isArray(values)) checkList(option, values)
    else checkRange(option, values)
}

function checkList(option: string, values: readonly unknown[]): void {
  const { words, holds } = expectations[kindOf(option)]
  const wrong = values.find((value) => !holds(value))
  if (values.length === 0 || wrong !== undefined)
    throw new InputError(`space: ${option}: expected ${words}, got ${values.length === 0 ? 'none' : shown(wrong)}`)
  const texts = values.map((value) => JSON.stringify(value))
  const twice = texts.find((text, i) => texts.indexOf(text) < i)
  if (twice !== undefined) throw new InputError(`space: ${option}: expected each value once, got ${twice} twice`)
}

function checkRange(option: string, values: unknown): void {
  const kind = kindOf(option)
  const { words } = expectations[kind]
  const [name, bounds] = Object.entries(values ?? {})[0] ?? []
  const known = kind === 'whole' ? ['integers'] : kind === 'number' ? Object.keys(ranges) : []
  const forms = ['a list of', words, ...known.map((range) => `or ${range}(low, high)`)].join(' ')
  if (typeof values !== 'object' || name === undefined || !known.includes(name))
    throw new InputError(`space: ${option}: expected ${forms}, got ${shown(values)}`)
  const range = ranges[name as RangeKind]
  const ends: readonly number[] = Array.isArray(bounds) ? bounds : []
  if (ends.length !== 2 || !ends.every(range.holds) || !(ends[0]! < ends[1]!))
    throw new InputError(
      `space: ${option}: ${name}: expected ${range.words}, the lower one first, got ${shown(bounds)}`,
    )
}
