import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { PlainTensor } from '../../src/base/shape.ts'
import { type Cell, gru, lstm } from '../../src/cells/index.ts'
import { createKernels, type Kernels } from '../../src/kernels/index.ts'
import { compile } from '../../src/recurrence/compile.ts'
import { type UnrollInput, type UnrollResult, unroll } from '../../src/recurrence/index.ts'
import { checkUnrollInput } from '../../src/recurrence/unroll-input.ts'
import { unrollOn } from '../../src/recurrence/unroll-kernels.ts'
import { named } from '../../src/recurrence/unroll-result.ts'
import { randomInput, type Sizes, sizes } from './cases.ts'
import { allCells } from './cells.ts'

const onKernels = (kernels: Kernels, cell: Cell, input: UnrollInput): UnrollResult => {
  const checked = checkUnrollInput(cell, input)
  return named(cell, checked, unrollOn(kernels, cell, input, checked))
}

/** Every number a run gives, forward and back, under its name. */
const everything = (run: UnrollResult, adjoints: ReturnType<typeof randomInput>['adjoints']) => {
  const back = run.backward(adjoints)
  const groups: Record<string, Readonly<Record<string, PlainTensor>>> = {
    out: { y: run.y },
    state: run.state,
    gate: run.gates,
    dx: { x: back.x },
    dWeight: back.weights,
    dState: back.state,
  }
  return Object.entries(groups).flatMap(([group, tensors]) =>
    Object.entries(tensors).map(([name, tensor]) => ({ name: `${group} ${name}`, data: Array.from(tensor.data) })),
  )
}

/**
 * Differences relative to the largest element: of each result, and of the gradient as a whole, since a single weight's
 * derivative may be what is left of large terms that cancel.
 */
const expectSame = (
  actual: ReturnType<typeof everything>,
  expected: ReturnType<typeof everything>,
  tolerance: number,
) => {
  const largest = (values: readonly number[]) => values.reduce((most, value) => Math.max(most, Math.abs(value)), 1e-3)
  const gradient = largest(expected.flatMap(({ name, data }) => (name.startsWith('d') ? data : [])))
  for (const [i, { name, data }] of expected.entries()) {
    const scale = name.startsWith('d') ? gradient : largest(data)
    const worst = data.reduce((most, value, j) => Math.max(most, Math.abs(value - actual[i]!.data[j]!)), 0)
    expect(worst / scale, name).toBeLessThan(tolerance)
    expect(actual[i]!.data.every(Number.isFinite), name).toBe(true)
  }
}

describe.each(allCells)('%s', (_, cell) => {
  const reference = createKernels('reference')
  const check = (property: (size: Sizes) => void, numRuns: number) =>
    fc.assert(fc.property(sizes, property), { numRuns, seed: 7 })

  test('compiled to stages, in float64, it is the oracle', () => {
    check((size) => {
      const { input, adjoints } = randomInput(cell, size)
      const oracle = everything(unroll(cell, { ...input, kernels: 'reference' }), adjoints)
      expectSame(everything(onKernels(reference, cell, input), adjoints), oracle, 1e-12)
    }, 20)
  })

  test('in WebAssembly it is the oracle within 1e-5', () => {
    // A few nearly equal numbers brought to variance 1 are mostly their rounding in float32: a normalised row has 7 at least.
    const least = compile(cell).means > 0 ? 6 : 0
    check((size) => {
      const { input, adjoints } = randomInput(cell, { ...size, hidden: size.hidden + least })
      const oracle = everything(unroll(cell, { ...input, kernels: 'reference' }), adjoints)
      expectSame(everything(unroll(cell, { ...input, kernels: 'auto' }), adjoints), oracle, 1e-5)
    }, 40)
  })
})

/** What stands behind the ends of sequences, in the input and in the adjoints of the outputs. */
const padded = (cell: Cell, size: Sizes, padding: number) => {
  const { input, adjoints } = randomInput(cell, size)
  const ended = ({ data, shape }: PlainTensor): PlainTensor => {
    const width = shape[2]!
    const behind = (i: number) =>
      Math.floor(i / width) % size.steps >= input.lengths![Math.floor(i / width / size.steps)]!
    return { shape, data: Float64Array.from(data, (value, i) => (behind(i) ? padding : value)) }
  }
  return { input: { ...input, x: ended(input.x) }, adjoints: { ...adjoints, y: ended(adjoints.y) } }
}

describe.each(['reference', 'auto'] as const)('any padding, NaN included, gives the same bits on %s', (kernels) => {
  test.each(allCells)('%s', (_, cell) => {
    for (const reverse of [false, true]) {
      const size = { batch: 19, steps: 5, inputs: 3, hidden: 6, seed: 8, reverse, ragged: true, withState: true }
      const [zeros, ...others] = [0, Number.NaN, -1e30, Number.POSITIVE_INFINITY].map((padding) => {
        const { input, adjoints } = padded(cell, size, padding)
        return everything(unroll(cell, { ...input, kernels }), adjoints)
      })
      expect(Math.max(...zeros!.flatMap(({ data }) => data))).toBeGreaterThan(0)
      for (const other of others) expect(other).toEqual(zeros)
    }
  })
})

const smaller = (weights: UnrollInput['weights'], times: number): UnrollInput['weights'] =>
  Object.fromEntries(
    Object.entries(weights).map(([name, { data, shape }]) => [
      name,
      { data: Float64Array.from(data, (w) => Math.fround(w / times)), shape },
    ]),
  )

test.each([
  ['several chunks of rows a shard', { batch: 30, steps: 40, inputs: 3, hidden: 7 }],
  ['input products that reach over some steps', { batch: 3, steps: 300, inputs: 2, hidden: 16 }],
  ['weights that no near cache holds', { batch: 70, steps: 2, inputs: 400, hidden: 368 }],
])('%s: the oracle within 1e-5 all the same', (_, shape) => {
  for (const [cell, ragged] of [
    [lstm, true],
    [lstm, false],
    [gru.with({ reset: 'before' }), true],
  ] as const) {
    const size = { ...shape, seed: 5, reverse: false, ragged, withState: true }
    const { input, adjoints } = randomInput(cell as Cell, size)
    // So many units and steps would saturate or swing; smaller weights keep the numbers apart.
    const weights = smaller(input.weights, Math.sqrt(size.hidden))
    const oracle = everything(unroll(cell as Cell, { ...input, weights, kernels: 'reference' }), adjoints)
    expectSame(everything(unroll(cell as Cell, { ...input, weights, kernels: 'auto' }), adjoints), oracle, 1e-5)
  }
})

test.each([
  ['lstm', lstm],
  ['gru', gru],
  ['gru, reset before', gru.with({ reset: 'before' })],
] as const)('%s: gradients that vanish come to zero, not to subnormal numbers', (_, cell) => {
  const size = { batch: 2, steps: 1000, inputs: 3, hidden: 8, seed: 1, reverse: false, ragged: false, withState: false }
  const { input, adjoints } = randomInput(cell as Cell, size)
  const y = { ...adjoints.y, data: Float64Array.from(adjoints.y.data, (dy, i) => (i % 8000 < 7992 ? 0 : dy)) }
  const { x } = unroll(cell as Cell, { ...input, weights: smaller(input.weights, 3), kernels: 'auto' }).backward({ y })
  const data = Array.from(x.data)
  expect(data.slice(-24).every((dx) => dx !== 0)).toBe(true)
  expect(data.slice(0, 24).every((dx) => dx === 0)).toBe(true)
  expect(data.filter((dx) => dx !== 0 && Math.abs(dx) < 2 ** -126)).toEqual([])
})
