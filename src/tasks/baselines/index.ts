import type { WindowedData } from '../../data/index.ts'
import type { TrainingHooks } from '../../train/index.ts'
import { seasonOf } from '../season.ts'
import type { Baseline, BaselineOptions } from './baseline.ts'
import { markovChain, sameAsLast, shareOfTraining } from './chances.ts'
import { dayOfYearMean } from './day-of-year.ts'
import { exponential } from './exponential.ts'
import { drift, lastValue, seasonalNaive } from './naive.ts'
import { windowLinear } from './window-linear.ts'
import { windowMlp } from './window-mlp.ts'

export type { Baseline, BaselineOptions, Predict, Say } from './baseline.ts'
export { lastValue } from './naive.ts'

/** How many baselines are trained by steps, which hooks watch. */
export const learnedBaselines = ({ head }: Pick<BaselineOptions, 'head'>): number => (head === 'bernoulli' ? 0 : 1)

/**
 * All baselines of a kind of forecast, fitted on the train part alone; the hooks watch the one that takes time. Events have
 * baselines of their own, which say chances.
 */
export async function baselines(
  data: WindowedData,
  options: BaselineOptions,
  hooks: TrainingHooks = {},
): Promise<Baseline[]> {
  if (options.head === 'bernoulli') return [shareOfTraining(data), sameAsLast(), markovChain(data)]
  const { timeColumn } = data.spec
  const { unit, count } = data.panel.step ?? {}
  const daily = timeColumn !== undefined && unit === 'day' && count === 1
  return [
    ...(options.head === 'mixture' ? [exponential(data)] : []),
    lastValue(),
    seasonalNaive(seasonOf(data, options.season)),
    ...(daily ? [dayOfYearMean(data, timeColumn)] : []),
    drift(),
    windowLinear(data),
    await windowMlp(data, options, hooks),
  ]
}
