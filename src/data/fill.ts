import type { Series } from './groups.ts'

/** What is done about missing values; `'refuse'` names the first one and stops. */
export type Missing = 'refuse' | 'previous' | 'linear' | 'zero' | 'skip'

/** A column without its holes. */
export interface FilledColumn {
  readonly values: Float64Array
  /** How many cells were filled. */
  readonly filled: number
  /** How many holes stay, as NaN. */
  readonly open: number
}

/** What a hole becomes, by its series' values, its row and the known rows around it, -1 where there is none. */
type Rule = (values: Float64Array, row: number, before: number, after: number) => number

const RULES: Readonly<Record<Exclude<Missing, 'refuse'>, Rule>> = {
  previous: (values, _, before) => (before < 0 ? Number.NaN : values[before]!),
  linear: (values, row, before, after) =>
    before < 0 || after < 0
      ? Number.NaN
      : values[before]! + ((values[after]! - values[before]!) * (row - before)) / (after - before),
  zero: () => 0,
  skip: () => Number.NaN,
}

/** Fills the holes of a column, series by series. */
export function fill(values: Float64Array, series: readonly Series[], choice: keyof typeof RULES): FilledColumn {
  const rule = RULES[choice]
  const into = values.slice()
  const counts = { filled: 0, open: 0 }
  for (const { start, end } of series) {
    let before = -1
    let after = start
    for (let row = start; row < end; row++) {
      if (!Number.isNaN(values[row]!)) {
        before = row
        continue
      }
      if (after <= row) after = row + 1
      while (after < end && Number.isNaN(values[after]!)) after++
      into[row] = rule(values, row, before, after < end ? after : -1)
      counts[Number.isNaN(into[row]!) ? 'open' : 'filled']++
    }
  }
  return { values: into, ...counts }
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
