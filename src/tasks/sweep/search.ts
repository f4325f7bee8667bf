import { InputError } from '../../base/errors.ts'
import { Random } from '../../base/random.ts'
import { type Choice, dimensionsOf, type RangeKind, rangeOf, type Space } from './space.ts'

/** How trials are taken from a space. */
export type Search = 'grid' | 'random'
export const searches: readonly Search[] = ['grid', 'random']

const MOST = 10_000

/** All combinations of the lists of a space, its last option the quickest. @throws InputError for a range, or too many */
export function gridOf(space: Space): Choice[] {
  const dimensions = dimensionsOf(space)
  for (const [option, values] of dimensions)
    if (rangeOf(values))
      throw new InputError(`grid: ${option} is a range, which has no end of values; list some, or take a random search`)
  const lists = dimensions.map(([option, values]) => [option, values as readonly unknown[]] as const)
  const count = lists.reduce((product, [, values]) => product * values.length, 1)
  if (count > MOST) throw new InputError(`grid: ${count} combinations are over ${MOST}; take a random search`)
  return lists.reduce<Choice[]>(
    (choices, [option, values]) => choices.flatMap((choice) => values.map((value) => ({ ...choice, [option]: value }))),
    [{}],
  )
}

/** A share of a range, from 0 to below 1, as a number in it. */
const at: { readonly [Kind in RangeKind]: (low: number, high: number, share: number) => number } = {
  uniform: (low, high, share) => Math.min(high, low + (high - low) * share),
  logUniform: (low, high, share) => Math.min(high, low * (high / low) ** share),
  integers: (low, high, share) => low + Math.floor((high - low + 1) * share),
}

/** Trial n = 0, 1, … of a random search: a function of the seed and n alone, each option with numbers of its own. */
export function randomTrial(space: Space, seed: number, n: number): Choice {
  return Object.fromEntries(
    dimensionsOf(space).map(([option, values]) => {
      const share = new Random(seed, `sweep ${option}`, 2 * n).uniform() // which draws two
      const range = rangeOf(values)
      if (range) return [option, at[range.kind](...range.bounds, share)]
      const list = values as readonly unknown[]
      return [option, list[Math.floor(list.length * share)]]
    }),
  )
}

/** The trials of a search; a grid has as many as it has. @throws InputError where the search can't be had of the space */
export function choicesOf(space: Space, search: Search, { seed, trials }: { seed: number; trials: number }): Choice[] {
  if (search === 'grid') return gridOf(space)
  return Array.from({ length: trials }, (_, n) => randomTrial(space, seed, n))
}

/** Choices that between them have every value of the lists and both ends of the ranges: what to look at beforehand. */
export function edgesOf(space: Space): Choice[] {
  const dimensions = dimensionsOf(space).map(
    ([option, values]) => [option, rangeOf(values)?.bounds ?? (values as readonly unknown[])] as const,
  )
  const most = Math.max(...dimensions.map(([, values]) => values.length))
  return Array.from({ length: most }, (_, i) =>
    Object.fromEntries(dimensions.map(([option, values]) => [option, values[Math.min(i, values.length - 1)]])),
  )
}
