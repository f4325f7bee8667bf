import { Random } from '../base/random.ts'

/** Rows [start, end). */
export interface Span {
  readonly start: number
  readonly end: number
}

/** That one column's row t is, up to shift and scale, another's row t + lag. */
export interface Copy {
  readonly lag: number
  /** Of their changes from row to row. */
  readonly correlation: number
}

/** Changes correlate so far in a copy. */
const ALIKE = 0.9999
/** What a copy leaves unexplained, beside what the target's own past leaves. */
const FAR_BETTER = 0.01
/** Rows that change, below which nothing is told. */
const LEAST_CHANGES = 20
/** Rows that a first look takes, and how alike they must be for a second. */
const LOOK = 1000
const LOOK_ALIKE = 0.99
/** The target's own changes that may tell the next one. */
const OWN_LAGS = 8
/** How far back a season is looked for. */
const LONGEST_SEASON = 1000

/**
 * The lag from `least` to `most` at which a column is a copy of the target, if there is one. Changes are compared, not values:
 * of two series that merely rise any two rows correlate. And it must be by far nearer to the target than the target's own past
 * is, so that what is known anyway, a line, a wave, a season that repeats, is no copy.
 * @param series where each series stands; nothing is compared across
 */
export function copyOf(
  column: ArrayLike<number>,
  target: ArrayLike<number>,
  series: readonly Span[],
  [least, most]: readonly [number, number],
): Copy | undefined {
  const [from, to] = [changesOf(column, series), changesOf(target, series)]
  const pairs: Pairs = { from, to, seriesOf: seriesOf(target.length, series) }
  const rows = changingRows(to)
  const look = drawn(rows)
  const own = ownPast({ ...pairs, from: to }, look, series)
  let best: Copy | undefined
  for (let lag = least; lag <= most; lag++) {
    if (!(Math.abs(correlation(pairs, lag, look)) > LOOK_ALIKE)) continue
    const found = alike(pairs, lag, rows)
    if (found <= (best?.correlation ?? ALIKE)) continue
    const known = own(lag)
    if (known < ALIKE ** 2 && 1 - found ** 2 < FAR_BETTER * (1 - known)) best = { lag, correlation: found }
  }
  return best
}

/** Changes of two columns, and the series that each row belongs to. */
interface Pairs {
  readonly from: Float64Array
  readonly to: Float64Array
  readonly seriesOf: Int32Array
}

/** The change from the row before, none where it is nothing but rounding; NaN at the start of a series. */
function changesOf(values: ArrayLike<number>, series: readonly Span[]): Float64Array {
  const changes = new Float64Array(values.length).fill(Number.NaN)
  let most = 0
  for (let row = 0; row < values.length; row++) if (Math.abs(values[row]!) > most) most = Math.abs(values[row]!)
  for (const { start, end } of series)
    for (let row = start + 1; row < end; row++) {
      const change = values[row]! - values[row - 1]!
      changes[row] = Math.abs(change) < 1e-12 * most ? 0 : change
    }
  return changes
}

function seriesOf(rows: number, series: readonly Span[]): Int32Array {
  const of = new Int32Array(rows).fill(-1)
  for (const [i, { start, end }] of series.entries()) of.fill(i, start, end)
  return of
}

/** Where the target changes: rows of which a copy has to tell. */
const changingRows = (to: Float64Array): Int32Array =>
  Int32Array.from(to.keys()).filter((row) => to[row] !== 0 && !Number.isNaN(to[row]))

/** Some of them, or all where there are few. */
function drawn(rows: Int32Array): Int32Array {
  const random = new Random(0, 'a first look')
  return rows.length <= LOOK ? rows : new Int32Array(LOOK).map(() => rows[random.below(rows.length)]!)
}

/** Whether the change `lag` rows before a row is one of the same series. */
const isPair = ({ from, seriesOf }: Pairs, lag: number, row: number) =>
  seriesOf[row - lag] === seriesOf[row] && !Number.isNaN(from[row - lag])

