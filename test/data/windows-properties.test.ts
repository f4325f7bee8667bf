import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type ScalerKind, scaled, tableOf, type WindowSet, windows } from '../../src/data/index.ts'

type Shares = readonly [number, number, number]

/** A table of two columns and a way to window it that leaves every part at least one window. */
const cases = fc
  .record({
    past: fc.integer({ min: 1, max: 6 }),
    horizon: fc.integer({ min: 1, max: 4 }),
    shares: fc.tuple(fc.integer({ min: 2, max: 8 }), fc.integer({ min: 2, max: 8 }), fc.integer({ min: 2, max: 8 })),
    spare: fc.integer({ min: 0, max: 40 }),
    scale: fc.constantFrom<ScalerKind>('standard', 'minmax', 'none'),
    seed: fc.integer({ min: 1, max: 1000 }),
  })
  .map(({ past, horizon, shares, spare, scale, seed }) => {
    const sum = shares[0] + shares[1] + shares[2]
    const split: Shares = [shares[0] / sum, shares[1] / sum, shares[2] / sum]
    const rows = Math.ceil((past + horizon + 1) / Math.min(...split)) + spare
    const a = Array.from({ length: rows }, (_, i) => Math.sin(seed * (i + 1)) * 20)
    const b = a.map((_, i) => i * i - seed)
    return { rows, a, b, options: { inputs: ['b', 'a'], target: 'a', past, horizon, split, scale } }
  })

const boundariesOf = (rows: number, split: Shares) => [
  Math.round(split[0] * rows),
  Math.round((split[0] + split[1]) * rows),
]

describe('windows of any table', () => {
  test('each part holds as many windows as its rows allow', () => {
    fc.assert(
      fc.property(cases, ({ rows, a, b, options }) => {
        const { train, validation, test } = windows(tableOf({ a, b }), options)
        const { past, horizon, split } = options
        const [first, second] = boundariesOf(rows, split) as [number, number]
        expect(train.count).toBe(first - past - horizon + 1)
        expect(validation.count).toBe(second - first - horizon + 1)
        expect(test.count).toBe(rows - second - horizon + 1)
      }),
    )
  })

  test('every window holds the rows around its origin, scaled', () => {
    fc.assert(
      fc.property(cases, ({ a, b, options }) => {
        const { spec, ...data } = windows(tableOf({ a, b }), options)
        const scaledA = scaled(spec.scalers.a!, a)
        const scaledB = scaled(spec.scalers.b!, b)
        for (const set of [data.train, data.validation, data.test])
          for (let i = 0; i < set.count; i++) {
            const origin = set.origin(i)
            const past = Array.from({ length: options.past }, (_, t) => origin - options.past + 1 + t)
            const ahead = Array.from({ length: options.horizon }, (_, t) => origin + 1 + t)
            const { x, y } = set.at(i)
            expect(Array.from(x.data)).toEqual(past.flatMap((row) => [scaledB[row], scaledA[row]]))
            expect(Array.from(y.data)).toEqual(ahead.map((row) => scaledA[row]))
            expect([...set.targets().slice(i * options.horizon, (i + 1) * options.horizon)]).toEqual(
              ahead.map((row) => a[row]),
            )
          }
      }),
      { numRuns: 30 },
    )
  })

  test('no part has a target of another', () => {
    fc.assert(
      fc.property(cases, ({ rows, a, b, options }) => {
        const data = windows(tableOf({ a, b }), options)
        const [first, second] = boundariesOf(rows, options.split) as [number, number]
        const targetRows = (set: WindowSet) => [set.origin(0) + 1, set.origin(set.count - 1) + options.horizon]
        expect(targetRows(data.train)).toEqual([options.past, first - 1])
        expect(targetRows(data.validation)).toEqual([first, second - 1])
        expect(targetRows(data.test)).toEqual([second, rows - 1])
      }),
    )
  })

  test('what comes after the train rows changes neither the scalers nor the train windows', () => {
    fc.assert(
      fc.property(cases, fc.double({ min: -1e3, max: 1e3, noNaN: true }), ({ rows, a, b, options }, change) => {
        const [first] = boundariesOf(rows, options.split) as [number, number]
        const later = (values: number[]) => values.map((value, row) => (row < first ? value : value + change + row))
        const before = windows(tableOf({ a, b }), options)
        const after = windows(tableOf({ a: later(a), b: later(b) }), options)
        expect(after.spec).toEqual(before.spec)
        const inputs = ({ train }: { train: WindowSet }) => {
          const into = new Float64Array(train.count * options.past * 2)
          train.fillInputs(
            Array.from({ length: train.count }, (_, i) => i),
            into,
          )
          return into
        }
        expect(inputs(after)).toEqual(inputs(before))
        expect(after.train.targets()).toEqual(before.train.targets())
      }),
    )
  })

  test('restoring the scaled targets gives the targets', () => {
    fc.assert(
      fc.property(cases, ({ a, b, options }) => {
        const { test } = windows(tableOf({ a, b }), options)
        const rows = Array.from({ length: test.count }, (_, i) => i)
        const outputs = new Float64Array(test.count * options.horizon)
        test.fillTargets(rows, outputs)
        test.restore(outputs).forEach((value, i) => {
          expect(value).toBeCloseTo(test.targets()[i]!, 10)
        })
      }),
      { numRuns: 30 },
    )
  })

  test('the order of the rows in the file does not matter where they carry a time', () => {
    fc.assert(
      fc.property(cases, fc.integer(), ({ rows, a, b, options }, seed) => {
        const day = a.map((_, row) => new Date(row * 86_400_000))
        const inOrder = tableOf({ day, a, b })
        const order = Array.from({ length: rows }, (_, row) => row).sort(
          (p, q) => Math.sin(seed + p * 7) - Math.sin(seed + q * 7),
        )
        const shuffled = windows(inOrder.take(order), options)
        const straight = windows(inOrder, options)
        expect(straight.sorted).toBe(false)
        expect(shuffled.sorted).toBe(order.some((row, i) => row !== i))
        expect(shuffled.spec).toEqual(straight.spec)
        expect(shuffled.test.at(0)).toEqual(straight.test.at(0))
        expect(shuffled.train.targets()).toEqual(straight.train.targets())
      }),
      { numRuns: 30 },
    )
  })
})
