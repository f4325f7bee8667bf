import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { PlainTensor } from '../../src/base/shape.ts'
import type { Cell } from '../../src/cells/index.ts'
import { type UnrollInput, unroll } from '../../src/recurrence/index.ts'
import { randomInput, type Sizes } from '../recurrence/cases.ts'
import { allCells } from '../recurrence/cells.ts'

const STEP = 1e-5

/** ⟨outputs, adjoints⟩: the loss whose derivatives `backward` gives. */
function loss(cell: Cell, input: UnrollInput, adjoints: ReturnType<typeof randomInput>['adjoints']): number {
  const run = unroll(cell, { ...input, kernels: 'reference' })
  const dot = (a: PlainTensor, b: PlainTensor) =>
    Array.from(a.data).reduce((sum, value, i) => sum + value * b.data[i]!, 0)
  return dot(run.y, adjoints.y) + cell.states.reduce((sum, s) => sum + dot(run.state[s]!, adjoints.state[s]!), 0)
}

const cases: readonly Sizes[] = [
  { batch: 1, steps: 5, inputs: 3, hidden: 4, seed: 1, reverse: false, ragged: false, withState: true },
  { batch: 3, steps: 4, inputs: 2, hidden: 3, seed: 2, reverse: true, ragged: true, withState: true },
  { batch: 17, steps: 2, inputs: 1, hidden: 2, seed: 3, reverse: false, ragged: true, withState: false },
]

/** Small enough for a difference by every number, and still of any batch, length, direction and raggedness. */
const anySize: fc.Arbitrary<Sizes> = fc.record({
  batch: fc.constantFrom(1, 2, 3, 17),
  steps: fc.integer({ min: 1, max: 4 }),
  inputs: fc.integer({ min: 1, max: 3 }),
  hidden: fc.integer({ min: 1, max: 3 }),
  seed: fc.nat(1e6),
  reverse: fc.boolean(),
  ragged: fc.boolean(),
  withState: fc.boolean(),
})

/** Every derivative of `backward` against the slope of the loss, relative to the tensor's largest. */
function check(cell: Cell, size: Sizes): void {
  const { input, adjoints } = randomInput(cell, size)
  const back = unroll(cell, { ...input, kernels: 'reference' }).backward(adjoints)
  const pairs: [string, PlainTensor, PlainTensor][] = [
    ['x', input.x, back.x],
    ...Object.entries(input.weights).map(([n, w]): [string, PlainTensor, PlainTensor] => [n, w, back.weights[n]!]),
    ...Object.entries(input.state ?? {}).map(([n, s]): [string, PlainTensor, PlainTensor] => [n, s!, back.state[n]!]),
  ]
  for (const [name, tensor, gradient] of pairs) {
    const data = tensor.data as Float64Array
    const numeric = Array.from(data, (value, i) => {
      if (Number.isNaN(value)) return 0 // behind a sequence's end: never read
      const across = (step: number) => {
        data[i] = value + step
        const above = loss(cell, input, adjoints)
        data[i] = value - step
        const below = loss(cell, input, adjoints)
        data[i] = value
        return above - below
      }
      // Of fourth order: a normalised row of two units bends too sharply for the second.
      return (8 * across(STEP) - across(2 * STEP)) / (12 * STEP)
    })
    const scale = Math.max(1e-3, ...numeric.map(Math.abs))
    const worst = Math.max(...numeric.map((value, i) => Math.abs(value - gradient.data[i]!)))
    expect(worst / scale, name).toBeLessThan(1e-6)
  }
}

describe.each(allCells)('the oracle of %s by central differences', (_, cell) => {
  test.each(cases)('batch $batch, $steps steps, reverse $reverse', (size) => check(cell, size))

  test('any size', () => {
    fc.assert(
      fc.property(anySize, (size) => check(cell, size)),
      { numRuns: 6, seed: 11 },
    )
  })
})
