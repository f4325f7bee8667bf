import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  additiveAttention,
  arithmetic,
  attention,
  concat,
  dense,
  layerNorm,
  type Op,
  pointwise,
  product,
  repeat,
  softmax,
  Tape,
  timeStep,
  type Variable,
} from '../../src/autograd/index.ts'
import { InputError } from '../../src/base/errors.ts'
import { Random } from '../../src/base/random.ts'
import { type PlainTensor, type Shape, sizeOf } from '../../src/base/shape.ts'
import { createKernels } from '../../src/kernels/index.ts'

const draw = (seed: number, shape: Shape): PlainTensor => {
  const random = new Random(seed, 'sequence ops')
  return { data: Float64Array.from({ length: sizeOf(shape) }, () => random.between(-2, 2)), shape }
}

/** What an operation gives in float64. */
function result<O>(op: Op<O>, inputs: readonly PlainTensor[], options: O): PlainTensor {
  const tape = new Tape(createKernels('reference'))
  return tape.read(
    op.run(
      tape,
      inputs.map((input) => tape.input(input)),
      options,
    ),
  )
}

const close = (actual: PlainTensor, expected: PlainTensor) => {
  expect(actual.shape).toEqual(expected.shape)
  for (let i = 0; i < expected.data.length; i++) expect(actual.data[i], `place ${i}`).toBeCloseTo(expected.data[i]!, 10)
}
/** A tensor by the indices of its places. */
const tensor = (shape: Shape, at: (place: number[]) => number): PlainTensor => ({
  shape,
  data: Float64Array.from({ length: sizeOf(shape) }, (_, i) =>
    at(shape.map((size, d) => Math.floor(i / sizeOf(shape.slice(d + 1))) % size)),
  ),
})
/** The number at a place. */
const of = ({ data, shape }: PlainTensor, place: readonly number[]): number =>
  data[place.reduce((index, i, d) => index * shape[d]! + i, 0)]!
const sum = (count: number, of: (i: number) => number) =>
  Array.from({ length: count }, (_, i) => of(i)).reduce((a, b) => a + b, 0)

const size = fc.integer({ min: 1, max: 5 })
const sizes = fc.record({ b: size, m: size, n: size, k: size, seed: fc.nat(1e6) })
const check = (property: (sizes: { b: number; m: number; n: number; k: number; seed: number }) => void) =>
  fc.assert(fc.property(sizes, property), { numRuns: 40 })

describe('by their definitions, over any shape', () => {
  test('product', () =>
    check(({ b, m, n, k, seed }) => {
      const left = draw(seed, [b, m, k])
      const [plain, turned] = [draw(seed + 1, [b, k, n]), draw(seed + 2, [b, n, k])]
      const by = (right: (i: number, p: number, j: number) => number) =>
        tensor([b, m, n], ([i, row, j]) => sum(k, (p) => of(left, [i!, row!, p]) * right(i!, p, j!)))
      close(
        result(product, [left, plain], {}),
        by((i, p, j) => of(plain, [i, p, j])),
      )
      close(
        result(product, [left, turned], { transposed: true }),
        by((i, p, j) => of(turned, [i, j, p])),
      )
    }))

  test('repeat', () =>
    check(({ b, m, n, k, seed }) => {
      const x = draw(seed, [b, m, k])
      for (const at of [0, 1, 2, 3]) {
        const shape = [b, m, k].toSpliced(at, 0, n)
        close(
          result(repeat, [x], { at, times: n }),
          tensor(shape, (place) => of(x, place.toSpliced(at, 1))),
        )
      }
    }))

  test('concat', () =>
    check(({ b, m, n, k, seed }) => {
      const [x, y] = [draw(seed, [b, m, k]), draw(seed + 1, [b, m, n])]
      const expected = tensor([b, m, k + n + k], ([i, t, j]) =>
        j! < k || j! >= k + n ? of(x, [i!, t!, j! < k ? j! : j! - k - n]) : of(y, [i!, t!, j! - k]),
      )
      close(result(concat, [x, y, x], undefined), expected)
    }))

  test('a step of each sequence, from its start or its end', () =>
    check(({ b, m: steps, k, seed }) => {
      const x = draw(seed, [b, steps, k])
      const lengths = Array.from({ length: b }, (_, i) => (seed + 3 * i) % (steps + 1))
      for (let step = -steps; step < steps; step++) {
        const expected = tensor([b, k], ([i, j]) => {
          const t = step < 0 ? lengths[i!]! + step : step
          return t >= 0 && t < lengths[i!]! ? of(x, [i!, t, j!]) : 0
        })
        close(result(timeStep, [x], { step, lengths }), expected)
        close(
          result(timeStep, [x], { step }),
          tensor([b, k], ([i, j]) => of(x, [i!, (step + steps) % steps, j!])),
        )
      }
    }))

  test('arithmetic', () =>
    check(({ b, m, seed }) => {
      const [x, y] = [draw(seed, [b, m]), draw(seed + 1, [b, m])]
      const by = (of: (x: number, y: number) => number) => ({
        shape: [b, m],
        data: Array.from(x.data, (x, i) => of(x, y.data[i]!)),
      })
      close(
        result(pointwise, [x, y], arithmetic.add),
        by((x, y) => x + y),
      )
      close(
        result(pointwise, [x, y], arithmetic.sub),
        by((x, y) => x - y),
      )
      close(
        result(pointwise, [x, y], arithmetic.mul),
        by((x, y) => x * y),
      )
    }))

  test('layer norm: mean 0 and variance 1 before gain and bias', () =>
    check(({ b, m, seed }) => {
      const columns = m + 1
      const x = draw(seed, [b, columns])
      const ones = tensor([columns], () => 1)
      const zeros = tensor([columns], () => 0)
      const hat = result(layerNorm, [x, ones, zeros], { epsilon: 1e-12 })
      for (let i = 0; i < b; i++) {
        expect(sum(columns, (j) => of(hat, [i, j]))).toBeCloseTo(0, 9)
        expect(sum(columns, (j) => of(hat, [i, j]) ** 2 / columns)).toBeCloseTo(1, 6)
      }
      const [gain, bias] = [draw(seed + 1, [columns]), draw(seed + 2, [columns])]
      const expected = tensor([b, columns], ([i, j]) => of(hat, [i!, j!]) * of(gain, [j!]) + of(bias, [j!]))
      close(result(layerNorm, [x, gain, bias], { epsilon: 1e-12 }), expected)
    }))

  test('softmax of the numbers that count, as of them alone', () =>
    check(({ b, m, n, seed }) => {
      const x = draw(seed, [b, m, n])
      const lengths = Array.from({ length: b }, (_, i) => (seed + i) % (n + 1))
      const expected = tensor([b, m, n], ([i, row, j]) => {
        const all = sum(lengths[i!]!, (c) => Math.exp(0.7 * of(x, [i!, row!, c])))
        return j! < lengths[i!]! ? Math.exp(0.7 * of(x, [i!, row!, j!])) / all : 0
      })
      close(result(softmax, [x], { lengths, scale: 0.7 }), expected)
    }))
})

