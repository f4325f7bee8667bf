import type { Series } from './groups.ts'
import type { Numbers, Store } from './numbers.ts'

/** What is done about missing values; `'refuse'` names the first one and stops. */
export type Missing = 'refuse' | 'previous' | 'linear' | 'zero' | 'skip'

/** A column without its holes. */
export interface FilledColumn {
  readonly values: Numbers
  /** How many cells were filled. */
  readonly filled: number
  /** How many holes stay, as NaN. */
  readonly open: number
}

/** What a hole becomes, by the known values around it, NaN where there is none, and which of `count` holes it is, counted from 1. */
type Rule = (before: number, after: number, hole: number, count: number) => number

const RULES: Readonly<Record<Exclude<Missing, 'refuse'>, Rule>> = {
  previous: (before) => before,
  linear: (before, after, hole, count) => before + ((after - before) * hole) / (count + 1),
  zero: () => 0,
  skip: () => Number.NaN,
}

/** Fills the holes of a column, series by series. */
export function fill(
  values: Numbers,
  series: readonly Series[],
  choice: keyof typeof RULES,
  store: Store,
): FilledColumn {
  const rule = RULES[choice]
  const into = store.writer()
  const counts = { filled: 0, open: 0 }
  for (const { start, end } of series) {
    let [before, holes] = [Number.NaN, 0]
    const close = (after: number) => {
      for (let hole = 1; hole <= holes; hole++) {
        const value = rule(before, after, hole, holes)
        into.push(value)
        counts[Number.isNaN(value) ? 'open' : 'filled']++
      }
      holes = 0
    }
    for (const piece of values.pieces(start, end))
      for (const value of piece)
        if (Number.isNaN(value)) holes++
        else {
          close(value)
          into.push(value)
          before = value
        }
    close(Number.NaN)
  }
  return { values: into.finish(), ...counts }
}

const HOW: Readonly<Record<keyof typeof RULES, string>> = {
  previous: 'filled by the value before',
  linear: 'filled along a line between neighbours',
  zero: 'set to 0',
  skip: '',
}

/** What was done, as a sentence; nothing where there were no holes. */
export function fillNote(
  column: string,
  { filled, open }: FilledColumn,
  choice: keyof typeof RULES,
): string | undefined {
  const cells = (count: number) => `${count} missing ${count === 1 ? 'cell' : 'cells'}`
  const done = filled > 0 ? `${cells(filled)} ${HOW[choice]}` : ''
  const left = open > 0 ? `${cells(open)} left open: windows that touch ${open === 1 ? 'it' : 'them'} are left out` : ''
  return done || left ? `column '${column}': ${[done, left].filter(Boolean).join(', ')}` : undefined
}
