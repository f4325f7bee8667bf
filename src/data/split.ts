import { InputError } from '../base/errors.ts'

/** Shares of the rows for training, validation and test, in time order; they sum to 1. */
export type Split = readonly [train: number, validation: number, test: number]

/** The parts of a table, in time order. */
export const PARTS = ['train', 'validation', 'test'] as const
export type Part = (typeof PARTS)[number]

/** The rows of a part and the windows whose targets all lie in it. */
export interface Span {
  /** First row of the part. */
  readonly start: number
  /** The row after its last. */
  readonly end: number
  /** The row of the first window's first target. */
  readonly firstTarget: number
  /** How many windows. */
  readonly count: number
}

interface Cut {
  readonly name: string
  readonly rowCount: number
  readonly past: number
  readonly horizon: number
  readonly split: Split
}

/**
 * Cuts the rows at `round(split · rows)` and counts the windows of each part. A part of share 0 has none.
 *
 * @throws InputError when the shares are not a split, the rows are fewer than one window, or a part with a share is
 *   too short for one
 */
export function cutRows({ name, rowCount, past, horizon, split }: Cut): Record<Part, Span> {
  checkSplit(split)
  if (rowCount < past + horizon)
    throw new InputError(
      `one window needs at least past + horizon = ${past + horizon} rows, '${name}' has ${rowCount}; ` +
        'add rows, or give a shorter past or horizon',
    )
  const boundaries = [0, Math.round(split[0] * rowCount), Math.round((split[0] + split[1]) * rowCount), rowCount]
  const spanOf = (part: number): Span => {
    const start = boundaries[part]!
    const end = boundaries[part + 1]!
    const firstTarget = Math.max(start, past)
    const count = split[part] === 0 ? 0 : end - horizon - firstTarget + 1
    if (split[part]! > 0 && count < 1)
      throw new InputError(
        `the ${PARTS[part]} part is ${end - start} of the ${rowCount} rows of '${name}', too few for one window: it needs ` +
          `at least ${firstTarget - start + horizon}; give it a larger share than ${split[part]} in split, or a shorter past or horizon`,
      )
    return { start, end, firstTarget, count }
  }
  return { train: spanOf(0), validation: spanOf(1), test: spanOf(2) }
}

function checkSplit(split: Split): void {
  const shares = split.length === 3 && split.every((share) => share >= 0)
  const sum = split.reduce((total, share) => total + share, 0)
  if (!shares || Math.abs(sum - 1) > 1e-9)
    throw new InputError(
      `split: expected three shares of at least 0 that sum to 1, got [${split.join(', ')}]; for example [0.7, 0.15, 0.15]`,
    )
}
