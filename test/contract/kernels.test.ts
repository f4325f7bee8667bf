import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  abs,
  constant,
  div,
  type Expr,
  exp,
  leaf,
  log,
  max,
  min,
  neg,
  type Op,
  relu,
  sigmoid,
  sign,
  softplus,
  sqrt,
  step,
  tanh,
} from '../../src/expr/index.ts'
import {
  columnsOf,
  createKernels,
  type Kernels,
  type Matrix,
  matrix,
  PANEL,
  type Packed,
  type PointwiseProgram,
  type Start,
  surveyTiers,
  transposed,
} from '../../src/kernels/index.ts'
import { expectClose, numbers, place } from './values.ts'

// One suite for every kernel set that runs here, against the reference.
const survey = surveyTiers()
const implementations = survey.filter(({ test }) => test).map(({ tier }) => tier)

for (const { tier, unavailable } of survey)
  if (unavailable) test(`${tier} kernels`, (context) => context.skip(unavailable))

test.each(survey.filter(({ test }) => test))('the self-test of $tier finds the right numbers', ({ test }) => {
  expect(test!.failure).toBeUndefined()
  expect(test!.gigaflops).toBeGreaterThan(0)
})

const x = leaf('x')
const y = leaf('y')
/** Each operation with the span of x it is tried on; the completeness of the list is checked by its type. */
const operations: { readonly [O in Op]: readonly [Expr, number, number] } = {
  neg: [neg(x), -5, 5],
  exp: [exp(x), -20, 20],
  log: [log(x), 1e-6, 1e4],
  sqrt: [sqrt(x), 0, 100],
  abs: [abs(x), -5, 5],
  sign: [sign(x), -1, 1],
  step: [step(x), -1, 1],
  tanh: [tanh(x), -12, 12],
  sigmoid: [sigmoid(x), -30, 30],
  relu: [relu(x), -5, 5],
  softplus: [softplus(x), -80, 80],
  add: [x.add(y), -5, 5],
  sub: [x.sub(y), -5, 5],
  mul: [x.mul(y), -5, 5],
  div: [div(y, x), 0.1, 5],
  min: [min(x, y), -2, 2],
  max: [max(x, y), -2, 2],
}