describe('attention', () => {
  const nan = Number.NaN

  test('weights are shown, add up to 1, and are 0 behind a length whatever stands there', () =>
    check(({ b, m: from, n: to, k, seed }) => {
      const lengths = Array.from({ length: b }, (_, i) => (seed + i) % (to + 1))
      const [queries, keys, values] = [draw(seed, [b, from, k]), draw(seed + 1, [b, to, k]), draw(seed + 2, [b, to, k])]
      const behind = (x: PlainTensor) => tensor(x.shape, ([i, t, j]) => (t! < lengths[i!]! ? of(x, [i!, t!, j!]) : nan))
      const tape = new Tape(createKernels('reference'))
      let seen: Variable | undefined
      const y = attention.run(
        tape,
        [queries, behind(keys), values].map((x) => tape.input(x)),
        {
          lengths,
          observe: (weights) => {
            seen = weights
          },
        },
      )
      const weights = tape.read(seen!)
      expect(weights.shape).toEqual([b, from, to])
      for (let i = 0; i < b; i++)
        for (let q = 0; q < from; q++) {
          const row = Array.from({ length: to }, (_, t) => of(weights, [i, q, t]))
          expect(row.reduce((a, b) => a + b)).toBeCloseTo(lengths[i] === 0 ? 0 : 1, 10)
          expect(row.slice(lengths[i]!).every((weight) => weight === 0)).toBe(true)
        }
      close(
        tape.read(y),
        tensor([b, from, k], ([i, q, j]) => sum(to, (t) => of(weights, [i!, q!, t]) * of(values, [i!, t, j!]))),
      )
    }))

  test('a query that one key alone answers gets that key’s value', () => {
    const keys = tensor([1, 4, 4], ([, t, j]) => (t === j ? 60 : 0))
    const queries = tensor([1, 2, 4], ([, q, j]) => (j === q! + 1 ? 1 : 0))
    const values = draw(3, [1, 4, 3])
    const y = result(attention, [queries, keys, values], { scale: 1 })
    close(
      y,
      tensor([1, 2, 3], ([, q, j]) => of(values, [0, q! + 1, j!])),
    )
  })

  test('additive scores with lengths are those of the keys that count', () =>
    check(({ m: from, n: to, k, seed }) => {
      const [queries, keys, values] = [draw(seed, [1, from, k]), draw(seed + 1, [1, to, 2]), draw(seed + 2, [1, to, 3])]
      const weights = [draw(seed + 3, [4, k]), draw(seed + 4, [4, 2]), draw(seed + 5, [1, 4])]
      const length = 1 + (seed % to)
      const cut = (x: PlainTensor) => tensor([1, length, x.shape[2]!], (place) => of(x, place))
      close(
        result(additiveAttention, [queries, keys, values, ...weights], { lengths: [length] }),
        result(additiveAttention, [queries, cut(keys), cut(values), ...weights], {}),
      )
    }))
})

