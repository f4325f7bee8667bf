import {
  type Address,
  type Jobs,
  type Kernels,
  type Matrix,
  matrix,
  type Packed,
  transposed,
} from '../kernels/index.ts'
import { addColumnSums, addInto, takeZeros } from './elementwise.ts'
import { type FindWeight, weightBlock } from './packed-weights.ts'
import type { Recurrence, Segment } from './plan.ts'
import type { Shard } from './shard.ts'
import { columnsIn, type Sizes, unitsOf } from './sizes.ts'
import { type Run, stateRuns } from './timeline.ts'

/** Rows of dZ that a phase works on: so few that all jobs find them near. */
const CHUNK = 256
/** Columns of dZ that a job works on at most, and what they are a multiple of, so that tiles are the same for all threads. */
const BLOCK = 528
const TILES = 48

/**
 * After `backward`: dW += dZᵀ · operand over all steps of all shards, and the column sums of dZ for the biases and the
 * cell's own parameters. Phases go through the rows of dZ, and jobs share out its columns, so nobody's part has to be
 * added to another's.
 */
export function weightGradients(
  kernels: Kernels,
  recurrence: Recurrence,
  sizes: Sizes,
  shards: readonly Shard[],
  gradient: FindWeight,
): Jobs[] {
  const segments = [...recurrence.hoisted, ...recurrence.stages.flatMap((stage) => stage.products)]
  const sums = takeZeros(kernels, shards[0]?.adjoints().columns ?? 0)
  const packing: (() => void)[] = []
  const phases = shards.flatMap((shard) => {
    const pieces = segments.flatMap((segment) =>
      runs(segment, shard).map((run): Piece => {
        const piece: Piece = { ...run, segment, shard }
        packing.push(() => {
          piece.right = kernels.pack(shard.operandRows(segment, run.from, run.rows))
        })
        return piece
      }),
    )
    const chunks = Array.from({ length: Math.ceil(shard.layout.rows / CHUNK) }, (): Piece[] => [])
    for (const piece of pieces) chunks[Math.floor(piece.to / CHUNK)]!.push(piece)
    return chunks.map((here, chunk) => {
      const rows = shard.adjoints(chunk * CHUNK, Math.min(CHUNK, shard.layout.rows - chunk * CHUNK))
      // The sums first: they read along the rows, which brings them near for the products.
      return [...sumsOf(kernels, sums, rows), ...productsOf(kernels, recurrence, sizes, here, gradient)]
    })
  })
  return [packing, ...phases, [() => addSums(kernels, recurrence, sizes, sums, gradient)]]
}

/** Rows of dZ and of the operand that its slots met. */
interface Piece extends Run {
  readonly segment: Segment
  readonly shard: Shard
  right?: Packed
}

/** Runs of rows over which a segment's operand and its slots advance together, cut at the ends of chunks. */
function runs({ operand }: Segment, { layout, pastClock }: Shard): Run[] {
  const uncut =
    operand.from === 'past' ? stateRuns(layout, pastClock(operand.index)) : [{ from: 0, to: 0, rows: layout.rows }]
  return uncut.flatMap(({ from, to, rows }) => {
    const cut: Run[] = []
    for (let done = 0; done < rows; ) {
      const most = CHUNK - ((to + done) % CHUNK)
      cut.push({ from: from + done, to: to + done, rows: Math.min(most, rows - done) })
      done += most
    }
    return cut
  })
}

const blockOf = (columns: number, threads: number) =>
  TILES * Math.ceil(columns / Math.max(Math.ceil(columns / BLOCK), threads) / TILES)

function sumsOf(kernels: Kernels, sums: Address, dZ: Matrix): Jobs {
  const width = blockOf(dZ.columns, kernels.threads)
  return Array.from({ length: Math.ceil(dZ.columns / width) }, (_, i) => () => {
    const first = i * width
    const columns = Math.min(width, dZ.columns - first)
    addColumnSums(kernels, sums + first, { ...dZ, at: dZ.at + first, columns })
  })
}

/** A job for each block of columns of dZ: it meets the operands of all segments at once. */
function productsOf(
  kernels: Kernels,
  recurrence: Recurrence,
  sizes: Sizes,
  pieces: readonly Piece[],
  gradient: FindWeight,
): Jobs {
  const { at, width } = columnsIn(recurrence, sizes)
  const height = blockOf(at[recurrence.slots.length] ?? width, kernels.threads)
  const jobs = new Map<string, Map<string, { left: Matrix; products: { out: Matrix; piece: Piece }[] }>>()
  for (const piece of pieces) {
    const { segment, shard, to, rows } = piece
    const all = weightBlock(segment, sizes, gradient)
    for (let above = 0; above < all.rows; above += height) {
      const out = matrix(all.at + above * all.columns, Math.min(height, all.rows - above), all.columns)
      const column = at[segment.slot]! + above
      const job = jobs.get(`${column} ${out.rows}`) ?? new Map()
      jobs.set(`${column} ${out.rows}`, job)
      const left = transposed(shard.adjointRows(segment, to, rows))
      const group = job.get(`${to} ${rows}`) ?? { left: { ...left, at: left.at + above, rows: out.rows }, products: [] }
      job.set(`${to} ${rows}`, group)
      group.products.push({ out, piece })
    }
  }
  return [...jobs.values()].map((groups) => () => {
    for (const { left, products } of groups.values()) {
      const pairs = products.map(({ out, piece }) => ({ out, right: piece.right! }))
      kernels.multiplyEach(left, pairs, 'accumulate')
    }
  })
}

function addSums(kernels: Kernels, recurrence: Recurrence, sizes: Sizes, sums: Address, gradient: FindWeight): void {
  const { matrices, slots, cell } = recurrence
  const { at } = columnsIn(recurrence, sizes)
  for (const [name, stacked] of matrices)
    for (const [block, product] of stacked.entries()) {
      if (!product.bias) continue
      const [slot, units] = [slots.findIndex((s) => s.product === product), unitsOf(product.size, sizes)]
      addInto(kernels, gradient(`bias_${name}`) + block * units, sums + at[slot]!, units)
    }
  for (const [i, { name }] of cell.graph.parameters.entries())
    addInto(kernels, gradient(name), sums + at[slots.length + i]!, sizes.hidden)
}
