import { InputError } from '../base/errors.ts'
import type { Series } from './groups.ts'

/**
 * Training, validation and test, in time order, of every series: as shares of its rows that sum to 1, or with the last rows
 * counted out.
 */
export type Split =
  | readonly [train: number, validation: number, test: number]
  | { readonly validation: number; readonly test: number }

/** The parts of a table, in time order. */
export const PARTS = ['train', 'validation', 'test'] as const
export type Part = (typeof PARTS)[number]

/** Rows from one up to, not including, another. */
export interface Rows {
  readonly start: number
  readonly end: number
}

/** The rows of a series that belong to each part, cut at `round(share · rows)`. */
export function cutRows({ start, end }: Series, split: Split): Record<Part, Rows> {
  const rows = end - start
  const [first, second] = Array.isArray(split)
    ? [Math.round(split[0] * rows), Math.round((split[0] + split[1]) * rows)]
    : counted(split as Exclude<Split, readonly number[]>, rows)
  return {
    train: { start, end: start + first },
    validation: { start: start + first, end: start + second },
    test: { start: start + second, end },
  }
}

function counted({ validation, test }: { validation: number; test: number }, rows: number): [number, number] {
  const second = Math.max(0, rows - test)
  return [Math.max(0, second - validation), second]
}

/** Whether a split gives rows to a part. */
export const hasPart = (split: Split, part: Part): boolean =>
  Array.isArray(split)
    ? split[PARTS.indexOf(part)]! > 0
    : part === 'train' || (split as Record<string, number>)[part]! > 0

/** What a part was given, for messages. */
export const showPart = (split: Split, part: Part): string =>
  Array.isArray(split) ? `a larger share than ${split[PARTS.indexOf(part)]} in split` : `other counts of rows in split`

/** @throws InputError when the shares do not sum to 1, or the counts are not whole */
export function checkSplit(split: Split): void {
  if (!Array.isArray(split)) {
    const counts = split as { validation: unknown; test: unknown }
    const whole = [counts.validation, counts.test].every(
      (count) => Number.isSafeInteger(count) && (count as number) >= 0,
    )
    if (whole) return
    throw new InputError(
      `split: expected whole numbers of rows for validation and test, got ${counts.validation} and ${counts.test}`,
    )
  }
  const shares = split.length === 3 && split.every((share) => share >= 0)
  const sum = split.reduce((total, share) => total + share, 0)
  if (!shares || Math.abs(sum - 1) > 1e-9)
    throw new InputError(
      `split: expected three shares of at least 0 that sum to 1, got [${split.join(', ')}]; for example [0.7, 0.15, 0.15]`,
    )
}
