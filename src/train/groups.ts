import { InputError } from '../base/errors.ts'
import type { Parameters } from '../layers/parameters.ts'
import { expectNotNegative, expectPositive } from './ranges.ts'

/** Parameters that are trained in a way of their own. */
export interface ParameterGroup {
  /** Their names, such as `'0.weight_ih_l0'`, or what tells them by their names. */
  readonly parameters: RegExp | readonly string[] | ((name: string) => boolean)
  /** Their own learning rate, the same in all steps, or made from that of the step: `(rate) => 0.1 * rate`. */
  readonly rate?: number | ((rate: number) => number)
  /** Their own λ, in place of the optimiser's. */
  readonly weightDecay?: number
  /** Whether they stay as they are, to the bit, and count in no norm; false by default. */
  readonly freeze?: boolean
}

/** Neighbouring parameters that are trained in the same way. */
export interface Span {
  /** Counted from the first of all parameters. */
  readonly first: number
  readonly length: number
  readonly group: ParameterGroup
}

type Matcher = (name: string) => boolean

/** The way of parameters that are in no group. */
const others = { group: { parameters: () => true } satisfies ParameterGroup as ParameterGroup, matches: () => true }

/**
 * All parameters that are trained, each in the first group that it matches.
 * @throws InputError when a group matches no parameter, names one that there is not, a number of it is out of its range, or
 * nothing is left to train
 */
export function spansOf(parameters: Parameters, groups: readonly ParameterGroup[] = []): Span[] {
  const ways = [...groups.map((group, i) => ({ group, matches: matcherOf(parameters, group, i) })), others]
  const spans: { first: number; length: number; group: ParameterGroup }[] = []
  for (const name of parameters.names) {
    const { at, size } = parameters.get(name)
    const { group } = ways.find(({ matches }) => matches(name))!
    const last = spans.at(-1)
    if (last?.group === group) last.length += size
    else spans.push({ first: at - parameters.at, length: size, group })
  }
  const trained = spans.filter(({ group }) => !group.freeze)
  if (spans.length > 0 && trained.length === 0)
    throw new InputError('fit: groups: all parameters are frozen, so there is nothing to train')
  return trained
}

/** Tells by its name whether a parameter belongs to the group of an index. */
function matcherOf(parameters: Parameters, group: ParameterGroup, index: number): Matcher {
  const where = `fit: groups: group ${index + 1}`
  const { parameters: chosen, rate, weightDecay = 0 } = group
  if (typeof rate === 'number') expectPositive(where, { rate }, 'a learning rate')
  expectNotNegative(where, { weightDecay })
  const matches =
    typeof chosen === 'function'
      ? chosen
      : chosen instanceof RegExp
        ? (name: string) => name.search(chosen) >= 0
        : named(parameters, chosen)
  const { names } = parameters
  if (!names.some(matches))
    throw new InputError(
      `${where}: expected to match some of the parameters (${names.join(', ')}), but it matches none`,
    )
  return matches
}

/** A tied parameter goes by either of its names. */
function named(parameters: Parameters, names: readonly string[]): Matcher {
  const own = new Set(names.map((name) => parameters.get(name)))
  return (name) => own.has(parameters.get(name))
}