test('one parameter in two places gets both gradients: an embedding’s table as the weight of a dense layer', () => {
  const tape = new Tape(createKernels('reference'))
  const [x, w] = [tape.input(draw(1, [2, 3]), true), tape.input(draw(2, [3, 3]), true)]
  const once = dense.run(tape, [x, w], undefined)
  const twice = dense.run(tape, [once, w], undefined)
  tape.backward(twice)
  const gradient = tape.read({ ...w, at: tape.gradient(w) })
  const loss = (step: number, place: number) => {
    const moved = Array.from(draw(2, [3, 3]).data, (value, i) => value + (i === place ? step : 0))
    const other = new Tape(createKernels('reference'))
    const weight = other.input({ data: moved, shape: [3, 3] })
    const y = dense.run(other, [dense.run(other, [other.input(draw(1, [2, 3])), weight], undefined), weight], undefined)
    return Array.from(other.read(y).data).reduce((a, b) => a + b)
  }
  for (let i = 0; i < 9; i++) expect(gradient.data[i]).toBeCloseTo((loss(1e-5, i) - loss(-1e-5, i)) / 2e-5, 6)
})

describe('one sentence', () => {
  const zeros = (...shape: number[]) => tensor(shape, () => 0)
  test.each<[string, () => unknown, string]>([
    [
      'sides that do not meet',
      () => result(product, [zeros(2, 3, 4), zeros(2, 3, 4)], {}),
      'product: expected [batch, m, k] and [batch, k, n], got [2, 3, 4] and [2, 3, 4]',
    ],
    [
      'turned sides that do not meet',
      () => result(product, [zeros(2, 3, 4), zeros(1, 3, 4)], { transposed: true }),
      'product: expected [batch, m, k] and [batch, n, k], got [2, 3, 4] and [1, 3, 4]',
    ],
    [
      'no times',
      () => result(repeat, [zeros(2)], { at: 0, times: 0 }),
      'repeat: times: expected a whole number of at least 1, got 0',
    ],
    [
      'no such dimension',
      () => result(repeat, [zeros(2, 3)], { at: 3, times: 1 }),
      'repeat: expected a dimension from 0 to 2 for [2, 3], got 3',
    ],
    [
      'other rows',
      () => result(concat, [zeros(2, 3), zeros(3, 3)], undefined),
      'concat: expected shapes that differ in the last dimension alone, got [2, 3], [3, 3]',
    ],
    [
      'a step behind the end',
      () => result(timeStep, [zeros(2, 3, 1)], { step: 3 }),
      'time step: expected a step from -3 to 2, got 3',
    ],
    [
      'a length too long',
      () => result(timeStep, [zeros(2, 3, 1)], { step: 0, lengths: [1, 4] }),
      'time step: length 1: expected a whole number from 0 to 3, got 4',
    ],
    [
      'lengths of others',
      () => result(softmax, [zeros(2, 3)], { lengths: [1] }),
      'softmax: expected a length for each of 2 samples, got 1',
    ],
    [
      'no sequences',
      () => result(timeStep, [zeros(2, 3)], { step: 0 }),
      'time step: expected sequences [batch, time, features], got [2, 3]',
    ],
    [
      'a gain of another size',
      () => result(layerNorm, [zeros(2, 3), zeros(2), zeros(3)], { epsilon: 1 }),
      'layer norm: expected a gain and a bias of [3], got [2]',
    ],
    [
      'queries and keys of other sizes',
      () => result(attention, [zeros(2, 1, 3), zeros(2, 4, 5), zeros(2, 4, 5)], {}),
      'attention: expected queries and keys of as many features, got [2, 1, 3] and [2, 4, 5]',
    ],
    [
      'more values than keys',
      () => result(attention, [zeros(2, 1, 3), zeros(2, 4, 3), zeros(2, 5, 3)], {}),
      'attention: expected queries [batch, steps, features], keys and values [batch, other steps, features], ' +
        'got [2, 1, 3], [2, 4, 3], [2, 5, 3]',
    ],
    [
      'a length of keys too long',
      () => result(attention, [zeros(1, 1, 3), zeros(1, 4, 3), zeros(1, 4, 3)], { lengths: [5] }),
      'attention: length 0: expected a whole number from 0 to 4, got 5',
    ],
  ])('%s', (_, work, sentence) => expect(work).toThrow(new InputError(sentence)))
})
