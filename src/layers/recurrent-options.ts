import { expectOneOf, InputError, suggestion } from '../base/errors.ts'
import { expectWhole } from '../base/shape.ts'
import type { Cell, CellNoise } from '../cells/index.ts'
import type { StartOptions } from './start.ts'

/** `S` are the names of the cell's states, `G` of its gates. */
export interface RecurrentLayerOptions<S extends string = string, G extends string = string> {
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
  /** The states that sequences begin with: zero (default), or learned, from zero on. */
  readonly initial?: 'zero' | 'learned'
  /** Each layer above the first gives the sum of what it reads and what it makes of it. */
  readonly residual?: boolean
  /** Share of the outputs of each layer but the topmost that training drops, anew at each step, as in PyTorch. */
  readonly dropout?: number
  /** Shares that training drops with one mask for all steps of a sequence (Gal & Ghahramani 2016), or of each `window` of `fit`. */
  readonly variational?: VariationalRates
  /**
   * Training keeps the states of every so many steps alone, `'sqrt'` for √T, and runs the steps between them once more on the
   * way back (Chen et al. 2016): less memory, more time, and the same bits in every gradient. The number is rounded up to whole
   * phases, the steps by which gradients of weights are added up: 8 of a batch of 64 or more, 16 of 32, 256 of one sequence.
   */
  readonly checkpoint?: number | 'sqrt'
  /** Numbers of a projected state, where the cell has one (PyTorch's `proj_size`); its outputs are then as wide. */
  readonly projection?: number
  /** Probability that training keeps a unit's state over a step (Krueger et al. 2017): of all states, or of each by name. */
  readonly zoneout?: number | { readonly [State in S]?: number }
  /** How its weights start, where not uniform in ±1/√units. */
  readonly start?: StartOptions<G>
}

/** How two directions become one output. */
export type Merge = 'concat' | 'sum' | 'mean'

export interface VariationalRates {
  /** Of what each layer reads. */
  readonly input?: number
  /** Of what the products of a cell read of its first state. */
  readonly state?: number
  /** Of what the topmost layer gives. */
  readonly output?: number
}

/** Far beyond what trains; a bound, so that a hostile file cannot ask for a list without end. */
const MOST_LAYERS = 1000

/** What an option is where nothing is said of it; the others are left out. */
const defaults = { layers: 1, returns: 'all', reverse: false } as const

/** The names of all options; one that is missing here does not compile. */
const names: { readonly [O in keyof RecurrentLayerOptions]-?: true } = {
  layers: true,
  returns: true,
  reverse: true,
  bidirectional: true,
  initial: true,
  residual: true,
  dropout: true,
  variational: true,
  zoneout: true,
  checkpoint: true,
  projection: true,
  start: true,
}
export const recurrentOptionNames: readonly string[] = Object.keys(names)

const hasProjection = ({ graph }: Pick<Cell, 'graph'>) => graph.stateSizes.includes('projected')

/** The names of those that a cell may be given. */
export const optionNamesOf = (cell: Pick<Cell, 'graph'>): readonly string[] =>
  recurrentOptionNames.filter((name) => name !== 'projection' || hasProjection(cell))

/** Options as a layer keeps them. */
export type CheckedOptions = RecurrentLayerOptions & Required<Pick<RecurrentLayerOptions, keyof typeof defaults>>

/** @throws InputError when an option is unknown or out of its range, or two don't go together */
export function checkRecurrentOptions(cell: Cell, options: RecurrentLayerOptions): CheckedOptions {
  const { name, states } = cell
  for (const key of Object.keys(options)) expectOneOf(`${name}: option`, key, recurrentOptionNames)
  const given = Object.entries(options).filter(([, value]) => value !== undefined)
  const checked: CheckedOptions = { ...defaults, ...Object.fromEntries(given) }
  const { layers, returns, reverse, bidirectional, initial, residual, dropout, variational, zoneout, checkpoint } =
    checked
  const { projection } = checked
  expectWhole(`${name}: layers`, layers, 1, MOST_LAYERS)
  expectOneOf(`${name}: returns`, returns, ['all', 'last'])
  if (hasProjection(cell)) expectWhole(`${name}: projection`, projection as number)
  else if (projection !== undefined)
    throw new InputError(`${name}: projection: this cell has no projected state, got ${projection}`)
  if (initial !== undefined) expectOneOf(`${name}: initial`, initial, ['zero', 'learned'])
  if (bidirectional !== undefined) {
    expectOneOf(`${name}: bidirectional`, bidirectional, ['concat', 'sum', 'mean'])
    if (reverse) throw new InputError(`${name}: bidirectional reads both ways already; leave reverse away`)
    if (residual && returns === 'last')
      throw new InputError(
        `${name}: residual adds what was read at the last step, but bidirectional ends at two: take returns: 'all'`,
      )
  }
  if (dropout !== undefined) expectRate(`${name}: dropout`, dropout)
  for (const [option, needs] of Object.entries({ dropout, residual }))
    if (needs && layers === 1)
      throw new InputError(`${name}: ${option} stands between layers, and there is one; it needs layers: 2 or more`)
  expectRates(`${name}: variational`, variational, ['input', 'state', 'output'])
  expectRates(`${name}: zoneout`, zoneout, states)
  if (checkpoint !== undefined && checkpoint !== 'sqrt') expectWhole(`${name}: checkpoint`, checkpoint)
  return checked
}

/** What chance does to the cell. */
export function noiseOf({ states }: Cell, { variational, zoneout }: RecurrentLayerOptions): CellNoise {
  const rates = typeof zoneout === 'number' ? Object.fromEntries(states.map((state) => [state, zoneout])) : zoneout
  return { dropState: variational?.state, zoneout: rates as CellNoise['zoneout'] }
}

function expectRates(what: string, rates: unknown, known: readonly string[]): void {
  if (rates === undefined) return
  if (typeof rates !== 'object' || rates === null) expectRate(what, rates)
  else
    for (const [key, rate] of Object.entries(rates)) {
      if (!known.includes(key))
        throw new InputError(`${what}: there is no '${key}' in it${suggestion(key, known)} (${known.join(', ')})`)
      expectRate(`${what}: ${key}`, rate)
    }
}

function expectRate(what: string, rate: unknown): void {
  if (!(typeof rate === 'number' && rate >= 0 && rate < 1))
    throw new InputError(`${what}: expected a rate of at least 0 and below 1, got ${rate}`)
}
