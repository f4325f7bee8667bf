import { expectOneOf, InputError } from '../base/errors.ts'
import { expectWhole } from '../base/shape.ts'

export interface RecurrentLayerOptions {
  /** Cells stacked on one another, each reading the outputs of the one below; 1 by default. */
  readonly layers?: number
  /** The output of every step `[B, T, units]` (default), or of each sequence's last `[B, units]`. */
  readonly returns?: 'all' | 'last'
  /** Last step first. */
  readonly reverse?: boolean
  /**
   * Two cells a layer, one of them last step first, and what becomes of their outputs: side by side (`2·units` wide, as in
   * PyTorch), their sum or their mean. Each layer reads both directions of the one below. With `returns: 'last'` each
   * direction gives its own last output, the reverse one that of the first step.
   */
  readonly bidirectional?: Merge
}

/** How two directions become one output. */
export type Merge = 'concat' | 'sum' | 'mean'

/** Far beyond what trains; a bound, so that a hostile file cannot ask for a list without end. */
const MOST_LAYERS = 1000

/** What an option is where nothing is said of it; absent from a layer's config then, but for the oldest three. */
const defaults = { layers: 1, returns: 'all', reverse: false } as const

/** The names of all options. */
export const recurrentOptionNames = [
  'layers',
  'returns',
  'reverse',
  'bidirectional',
] as const satisfies readonly (keyof RecurrentLayerOptions)[]

/** Options as a layer keeps them. */
export type CheckedOptions = RecurrentLayerOptions & Required<Pick<RecurrentLayerOptions, keyof typeof defaults>>

/** @throws InputError when an option is out of its range, or two don't go together */
export function checkRecurrentOptions(name: string, options: RecurrentLayerOptions): CheckedOptions {
  for (const key of Object.keys(options)) expectOneOf(`${name}: option`, key, recurrentOptionNames)
  const given = Object.entries(options).filter(([, value]) => value !== undefined)
  const checked: CheckedOptions = { ...defaults, ...Object.fromEntries(given) }
  const { layers, returns, reverse, bidirectional } = checked
  expectWhole(`${name}: layers`, layers, 1, MOST_LAYERS)
  expectOneOf(`${name}: returns`, returns, ['all', 'last'])
  if (bidirectional !== undefined) {
    expectOneOf(`${name}: bidirectional`, bidirectional, ['concat', 'sum', 'mean'])
    if (reverse) throw new InputError(`${name}: bidirectional reads both ways already; leave reverse away`)
  }
  return checked
}
