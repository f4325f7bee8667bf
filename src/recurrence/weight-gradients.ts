import { type Jobs, type Kernels, type Matrix, matrix, type Packed, transposed } from '../kernels/index.ts'
import { addColumnSums, addInto, takeZeros } from './elementwise.ts'
import { type FindWeight, type Sizes, weightBlock } from './packed-weights.ts'
import type { Recurrence, Segment } from './plan.ts'
import type { Shard } from './shard.ts'
import { type Run, stateRuns } from './timeline.ts'

/** Rows of dZ that a phase works on: so few that all jobs find them near. */
const CHUNK = 384
/** Rows of a gradient that one job computes; few where there are few. */
const blockOf = (rows: number) => (rows > 512 ? 96 : 48)

/**
 * After `backward`: dW += dZᵀ · operand over all steps of all shards, and the column sums of dZ for the biases and the cell's
 * own parameters. Phases go through the rows of dZ, and jobs share out the rows of dW, so nobody's part has to be added
 * to another's.
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
  const packing: (() => unknown)[] = []
  const phases = shards.flatMap((shard) => {
    const { rows } = shard.layout
    const cuts = new Map(segments.map((segment) => [segment, pieces(segment, shard)]))
    return Array.from({ length: Math.ceil(rows / CHUNK) }, (_, chunk): Jobs => {
      const first = chunk * CHUNK
      const products = segments.flatMap((segment) => {
        const terms = cuts.get(segment)!.filter(({ to }) => Math.floor(to / CHUNK) === chunk)
        const rights: Packed[] = []
        for (const { from, rows } of terms)
          packing.push(() => rights.push(kernels.pack(shard.operandRows(segment, from, rows))))
        return byRows(weightBlock(segment, sizes, gradient), (out, above) => {
          for (const [i, { to, rows }] of terms.entries()) {
            const left = transposed(shard.adjointRows(segment, to, rows))
            kernels.multiply(out, { ...left, at: left.at + above, rows: out.rows }, rights[i]!, 'accumulate')
          }
        })
      })
      return [() => addColumnSums(kernels, sums, shard.adjoints(first, Math.min(CHUNK, rows - first))), ...products]
    })
  })
  return [packing, ...phases, [() => addSums(kernels, recurrence, sizes, sums, gradient)]]
}

/** Runs of rows over which a segment's operand and its slots advance together, cut at the ends of chunks. */
function pieces(segment: Segment, { layout }: Shard): Run[] {
  const runs = segment.operand.from === 'state' ? stateRuns(layout) : [{ from: 0, to: 0, rows: layout.rows }]
  return runs.flatMap(({ from, to, rows }) => {
    const cut: Run[] = []
    for (let done = 0; done < rows; ) {
      const most = CHUNK - ((to + done) % CHUNK)
      cut.push({ from: from + done, to: to + done, rows: Math.min(most, rows - done) })
      done += most
    }
    return cut
  })
}

function byRows(all: Matrix, job: (block: Matrix, first: number) => void): Jobs {
  const height = blockOf(all.rows)
  return Array.from({ length: Math.ceil(all.rows / height) }, (_, i) => () => {
    const first = i * height
    const rows = Math.min(height, all.rows - first)
    job(matrix(all.at + first * all.rowStride, rows, all.columns, all.rowStride), first)
  })
}

function addSums(
  kernels: Kernels,
  { matrices, slots, cell }: Recurrence,
  { hidden }: Sizes,
  sums: number,
  gradient: FindWeight,
): void {
  for (const [name, stacked] of matrices)
    for (const [block, product] of stacked.entries()) {
      const slot = slots.findIndex((s) => s.product === product)
      addInto(kernels, gradient(`bias_${name}`) + block * hidden, sums + slot * hidden, hidden)
    }
  for (const [i, { name }] of cell.graph.parameters.entries())
    addInto(kernels, gradient(name), sums + (slots.length + i) * hidden, hidden)
}