describe.each(implementations)('%s kernels', (tier) => {
  test.each(Object.entries(operations))('%s, element by element', (_, [expr, low, high]) => {
    const run = (kernels: Kernels) => {
      const [a, b, out] = [numbers(1, 1003, low, high), numbers(2, 1003, -3, 3), Array(1003).fill(0)].map((v) =>
        place(kernels, v),
      )
      const kernel = kernels.pointwise({ inputs: ['x', 'y'], outputs: [{ expr }] })
      kernel(
        17,
        59,
        [a!, b!, out!].map((at) => ({ at, rowStride: 59 })),
      )
      return Array.from(kernels.memory.view(out!, 1003))
    }
    const [actual, expected] = [run(createKernels(tier)), run(createKernels('reference'))]
    for (const [i, value] of expected.entries())
      expect(Math.abs(actual[i]! - value)).toBeLessThanOrEqual(1e-6 * Math.abs(value) + 1e-30)
  })

  test('the edges of float32 come out as the functions have them', () => {
    const kernels = createKernels(tier)
    const edges = [
      0,
      -0,
      1e-40,
      88.8,
      200,
      -103.9,
      -200,
      Number.POSITIVE_INFINITY,
      Number.NEGATIVE_INFINITY,
      Number.NaN,
    ]
    const apply = (expr: Expr) => {
      const [at, out] = [place(kernels, edges), place(kernels, edges)]
      kernels.pointwise({ inputs: ['x'], outputs: [{ expr }] })(1, edges.length, [
        { at, rowStride: 10 },
        { at: out, rowStride: 10 },
      ])
      return Array.from(kernels.memory.view(out, edges.length))
    }
    const inf = Number.POSITIVE_INFINITY
    expect(apply(exp(x)).slice(3)).toEqual([inf, inf, 1.401298464324817e-45, 0, inf, 0, Number.NaN])
    expect(apply(sigmoid(x)).slice(4)).toEqual(
      [1, 0, 0, 1, 0, Number.NaN].map((v, i) => (i === 1 ? expect.closeTo(0, 30) : v)),
    )
    expect(apply(tanh(x)).slice(3)).toEqual([...[1, 1, -1, -1, 1, -1].map((v) => expect.closeTo(v, 6)), Number.NaN])
    expect(apply(log(x)).slice(4)).toEqual([
      expect.closeTo(Math.log(200), 5),
      Number.NaN,
      Number.NaN,
      inf,
      Number.NaN,
      Number.NaN,
    ])
    expect(apply(log(x))[0]).toBe(-inf)
    expect(apply(softplus(x)).slice(4)).toEqual([200, expect.closeTo(0, 30), 0, inf, 0, Number.NaN])
    expect(apply(relu(x)).at(-1)).toBeNaN()
    expect(apply(min(x, constant(1))).at(-1)).toBeNaN()
  })

  test('rows with strides, repeated rows, scalars, accumulation, output over input, and the sum', () => {
    const program: PointwiseProgram = {
      inputs: ['x', 'y'],
      scalars: ['s'],
      outputs: [{ expr: x.mul(leaf('s')).add(y) }, { expr: x, accumulate: true }],
      sum: x.mul(x),
    }
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 9 }),
        fc.integer({ min: 1, max: 21 }),
        fc.integer({ min: 0, max: 5 }),
        (rows, columns, gap) => {
          const stride = columns + gap
          const run = (kernels: Kernels) => {
            const [a, b, sums] = [numbers(3, rows * stride), numbers(4, columns), numbers(5, columns)].map((v) =>
              place(kernels, v),
            )
            const total = kernels.pointwise(program)(
              rows,
              columns,
              // The first output lies on the first input; the second adds all rows into one.
              [
                { at: a!, rowStride: stride },
                { at: b!, rowStride: 0 },
                { at: a!, rowStride: stride },
                { at: sums!, rowStride: 0 },
              ],
              [2.5],
            )
            return [...kernels.memory.view(a!, rows * stride), ...kernels.memory.view(sums!, columns), total]
          }
          expectClose(run(createKernels(tier)), run(createKernels('reference')))
        },
      ),
      { numRuns: 60 },
    )
  })

  test('products of any size, stride, transposition and start', () => {
    const size = fc.integer({ min: 1, max: 37 })
    const starts = fc.constantFrom('zero', 'accumulate', 'bias')
    fc.assert(
      fc.property(
        size,
        size,
        size,
        fc.boolean(),
        fc.boolean(),
        starts,
        fc.integer({ min: 0, max: 3 }),
        (m, n, k, leftT, rightT, start, gap) => {
          const run = (kernels: Kernels) => {
            const view = (seed: number, rows: number, columns: number, flipped: boolean): Matrix => {
              const stride = (flipped ? rows : columns) + gap
              const at = place(kernels, numbers(seed, (flipped ? columns : rows) * stride))
              return flipped ? transposed(matrix(at, columns, rows, stride)) : matrix(at, rows, columns, stride)
            }
            const [left, right] = [view(1, m, k, leftT), view(2, k, n, rightT)]
            const out = matrix(place(kernels, numbers(3, m * (n + gap))), m, n, n + gap)
            const bias = place(kernels, numbers(4, n))
            kernels.multiply(out, left, kernels.pack(right), start === 'bias' ? { bias } : (start as Start))
            // The gaps between rows must stay as they were.
            return Array.from(kernels.memory.view(out.at, m * (n + gap)))
          }
          expectClose(run(createKernels(tier)), run(createKernels('reference')))
        },
      ),
      { numRuns: 150 },
    )
  })

  test.each([
    [1, 1, 1000],
    [97, 9, 800],
    [200, 70, 385],
  ])('products over more than one cache block: %i x %i x %i', (m, n, k) => {
    const run = (kernels: Kernels) => {
      const [left, right] = [
        matrix(place(kernels, numbers(1, m * k)), m, k),
        matrix(place(kernels, numbers(2, k * n)), k, n),
      ]
      const out = matrix(kernels.memory.take(m * n), m, n)
      kernels.multiply(out, left, kernels.pack(right), 'zero')
      return Array.from(kernels.memory.view(out.at, m * n))
    }
    expectClose(run(createKernels(tier)), run(createKernels('reference')))
  })

  test.each([
    [5, 9, [3, 0, 1]],
    [7, 33, [16, 21]],
    [20, 40, [300, 200, 1, 400]],
  ])('%i x %i: a right side laid out from matrices below one another is that of them all', (m, n, heights) => {
    const k = heights.reduce((sum, height) => sum + height)
    const [values, gap] = [numbers(2, k * n), 3]
    const run = (kernels: Kernels, packed: (kernels: Kernels) => Packed) => {
      const left = matrix(place(kernels, numbers(1, m * k)), m, k)
      const out = matrix(kernels.memory.take(m * n), m, n)
      kernels.multiply(out, left, packed(kernels), 'zero')
      return Array.from(kernels.memory.view(out.at, m * n))
    }
    const whole = (kernels: Kernels) => kernels.pack(matrix(place(kernels, values), k, n))
    const parts = (kernels: Kernels) => {
      let row = 0
      const matrices = heights.map((height) => {
        const rows = Array.from({ length: height }, (_, i) => values.slice((row + i) * n, (row + i + 1) * n))
        row += height
        return matrix(place(kernels, [...rows.flatMap((r) => [...r, 7, 7, 7]), 7]), height, n, n + gap)
      })
      return kernels.pack(...matrices)
    }
    for (const make of [() => createKernels(tier), () => createKernels('reference')])
      expect(run(make(), parts)).toEqual(run(make(), whole))
  })

  test('some columns of a right side, and several right sides of one left side', () => {
    const [ours, theirs] = [createKernels(tier), createKernels('reference')]
    const size = fc.integer({ min: 1, max: 60 })
    fc.assert(
      fc.property(size, size, size, fc.nat(3), fc.nat(3), fc.boolean(), (m, n, k, before, behind, flipped) => {
        const run = (kernels: Kernels) => {
          const mark = kernels.memory.mark()
          const wide = PANEL * before + n + PANEL * behind
          const left = flipped
            ? transposed(matrix(place(kernels, numbers(1, k * m)), k, m))
            : matrix(place(kernels, numbers(1, m * k)), m, k)
          const right = kernels.pack(matrix(place(kernels, numbers(2, k * wide)), k, wide))
          const other = kernels.pack(matrix(place(kernels, numbers(3, k * 5)), k, 5))
          const [out, more] = [place(kernels, numbers(4, m * n)), place(kernels, numbers(5, m * 5))]
          const part = columnsOf(right, PANEL * before, n)
          const products = [
            { out: matrix(out, m, n), right: part },
            { out: matrix(more, m, 5), right: other },
          ]
          kernels.multiplyEach(left, products, 'accumulate')
          const results = [...kernels.memory.view(out, m * n), ...kernels.memory.view(more, m * 5)]
          kernels.memory.release(mark)
          return results
        }
        expectClose(run(ours), run(theirs))
      }),
      { numRuns: 60 },
    )
  })

  test('rows are gathered, scattered, and scattered by adding', () => {
    const run = (kernels: Kernels) => {
      const from = place(kernels, numbers(1, 30))
      const index = kernels.memory.takeIndex(Int32Array.of(4, 0, 4, 9))
      const [gathered, scattered] = [kernels.memory.take(12), place(kernels, numbers(2, 30))]
      kernels.gatherRows(gathered, from, index, 4, 3)
      kernels.scatterAddRows(scattered, from, index, 4, 3)
      const placed = place(kernels, numbers(3, 30))
      kernels.scatterRows(placed, from, index, 4, 3)
      const all = [kernels.memory.view(gathered, 12), ...[scattered, placed].map((at) => kernels.memory.view(at, 30))]
      return all.flatMap((values) => [...values])
    }
    expectClose(run(createKernels(tier)), run(createKernels('reference')))
  })

  test('a recorded job runs whenever asked, on what stands in memory then', () => {
    const run = (kernels: Kernels, recorded: boolean) => {
      const [m, n, k] = [3, 21, 9]
      const left = matrix(place(kernels, numbers(1, m * k)), m, k)
      const right = kernels.pack(matrix(place(kernels, numbers(2, k * n)), k, n))
      const out = matrix(place(kernels, numbers(3, m * n)), m, n)
      const [state, copied] = [place(kernels, numbers(4, m * n)), place(kernels, numbers(5, n))]
      const index = kernels.memory.takeIndex(Int32Array.of(2))
      // Reads the state, and writes the next one where it stood.
      const next: PointwiseProgram = {
        inputs: ['x', 'y'],
        scalars: ['s'],
        outputs: [{ expr: tanh(x.mul(leaf('s')).add(y)) }],
      }
      const scaled: PointwiseProgram = { inputs: ['x'], scalars: ['s'], outputs: [{ expr: x.mul(leaf('s')) }] }
      const rows = [state, out.at, state].map((at) => ({ at, rowStride: n }))
      const job = () => {
        kernels.multiply(out, left, right, 'accumulate')
        kernels.pointwise(next)(m, n, rows, [0.5])
        kernels.gatherRows(copied, state, index, 1, n)
        kernels.pointwise(scaled)(
          1,
          n,
          [
            { at: copied, rowStride: n },
            { at: copied, rowStride: n },
          ],
          [3],
        )
        kernels.zero(out.at, 5)
      }
      const again = recorded ? kernels.record(job) : job
      const seen = [...kernels.memory.view(state, m * n)]
      for (let i = 0; i < 3; i++) {
        again()
        kernels.memory.view(left.at, m * k).set(numbers(6 + i, m * k))
        seen.push(...kernels.memory.view(state, m * n), ...kernels.memory.view(copied, n))
      }
      return seen
    }
    const recorded = run(createKernels(tier), true)
    expect(recorded).toEqual(run(createKernels(tier), false))
    expectClose(recorded, run(createKernels('reference'), true))
  })

  test('kept memory is zeroed and stays; the arena is reused and its peak remembered', () => {
    const { memory } = createKernels(tier)
    const kept = memory.keep(100)
    expect(memory.view(kept, 100).every((v) => v === 0)).toBe(true)
    memory.view(kept, 100).fill(7)
    const mark = memory.mark()
    const first = memory.take(1_000_000)
    expect(() => memory.keep(1)).toThrow('arena is in use')
    memory.release(mark)
    expect(memory.take(10)).toBe(first)
    memory.release(mark)
    expect(memory.view(kept, 100).every((v) => v === 7)).toBe(true)
    expect(memory.usage().arenaPeak).toBeGreaterThanOrEqual(4_000_000)
  })
})
