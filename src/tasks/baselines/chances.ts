import { cutRows, type WindowedData } from '../../data/index.ts'
import { event } from '../heads/index.ts'
import { type Baseline, saying } from './baseline.ts'

/** The values of the training rows, series by series. */
const training = ({ panel, spec }: WindowedData): Float64Array[] =>
  panel.series.map((series) => {
    const { start, end } = cutRows(series, spec.split).train
    return panel.numbers(spec.target).subarray(start, end)
  })

/** The share of training rows whose event came, always. */
export function shareOfTraining(data: WindowedData): Baseline {
  const known = training(data).flatMap((values) => [...values].filter((value) => !Number.isNaN(value)))
  const share = known.reduce((sum, value) => sum + value, 0) / known.length
  return saying('share in training', () => () => event(share))
}

/** What was last seen, for certain. */
export const sameAsLast = (): Baseline =>
  saying('same as the last', (set, { panel, spec }) => {
    const values = panel.numbers(spec.target)
    return (window) => event(values[set.origin(window)]!)
  })

/**
 * A Markov chain of first order: how often an event follows one, and none, in the training rows, each counted once more than seen
 * (Laplace); of rows further ahead the chances of the chain.
 */
export function markovChain(data: WindowedData): Baseline {
  const name = 'Markov chain'
  const { panel, spec } = data
  const odd = panel.numbers(spec.target).find((value) => value !== 0 && value !== 1 && !Number.isNaN(value))
  if (odd !== undefined) return { name, reason: `it knows 0 and 1 alone, and ${spec.target} is also ${odd}` }
  /** Of each state how often no event followed, and one did. */
  const counts = [
    [1, 1],
    [1, 1],
  ]
  for (const values of training(data))
    for (let row = 1; row < values.length; row++) {
      const [last, next] = [values[row - 1]!, values[row]!]
      if (!Number.isNaN(last + next)) counts[last]![next]!++
    }
  const [after0, after1] = counts.map(([none, one]) => one! / (none! + one!)) as [number, number]
  return saying(name, (set, { panel, spec }) => {
    const values = panel.numbers(spec.target)
    return (window, ahead) => {
      let chance = values[set.origin(window)]!
      for (let step = 0; step <= ahead; step++) chance = chance * after1 + (1 - chance) * after0
      return event(chance)
    }
  })
}