/** The correlation of the target's changes in some rows with those `lag` rows before; 0 where there are few or one of them does not vary. */
function correlation(pairs: Pairs, lag: number, rows: Int32Array): number {
  let [count, x, y, xx, yy, xy] = [0, 0, 0, 0, 0, 0]
  for (const row of rows) {
    if (!isPair(pairs, lag, row)) continue
    const [a, b] = [pairs.from[row - lag]!, pairs.to[row]!]
    count++
    x += a
    y += b
    xx += a * a
    yy += b * b
    xy += a * b
  }
  if (count < LEAST_CHANGES) return 0
  const [varianceX, varianceY] = [xx - (x * x) / count, yy - (y * y) / count]
  const vary = varianceX > 1e-9 * xx && varianceY > 1e-9 * yy
  return vary ? (xy - (x * y) / count) / Math.sqrt(varianceX * varianceY) : 0
}

/** How alike they are, over all rows and without the largest twentieth, so that no jump alone decides; 0 of too few. */
function alike(pairs: Pairs, lag: number, rows: Int32Array): number {
  const told = rows.filter((row) => isPair(pairs, lag, row))
  if (told.length === 0) return 0
  const sizeOf = (row: number) => Math.abs(pairs.to[row]!)
  const limit = Float64Array.from(told, sizeOf).sort()[Math.floor(0.95 * (told.length - 1))]!
  const smaller = told.filter((row) => sizeOf(row) <= limit)
  return Math.min(...[told, smaller].map((some) => Math.abs(correlation(pairs, lag, some))))
}

/** The share of a change that the target's own past, up to `lag` rows before, explains: by its latest changes, or by one season. */
function ownPast(pairs: Pairs, look: Int32Array, series: readonly Span[]): (lag: number) => number {
  const known = new Map<number, number>()
  const longest = series.reduce((most, { start, end }) => Math.max(most, end - start), 0)
  const last = Math.min(LONGEST_SEASON, longest / 2)
  const share = (ahead: number) => {
    let most = byLatest(pairs, ahead)
    for (let season = ahead; season <= last; season++) most = Math.max(most, correlation(pairs, season, look) ** 2)
    return most
  }
  return (lag) => {
    const ahead = Math.max(1, lag)
    if (!known.has(ahead)) known.set(ahead, share(ahead))
    return known.get(ahead)!
  }
}

/** R² of the linear regression on the latest changes, by the normal equations. */
function byLatest({ to, seriesOf }: Pairs, ahead: number): number {
  const width = OWN_LAGS + 1
  const normal = Array.from({ length: width + 1 }, () => new Float64Array(width + 1))
  const row = new Float64Array(width + 1)
  row[OWN_LAGS] = 1
  for (let t = ahead + OWN_LAGS - 1; t < to.length; t++) {
    for (let lag = 0; lag < OWN_LAGS; lag++) row[lag] = to[t - ahead - lag]!
    row[width] = to[t]!
    if (seriesOf[t] !== seriesOf[t - ahead - OWN_LAGS + 1] || row.some(Number.isNaN)) continue
    for (let i = 0; i <= width; i++) for (let j = 0; j <= width; j++) normal[i]![j]! += row[i]! * row[j]!
  }
  const [count, sum, squares] = [normal[OWN_LAGS]![OWN_LAGS]!, normal[width]![OWN_LAGS]!, normal[width]![width]!]
  if (count < 5 * width) return 0
  const total = squares - (sum * sum) / count
  // Each sum of squares a trifle more: the lags of a wave tell one another, and nothing is divided by 0.
  for (let i = 0; i < OWN_LAGS; i++) normal[i]![i]! *= 1 + 1e-10
  for (let pivot = 0; pivot < width; pivot++)
    for (let i = pivot + 1; i <= width; i++) {
      const factor = normal[pivot]![pivot]! > 0 ? normal[i]![pivot]! / normal[pivot]![pivot]! : 0
      for (let j = pivot; j <= width; j++) normal[i]![j]! -= factor * normal[pivot]![j]!
    }
  return total > 0 ? 1 - Math.max(0, normal[width]![width]!) / total : 1
}
