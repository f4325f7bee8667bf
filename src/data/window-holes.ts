import { Growing } from './growing.ts'
import { STRETCH } from './numbers.ts'
import type { WindowSource } from './window-source.ts'

/** Whether the window of an origin touches a value that is missing. */
export function holesOf(source: WindowSource): (origin: number) => boolean {
  const { past, horizon, reads } = source
  const { inPast, ahead } = missingRows(source)
  const read = reads === 'all' ? horizon : 1
  return (origin) =>
    isAnyOf(inPast, origin - past + 1, origin + read) || isAnyOf(ahead, origin + 1, origin + 1 + horizon)
}

/** Rows of which something is missing that the past of a window reads, or what is ahead of it; ascending. */
function missingRows({ rows, inputs, features, reads, known, scaledTarget }: WindowSource) {
  const [inPast, ahead] = [new Growing(Uint32Array), new Growing(Uint32Array)]
  for (let from = 0; from < rows.count; from += STRETCH) {
    const to = Math.min(rows.count, from + STRETCH)
    const seen = inputs.part(from * features, to * features)
    const targets = scaledTarget.part(from, to)
    const isMissing = (row: number, first: number, end: number) => {
      for (let f = first; f < end; f++) if (Number.isNaN(seen[row * features + f])) return true
      return false
    }
    for (let row = 0; row < to - from; row++) {
      const open = Number.isNaN(targets[row]!)
      if (open || isMissing(row, 0, features)) inPast.push(from + row)
      if (open || (reads === 'known' && isMissing(row, known[0], known[1]))) ahead.push(from + row)
    }
  }
  return { inPast: inPast.finish(), ahead: ahead.finish() }
}

/** Whether one of some ascending rows is from one row up to another. */
function isAnyOf(rows: Uint32Array, from: number, to: number): boolean {
  let [low, high] = [0, rows.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if (rows[middle]! < from) low = middle + 1
    else high = middle
  }
  return low < rows.length && rows[low]! < to
}
