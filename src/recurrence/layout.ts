/**
 * Where the steps of a shard of sequences lie. Sequences stand longest first, so that those still running at a step are
 * the first `active[t]` rows, and each step's rows follow the last step's: padding takes no row, and the time loop never
 * asks about lengths or direction. The caller's order comes back through the index lists.
 */
export interface Layout {
  /** Sequences of the shard, and their rows over all steps together. */
  readonly sequences: number
  readonly rows: number
  readonly steps: number
  /** The caller's row of each sequence, longest first, and its steps that are laid out. */
  readonly order: Int32Array
  readonly lengths: Int32Array
  /** How many sequences run at step t. */
  readonly active: Int32Array
  /** The first row of step t. */
  readonly offset: Int32Array
  /** For each row, its place in the caller's `[B, T]`, time reversed where asked. */
  readonly place: Int32Array
}

/** Some of each sequence's own steps, counted as they are read: from the first up to, not including, the second. */
export type Window = readonly [from: number, to: number]

/**
 * @param first the first of the shard's rows in the batch
 * @param count how many rows the shard has
 * @param steps T of the batch
 * @param lengths steps of each row of the batch, all T where absent
 * @param window the steps that are laid out; all where absent
 */
export function layOut(
  first: number,
  count: number,
  steps: number,
  lengths: ArrayLike<number> | undefined,
  reverse: boolean,
  [from, to]: Window = [0, steps],
): Layout {
  const lengthOf = (row: number) => lengths?.[row] ?? steps
  const order = Int32Array.from({ length: count }, (_, i) => first + i)
  // A stable sort, so that equal lengths keep the caller's order.
  if (lengths) order.set([...order].sort((a, b) => lengthOf(b) - lengthOf(a)))
  const inside = (row: number) => Math.max(0, Math.min(to, lengthOf(row)) - from)
  const longest = count > 0 ? inside(order[0]!) : 0

  const active = new Int32Array(longest)
  for (const row of order) for (let t = 0; t < inside(row); t++) active[t]!++
  const offset = new Int32Array(longest + 1)
  for (let t = 0; t < longest; t++) offset[t + 1] = offset[t]! + active[t]!

  const place = new Int32Array(offset[longest]!)
  for (let t = 0; t < longest; t++)
    for (let i = 0; i < active[t]!; i++) {
      const row = order[i]!
      place[offset[t]! + i] = row * steps + (reverse ? lengthOf(row) - 1 - from - t : from + t)
    }
  return {
    sequences: count,
    rows: offset[longest]!,
    steps: longest,
    order,
    lengths: order.map(inside),
    active,
    offset,
    place,
  }
}

/** Rows of a shard in a phase, so few that all jobs find them near. */
const PHASE = 256

/**
 * The steps at which phases begin, and the end. A phase has as many steps as leave each shard its `PHASE` rows at most, or one.
 * Whatever meets the rows of several steps at once keeps to phases, so that a window of whole ones gives the same bits.
 */
export function phaseBounds(shards: readonly Layout[]): number[] {
  const steps = Math.max(0, ...shards.map((shard) => shard.steps))
  const bounds = [0]
  for (let t = 1; t < steps; t++)
    if (shards.some((shard) => rowsBetween(shard, bounds.at(-1)!, t + 1) > PHASE)) bounds.push(t)
  return [...bounds, steps]
}

/** A shard's rows from one step up to, not including, another. */
export const rowsBetween = ({ offset, steps }: Layout, from: number, to: number): number =>
  offset[Math.min(to, steps)]! - offset[Math.min(from, steps)]!

/**
 * Where a state of some depth meets the caller's rows `[B · depth]`. Its own rows are `depth` blocks of sequences from before
 * the start, oldest first, then the steps'. Lists over such blocks:
 * - `initial`: the caller's row of each;
 * - `final`: the state's row of each sequence's own last `depth` steps;
 * - `adjoint`: the caller's row again, for adjoints of those last steps, where step t takes block t mod `depth`.
 */
export function stateRows({ sequences, order, lengths, offset }: Layout, depth: number) {
  const list = (row: (block: number, sequence: number) => number) =>
    Int32Array.from({ length: depth * sequences }, (_, i) => row(Math.floor(i / sequences), i % sequences))
  return {
    initial: list((block, i) => order[i]! * depth + block),
    final: list((block, i) => {
      const step = lengths[i]! - depth + block
      return depth * sequences + i + (step < 0 ? step * sequences : offset[step]!)
    }),
    adjoint: list((block, i) => order[i]! * depth + ((((block - lengths[i]!) % depth) + depth) % depth)),
  }
}

/**
 * Sequences a shard holds at most. Where the weights of a step outgrow the second-level cache, they come from afar for each
 * shard, so shards are large there, and threads share their units instead.
 */
const SHARD = 32
const LARGE_SHARD = 64
/** Weights that the second-level cache holds beside the rest. */
export const NEAR = 2 ** 19
/** A batch of two such shards or more is cut in two at least, so that a second core has work. */
const SMALL_SHARD = 8

/**
 * The batch cut into nearly equal shards: their first rows, and the batch size at the end. Depends on sizes alone, never on
 * the number of threads.
 * @param weights numbers of the weights that a step multiplies states by
 */
export function shardBounds(batch: number, weights: number): number[] {
  const shards =
    weights > NEAR
      ? Math.ceil(batch / LARGE_SHARD)
      : Math.max(Math.ceil(batch / SHARD), Math.min(2, Math.floor(batch / SMALL_SHARD)))
  return Array.from({ length: shards + 1 }, (_, i) => Math.round((i * batch) / shards))
}
