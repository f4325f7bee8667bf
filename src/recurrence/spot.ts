import { topological } from '../expr/graph.ts'
import type { Expr } from '../expr/index.ts'
import { type Kernels, type Matrix, matrix } from '../kernels/index.ts'
import type { Recurrence } from './plan.ts'
import type { Shard } from './shard.ts'
import { columnsIn, gateSizes, type Sizes, unitsOf } from './sizes.ts'

/** The way a step of training goes: through the operations, or back. */
export type Phase = 'forward' | 'backward'

/** A state of a cell, a gate or another product, at a time step counted from 0, where numbers of some samples of the batch are wrong. */
export interface Spot {
  readonly kind: 'gate' | 'state'
  readonly name: string
  readonly step: number
  readonly samples: readonly number[]
  /** One of those numbers. */
  readonly value: number
}

/** Something that a shard has a row of for each step of each sequence. */
interface Track extends Pick<Spot, 'kind' | 'name'> {
  rows(shard: Shard): Matrix
}

interface Run {
  readonly recurrence: Recurrence
  readonly batch: Sizes & { readonly steps: number }
  readonly shards: readonly Shard[]
}

/** The first place, in the order in which the loop goes, where a number is wrong. Shards are to have been inspected. */
export function firstSpot(
  { memory }: Kernels,
  { recurrence, batch, shards }: Run,
  phase: Phase,
  wrong: (value: number) => boolean,
): Spot | undefined {
  const { steps } = batch
  const tracks = (phase === 'forward' ? forwardTracks : backwardTracks)(recurrence, batch)
  const views = tracks.map(({ kind, name, rows }) => ({
    ...{ kind, name },
    parts: shards.map((shard) => {
      const { at, rows: height, columns, rowStride } = rows(shard)
      const numbers = memory.view(at, Math.max(0, (height - 1) * rowStride + columns))
      return { shard, row: (r: number) => numbers.subarray(r * rowStride, r * rowStride + columns) }
    }),
  }))
  const longest = Math.max(0, ...shards.map(({ layout }) => layout.steps))
  for (let n = 0; n < longest; n++) {
    const t = phase === 'forward' ? n : longest - 1 - n
    const spots = views.flatMap(({ kind, name, parts }): Spot[] => {
      const found = parts.flatMap(({ shard: { layout }, row }) =>
        Array.from({ length: layout.active[t] ?? 0 }, (_, i) => layout.offset[t]! + i).flatMap((r) => {
          const value = row(r).find(wrong)
          const place = layout.place[r]!
          return value === undefined ? [] : [{ sample: Math.floor(place / steps), step: place % steps, value }]
        }),
      )
      const [first] = found
      if (!first) return []
      // Sequences of other lengths, read from their ends, are at other steps.
      const samples = found.flatMap(({ sample, step }) => (step === first.step ? [sample] : []))
      return [{ kind, name, step: first.step, samples: samples.sort((a, b) => a - b), value: first.value }]
    })
    // Adjoints of one step come at once: what is infinite was there before 0·∞.
    const spot = (phase === 'backward' && spots.find(({ value }) => !Number.isNaN(value))) || spots[0]
    if (spot) return spot
  }
  return undefined
}

/** Gates and states, what is made of others after them. */
function forwardTracks({ cell: { graph } }: Recurrence, batch: Sizes): Track[] {
  const sizes = gateSizes({ graph }, batch)
  const all = [
    ...[...graph.gates].map(([name, expr], i) => {
      const rows = (shard: Shard) => matrix(shard.gate(i), shard.layout.rows, sizes[i]!)
      return { kind: 'gate' as const, name, expr, rows }
    }),
    ...[...graph.next].map(([name, expr], s) => {
      const units = unitsOf(graph.stateSizes[s]!, batch)
      const rows = (shard: Shard) => matrix(shard.afterSteps(s), shard.layout.rows, units)
      return { kind: 'state' as const, name, expr, rows }
    }),
  ]
  const order = inOrder(
    all.map(({ expr }) => expr),
    graph.products,
  )
  return all.sort((a, b) => order.indexOf(a.expr) - order.indexOf(b.expr))
}

/** Every node below some, through the operands of products too, what is read before its readers. */
function inOrder(roots: readonly Expr[], products: Recurrence['cell']['graph']['products']): Expr[] {
  return topological(roots).flatMap((node) => {
    const operands = products.find(({ leaf }) => leaf === node)?.operands ?? []
    const below = operands.flatMap((operand) => (operand.from === 'intermediate' ? [operand.expr] : []))
    return [...inOrder(below, products), node]
  })
}

/** Adjoints of products, those of the last stage first. */
function backwardTracks(recurrence: Recurrence, batch: Sizes): Track[] {
  const { slots } = recurrence
  const { at } = columnsIn(recurrence, batch)
  return slots
    .map(({ product: { name, size }, stage }, i) => ({
      kind: 'gate' as const,
      name,
      stage,
      rows(shard: Shard): Matrix {
        const all = shard.adjoints()
        return { ...all, at: all.at + at[i]!, columns: unitsOf(size, batch) }
      },
    }))
    .sort((a, b) => b.stage - a.stage)
}
