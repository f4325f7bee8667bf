import type { WindowedData } from '../data/index.ts'
import { holder, type Part, type Score, spreadOf } from './evaluation.ts'
import type { Trained } from './forecaster.ts'
import type { Prediction } from './prediction.ts'
import { seasonOf } from './season.ts'

/** What the test part can be taken apart by. */
export const PARTITIONS = ['series', 'step'] as const
export type Partition = (typeof PARTITIONS)[number]

/** A model's metrics on each series, or of each step ahead. */
export function scoresBy(by: Partition, forecaster: Trained, data: WindowedData, own: Prediction): Score[] {
  const hold = holder(data, seasonOf(data, forecaster.options.season))
  const spread = spreadOf(forecaster, own)
  const aheads = Array.from({ length: own.horizon }, (_, ahead) => ahead)
  const windows = Array.from({ length: own.count }, (_, window) => window)
  const parts: [name: string, part: Part][] =
    by === 'step'
      ? aheads.map((ahead) => [`${ahead + 1}`, { windows, aheads: [ahead] }])
      : [...windowsBySeries(data)].map(([id, windows]) => [id, { windows, aheads }])
  return parts.map(([name, part]) => ({ name, metrics: hold(own.means, spread, part) }))
}

/** The test windows of each series. */
export function windowsBySeries({ test }: Pick<WindowedData, 'test'>): Map<string, number[]> {
  const windows = new Map<string, number[]>()
  for (let i = 0; i < test.count; i++) {
    const { id } = test.series(i)
    const own = windows.get(id)
    if (own) own.push(i)
    else windows.set(id, [i])
  }
  return windows
}

/** The worst first, by what is comparable between series where there is something. */
export function worstFirst(scores: readonly Score[]): Score[] {
  const badness = ({ metrics }: Score) => metrics!.logLoss ?? metrics!.mase ?? metrics!.smape ?? metrics!.mae
  return [...scores].sort((a, b) => badness(b) - badness(a))
}
