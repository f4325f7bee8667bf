import { PANEL } from '../kernels/index.ts'

/** Hidden units that one job computes in every gate: `count` of them from `first` on. */
export interface Units {
  readonly first: number
  readonly count: number
}

/** Multiplications of a step from which on a barrier costs little beside them. */
const WORTH_A_BARRIER = 2 ** 18
/** Threads may idle for this share of the time before units are dealt out. */
const MOST_IDLE = 0.15

/**
 * How the hidden units are dealt out among jobs: whole while shards keep all threads busy, else in blocks of whole panels,
 * with a barrier between steps. A unit's numbers are the same either way.
 *
 * @param work multiplications of one step of a shard
 */
export function unitBlocks(hidden: number, shards: number, threads: number, work: number): Units[] {
  const idle = 1 - shards / (Math.ceil(shards / threads) * threads)
  const most = hidden % PANEL === 0 ? Math.min(hidden / PANEL, Math.floor(work / WORTH_A_BARRIER)) : 1
  const count = idle > MOST_IDLE ? Math.max(1, Math.min(threads, most)) : 1
  const bound = (i: number) => PANEL * Math.round((i * hidden) / PANEL / count)
  if (count === 1) return [{ first: 0, count: hidden }]
  return Array.from({ length: count }, (_, i) => ({ first: bound(i), count: bound(i + 1) - bound(i) }))
}
