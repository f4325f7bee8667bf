import type { Address } from '../kernels/index.ts'
import type { Layout } from './layout.ts'

/**
 * Which row a matrix is at in a step: the step's own, always the first, or that of a state some steps back (0: after the
 * step). A state keeps `depth` steps from before the start, oldest first, ahead of the loop's; its adjoints, `depth` of them
 * at a time, take turns.
 */
export type Clock =
  | 'step'
  | 'fixed'
  | { readonly of: 'state' | 'adjoint'; readonly back: number; readonly depth: number }

/** Something the loop moves from step to step: `at` is rewritten, nothing is allocated. */
interface Moving {
  readonly target: { at: Address }
  readonly base: Address
  readonly rowStride: number
  readonly clock: Clock
}

/** The matrices of one pass through time. */
export class Timeline {
  private readonly layout: Layout
  private readonly moving: Moving[] = []

  constructor(layout: Layout) {
    this.layout = layout
  }

  /** Has `target` moved along from where it stands now. */
  follow<T extends { at: Address; readonly rowStride: number }>(target: T, clock: Clock): T {
    this.moving.push({ target, base: target.at, rowStride: target.rowStride, clock })
    return target
  }

  /** Moves everything to step t; returns how many sequences run in it. */
  moveTo(t: number): number {
    for (const { target, base, rowStride, clock } of this.moving)
      target.at = base + rowAt(this.layout, t, clock) * rowStride
    return this.layout.active[t]!
  }
}

function rowAt({ offset, sequences }: Layout, t: number, clock: Clock): number {
  if (clock === 'fixed') return 0
  if (clock === 'step') return offset[t]!
  const { of, depth } = clock
  const step = t - clock.back
  if (of === 'adjoint') return (((step % depth) + depth) % depth) * sequences
  return depth * sequences + (step < 0 ? step * sequences : offset[step]!)
}

/** Rows that follow one another. */
export interface Run {
  readonly first: number
  rows: number
}

/** What some steps read, as runs of rows: one, unless sequences end on the way and a state's rows thin out. */
export function runsOf(layout: Layout, clock: Clock, from: number, to: number): Run[] {
  const runs: Run[] = []
  for (let t = from; t < Math.min(to, layout.steps); t++) {
    const [first, rows] = [rowAt(layout, t, clock), layout.active[t]!]
    const last = runs.at(-1)
    if (last && last.first + last.rows === first) last.rows += rows
    else runs.push({ first, rows })
  }
  return runs
}
