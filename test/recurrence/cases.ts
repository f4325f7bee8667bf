import fc from 'fast-check'
import { Random } from '../../src/base/random.ts'
import { type PlainTensor, type Shape, sizeOf } from '../../src/base/shape.ts'
import type { Cell } from '../../src/cells/index.ts'
import { type RecurrentLayerOptions, recurrent } from '../../src/layers/index.ts'
import { type UnrollInput, weightSpecs } from '../../src/recurrence/index.ts'
import { outputsOf, stateShape } from '../../src/recurrence/sizes.ts'
import { ownCell } from './cells.ts'

export const randomTensor = (random: Random, shape: Shape, spread = 1): PlainTensor => ({
  data: Float64Array.from({ length: sizeOf(shape) }, () => Math.fround(random.between(-spread, spread))),
  shape,
})

export interface Sizes {
  batch: number
  steps: number
  inputs: number
  hidden: number
  seed: number
  reverse: boolean
  ragged: boolean
  withState: boolean
}

/** Sizes that are multiples of nothing; batches of one, odd, and larger than a shard. */
export const sizes: fc.Arbitrary<Sizes> = fc.record({
  batch: fc.oneof(fc.integer({ min: 1, max: 7 }), fc.integer({ min: 15, max: 37 })),
  steps: fc.integer({ min: 1, max: 6 }),
  inputs: fc.integer({ min: 1, max: 5 }),
  hidden: fc.integer({ min: 1, max: 9 }),
  seed: fc.nat(1e6),
  reverse: fc.boolean(),
  ragged: fc.boolean(),
  withState: fc.boolean(),
})

/** The sizes a cell can have that are nearest to those wished: it may be given a number a unit, or add its input to its state. */
export function unitsOf(cell: Cell, wished: { hidden: number; inputs: number; seed?: number }) {
  const hidden = cell.graph.given[0]?.initial.length ?? wished.hidden
  const projected = cell.graph.stateSizes.includes('projected') ? 1 + ((wished.seed ?? 0) % hidden) : undefined
  return { hidden, inputs: cell === ownCell ? hidden : wished.inputs, projected }
}

/** A layer of any cell, of such sizes. */
export function layerOf(cell: Cell, { hidden, projected }: ReturnType<typeof unitsOf>, options: RecurrentLayerOptions) {
  return recurrent(cell, hidden, { ...options, ...(projected === undefined ? {} : { projection: projected }) })
}

/** A random input of these sizes; what lies behind a sequence's length is NaN, which must never be read. */
export function randomInput(cell: Cell, size: Sizes) {
  const random = new Random(size.seed, 'case')
  const { batch, steps } = size
  const units = unitsOf(cell, size)
  const { inputs, hidden } = units
  const weights = Object.fromEntries(
    weightSpecs(cell, inputs, hidden, units.projected).map(({ name, shape }) => [
      name,
      randomTensor(random, shape, 0.9),
    ]),
  )
  const x = randomTensor(random, [batch, steps, inputs], 1.5)
  const states = () =>
    Object.fromEntries(
      cell.states.map((name, i) => [name, randomTensor(random, [batch, ...stateShape(cell, i, units)])]),
    )
  const state = size.withState ? states() : {}
  const lengths = size.ragged ? Int32Array.from({ length: batch }, () => random.below(steps + 1)) : undefined
  for (let b = 0; lengths && b < batch; b++)
    (x.data as Float64Array).fill(Number.NaN, (b * steps + lengths[b]!) * inputs, (b + 1) * steps * inputs)
  const input: UnrollInput = { x, weights, state, reverse: size.reverse, ...(lengths ? { lengths } : {}) }
  const adjoints = {
    y: randomTensor(random, [batch, steps, outputsOf(cell, units)]),
    state: states(),
  }
  return { input, adjoints }
}
