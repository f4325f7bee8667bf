import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { exp, leaf } from '../../src/expr/index.ts'
import { createKernels, type Kernels, type PointwiseProgram, surveyTiers } from '../../src/kernels/index.ts'
import { expectClose, numbers, place } from './values.ts'

const x = leaf('x')
const y = leaf('y')
const tiers = surveyTiers().flatMap(({ tier, test }) => (test ? [tier] : []))

/** x, a column c, and what a row comes to: all that a softmax needs. */
const byRow: PointwiseProgram = {
  inputs: ['x'],
  perRow: ['c'],
  scalars: ['s'],
  outputs: [{ expr: exp(x.sub(leaf('c'))).mul(leaf('s')) }],
  reductions: [
    { expr: exp(x.sub(leaf('c'))), by: 'sum' },
    { expr: x.mul(leaf('c')), by: 'max' },
  ],
  sum: x,
}

describe.each(tiers)('columns and reductions of %s kernels', (tier) => {
  test('columns read at every place of a row, and sums and maxima along rows, of any size and stride', () => {
    const size = fc.integer({ min: 0, max: 21 })
    const gap = fc.integer({ min: 0, max: 3 })
    const property = fc.property(size, size, gap, fc.integer({ min: 1, max: 3 }), (rows, columns, gap, between) => {
      const stride = columns + gap
      const run = (kernels: Kernels) => {
        const source = place(kernels, numbers(6, rows * stride + 1))
        const [column, maxima] = [
          place(kernels, numbers(7, rows * between)),
          place(kernels, numbers(8, rows * between)),
        ]
        const out = place(kernels, numbers(9, rows * stride))
        const matrices = [
          { at: source, rowStride: stride },
          { at: column, rowStride: between },
          { at: out, rowStride: stride },
          // The first reduction lies on the column that is read.
          { at: column, rowStride: between },
          { at: maxima, rowStride: between },
        ]
        const total = kernels.pointwise(byRow)(rows, columns, matrices, [0.5])
        const read = (at: number, length: number) => [...kernels.memory.view(at, length)]
        return {
          out: [...read(out, rows * stride), total],
          columns: [read(column, rows * between), read(maxima, rows * between)],
        }
      }
      const [actual, expected] = [run(createKernels(tier)), run(createKernels('reference'))]
      expectClose(actual.out, expected.out)
      if (columns > 0) expectClose(actual.columns.flat(), expected.columns.flat())
      else expect(actual.columns).toEqual(expected.columns)
    })
    fc.assert(property, {
      numRuns: 150,
      examples: [
        [0, 5, 0, 1],
        [3, 0, 1, 1],
        [7, 1, 0, 1],
        [5, 8, 0, 1],
      ],
    })
  })

  test('a row of no columns has the sum 0 and the maximum -Infinity; no rows write nothing', () => {
    const kernels = createKernels(tier)
    const [at, sums, maxima] = [
      [1, 1],
      [7, 7],
      [7, 7],
    ].map((values) => place(kernels, values)) as [number, number, number]
    const run = kernels.pointwise({
      inputs: ['x'],
      outputs: [],
      reductions: [
        { expr: x, by: 'sum' },
        { expr: x, by: 'max' },
      ],
    })
    const matrices = [{ at, rowStride: 1 }, ...[sums, maxima].map((to) => ({ at: to, rowStride: 1 }))]
    const written = () => [[...kernels.memory.view(sums, 2)], [...kernels.memory.view(maxima, 2)]]
    run(0, 1, matrices)
    expect(written()).toEqual([
      [7, 7],
      [7, 7],
    ])
    run(1, 0, matrices)
    expect(written()).toEqual([
      [0, 7],
      [Number.NEGATIVE_INFINITY, 7],
    ])
  })

  test.each([1, 3, 4, 8, 9, 16, 21, 65])('NaN and infinities in rows of %i', (columns) => {
    const [inf, nan] = [Number.POSITIVE_INFINITY, Number.NaN]
    /** The sum and the maximum of a row of `fill` with `value` at `j`. */
    const fold = (kernels: Kernels, fill: number, value: number, j: number) => {
      const row = numbers(1, columns).fill(fill)
      row[j] = value
      const [at, to] = [place(kernels, [...row, ...Array(columns).fill(-2)]), kernels.memory.take(4)]
      const reductions = [
        { expr: x, by: 'sum' as const },
        { expr: x, by: 'max' as const },
      ]
      kernels.pointwise({ inputs: ['x'], outputs: [], reductions })(2, columns, [
        { at, rowStride: columns },
        { at: to, rowStride: 2 },
        { at: to + 1, rowStride: 2 },
      ])
      // What stands in a row is of no matter to the next.
      expect([...kernels.memory.view(to + 2, 2)]).toEqual([-2 * columns, -2])
      return [...kernels.memory.view(to, 2)]
    }
    for (const kernels of [createKernels(tier), createKernels('reference')])
      for (let j = 0; j < columns; j++) {
        expect(fold(kernels, -1, nan, j)).toEqual([nan, nan])
        expect(fold(kernels, inf, nan, j)).toEqual([nan, nan])
        expect(fold(kernels, -1, inf, j)).toEqual([inf, inf])
        expect(fold(kernels, -1, -inf, j)).toEqual([-inf, columns === 1 ? -inf : -1])
        expect(fold(kernels, -inf, -inf, j)).toEqual([-inf, -inf])
        expect(fold(kernels, -inf, 3, j)).toEqual([columns === 1 ? 3 : -inf, 3])
        expect(fold(kernels, -3, -1, j)).toEqual([-3 * columns + 2, -1])
      }
  })

  test('programs that differ in what is per row, or in how a row is folded, are not mistaken for each other', () => {
    const kernels = createKernels(tier)
    const [at, column, to] = [
      [1, 2, 3, 4],
      [10, 20],
      [0, 0, 0, 0],
    ].map((values) => place(kernels, values)) as [number, number, number]
    const run = (program: PointwiseProgram, rowStrides: readonly number[]) => {
      kernels.pointwise(program)(
        2,
        2,
        [at, column, to].map((at, i) => ({ at, rowStride: rowStrides[i]! })),
      )
      return [...kernels.memory.view(to, 4)]
    }
    const outputs = [{ expr: x.mul(y) }]
    expect(run({ inputs: ['x', 'y'], outputs }, [2, 0, 2])).toEqual([10, 40, 30, 80])
    expect(run({ inputs: ['x'], perRow: ['y'], outputs }, [2, 1, 2])).toEqual([10, 20, 60, 80])
    const fold = (by: 'sum' | 'max') => ({
      inputs: ['x'],
      perRow: ['y'],
      outputs: [],
      reductions: [{ expr: x.mul(y), by }],
    })
    expect(run(fold('sum'), [2, 1, 3])).toEqual([30, 20, 60, 140])
    expect(run(fold('max'), [2, 1, 3])).toEqual([20, 20, 60, 80])
  })

  test('a row is added up in float64', () => {
    const kernels = createKernels(tier)
    // Float32 would lose every 1 beside 2²⁵.
    const values = [2 ** 25, ...Array(4000).fill(1), -(2 ** 25)]
    const [at, to] = [place(kernels, values), kernels.memory.take(1)]
    kernels.pointwise({ inputs: ['x'], outputs: [], reductions: [{ expr: x, by: 'sum' }] })(1, values.length, [
      { at, rowStride: values.length },
      { at: to, rowStride: 1 },
    ])
    expect(kernels.memory.view(to, 1)[0]).toBe(4000)
  })

  test('rows split over jobs come to what they come to in one call', () => {
    const kernels = createKernels(tier)
    const [rows, columns] = [14, 65]
    const [source, column] = [place(kernels, numbers(1, rows * columns)), place(kernels, numbers(2, rows))]
    const run = (bounds: readonly number[]) => {
      const [out, sums, maxima] = [rows * columns, rows, rows].map((length) => kernels.memory.take(length)) as [
        number,
        number,
        number,
      ]
      kernels.parallel([
        bounds.slice(1).map((end, i) => () => {
          const from = bounds[i]!
          kernels.pointwise(byRow)(
            end - from,
            columns,
            [
              { at: source + from * columns, rowStride: columns },
              { at: column + from, rowStride: 1 },
              { at: out + from * columns, rowStride: columns },
              { at: sums + from, rowStride: 1 },
              { at: maxima + from, rowStride: 1 },
            ],
            [0.5],
          )
        }),
      ])
      return [
        ...kernels.memory.view(out, rows * columns),
        ...kernels.memory.view(sums, rows),
        ...kernels.memory.view(maxima, rows),
      ]
    }
    expect(run([0, 5, 6, 14])).toEqual(run([0, 14]))
  })
})
