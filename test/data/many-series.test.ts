import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  latestWindows,
  tableOf,
  type WindowOptions,
  type WindowSet,
  windows,
  windowsFrom,
} from '../../src/data/index.ts'

const plain: WindowOptions = { target: 'y', past: 2, horizon: 1, split: { validation: 1, test: 1 }, scale: 'none' }
const counting = (rows: number) => Array.from({ length: rows }, (_, i) => i)
const seen = (set: WindowSet) =>
  counting(set.count).map((i) => {
    const { x, y } = set.at(i)
    return [Array.from(x.data), Array.from(y.data)]
  })

/** Two shops, their rows mixed. */
const shops = tableOf({
  shop: ['b', 'a', 'b', 'a', 'a', 'b', 'b', 'a', 'a', 'b'],
  y: [10, 1, 20, 2, 3, 30, 40, 4, 5, 50],
})

describe('windows of several series', () => {
  test('no window holds rows of two, and each series is split by itself', () => {
    const { train, validation, test: rest, panel } = windows(shops, { ...plain, id: 'shop' })
    expect(panel.series.map(({ id, start, end }) => [id, end - start])).toEqual([
      ['a', 5],
      ['b', 5],
    ])
    expect(seen(train)).toEqual([
      [[1, 2], [3]],
      [[10, 20], [30]],
    ])
    expect(seen(validation)).toEqual([
      [[2, 3], [4]],
      [[20, 30], [40]],
    ])
    expect(seen(rest)).toEqual([
      [[3, 4], [5]],
      [[30, 40], [50]],
    ])
    expect(counting(2).map((i) => rest.series(i).id)).toEqual(['a', 'b'])
    expect(rest.describe(0)).toBe("rows 5, 8 to 9 of 'table', of 'a'")
  })

  test('each is scaled by its own training rows, one that is not known by those of all', () => {
    const { spec, train } = windows(shops, { ...plain, id: 'shop', scale: 'minmax' })
    expect(spec.bySeries).toEqual({
      a: { y: { kind: 'minmax', shift: 1, scale: 2 } },
      b: { y: { kind: 'minmax', shift: 10, scale: 20 } },
    })
    expect(seen(train)).toEqual([
      [[0, 0.5], [1]],
      [[0, 0.5], [1]],
    ])
    expect([...train.restore([0.5, 0.5])]).toEqual([2, 20])
    const other = tableOf({ shop: ['c', 'c', 'c'], y: [1, 30, 59] })
    const { test: all } = windowsFrom({ ...spec, split: [0, 0, 1] }, other)
    expect(seen(all)).toEqual([[[0, 1], [2]]])
    expect(all.units(0)).toEqual({ shift: 1, scale: 29 })
  })

  test('a series too short for a window is left out', () => {
    const table = tableOf({ shop: ['a', 'a', 'a', 'a', 'a', 'b'], y: [1, 2, 3, 4, 5, 9] })
    const { train } = windows(table, { ...plain, id: 'shop' })
    expect(train.count).toBe(1)
    expect(() => windows(table, { ...plain, id: 'shop', past: 9 })).toThrow(
      "one window needs at least past + horizon = 10 rows, the longest series of 'table' has 5",
    )
  })

  test('the latest window of each, and those too short named', () => {
    const { spec } = windows(shops, { ...plain, id: 'shop' })
    const grown = tableOf({ shop: ['a', 'b', 'a', 'c', 'a'], y: [7, 70, 8, 0, 9] })
    const { samples, series, short } = latestWindows(spec, grown)
    expect(series).toEqual([{ id: 'a', end: 3 }])
    expect(short).toEqual(['b', 'c'])
    const x = new Float64Array(2)
    samples.fillInputs([0], x)
    expect([...x]).toEqual([8, 9])
  })
})

describe('what is known ahead', () => {
  const sales = tableOf({ y: [1, 2, 3, 4, 5, 6], price: [10, 20, 30, 40, 50, 60] })
  const known: WindowOptions = { ...plain, future: ['price'], horizon: 2, split: [1, 0, 0] }

  test('stands in the rows ahead, the rest of which is nothing but a mark', () => {
    const { train, spec } = windows(sales, known)
    expect(spec.reads).toBe('known')
    expect(train.inputShape).toEqual([4, 3])
    expect(seen(train)[0]).toEqual([
      [1, 10, 0, 2, 20, 0, 0, 30, 1, 0, 40, 1],
      [3, 4],
    ])
  })

  test('a model that answers at every step reads with each row what is known of the next', () => {
    const { train } = windows(sales, { ...known, reads: 'all', horizon: 3 })
    expect(train.inputShape).toEqual([4, 2])
    expect(seen(train)).toEqual([
      [
        [1, 20, 2, 30, 3, 40, 4, 50],
        [3, 4, 5],
      ],
      [
        [2, 30, 3, 40, 4, 50, 5, 60],
        [4, 5, 6],
      ],
    ])
  })

  test('comes, for a forecast, from the rows whose target is empty', () => {
    const { spec } = windows(sales, known)
    const columns = { y: ['5', '6', '', ''], price: [1, 2, 3, 4] }
    const { samples, panel } = latestWindows(spec, tableOf(columns))
    const x = new Float64Array(12)
    samples.fillInputs([0], x)
    expect([...x]).toEqual([5, 1, 0, 6, 2, 0, 0, 3, 1, 0, 4, 1])
    expect(panel.table.rowCount).toBe(2)
    expect(() => latestWindows(spec, tableOf({ y: ['5', '6', ''], price: [1, 2, 3] }))).toThrow(
      'a forecast needs price for the 2 rows ahead: they are known ahead; add those rows to the table, with the target left empty',
    )
  })

  test('the calendar is known of any row, beyond the table too', () => {
    const day = counting(9).map((i) => new Date(Date.UTC(2024, 0, 1 + i)))
    const dated = tableOf({ day, y: counting(9) })
    const { spec, train } = windows(dated, { ...plain, calendar: ['weekday'], split: [1, 0, 0] })
    // 1 January 2024 was a Monday, where the week begins.
    const angle = (i: number) => (2 * Math.PI * (i % 7)) / 7
    const week = (i: number) => [Math.sin(angle(i)), Math.cos(angle(i))]
    expect(seen(train)[5]![0]).toEqual([5, ...week(5), 0, 6, ...week(6), 0, 0, ...week(7), 1])
    const { samples } = latestWindows(spec, dated)
    const x = new Float64Array(12)
    samples.fillInputs([0], x)
    expect([...x.slice(8)]).toEqual([0, ...week(9), 1])
    expect(() => windows(tableOf({ y: counting(9) }), { ...plain, calendar: ['hour'] })).toThrow(
      "calendar: expected a column of dates to tell hour by, and 'table' has none; leave calendar away",
    )
  })
})

describe('lags of the target', () => {
  const y = [1, 2, 4, 7, 11, 16, 22, 29]

  test('are known ahead, from rows before', () => {
    const { train, spec } = windows(tableOf({ y }), { ...plain, lags: [3], horizon: 2, split: [1, 0, 0] })
    expect(spec.reads).toBe('known')
    expect(seen(train)[0]).toEqual([
      [7, 1, 0, 11, 2, 0, 0, 4, 1, 0, 7, 1],
      [16, 22],
    ])
    expect(train.count).toBe(2)
    const { samples } = latestWindows(spec, tableOf({ y }))
    const x = new Float64Array(12)
    samples.fillInputs([0], x)
    expect([...x]).toEqual([22, 7, 0, 29, 11, 0, 0, 16, 1, 0, 22, 1])
  })

  test('stand at the level of the window', () => {
    const { train } = windows(tableOf({ y }), { ...plain, lags: [3], normalise: 'last', split: [1, 0, 0] })
    expect(seen(train)[0]).toEqual([[-4, -10, 0, 0, -9, 0, 0, -7, 1], [5]])
  })

  test('are at least the horizon', () => {
    expect(() => windows(tableOf({ y }), { ...plain, lags: [1], horizon: 2 })).toThrow('lags: expected a whole number')
  })
})

describe('windows at one level', () => {
  const cases = fc.record({
    values: fc.array(fc.double({ min: -50, max: 50, noNaN: true }), { minLength: 12, maxLength: 20 }),
    normalise: fc.constantFrom('none', 'last', 'standard', 'mean'),
    log: fc.boolean(),
  })

  test('restoring the targets gives them back, by any level, scaler and logarithm', () => {
    fc.assert(
      fc.property(cases, ({ values, normalise, log }) => {
        const y = values.map((value, i) => (log ? Math.abs(value) : value) + i / 7)
        const { train } = windows(tableOf({ y }), {
          ...{ target: 'y', past: 3, horizon: 2, split: [1, 0, 0], log },
          normalise: normalise as 'none',
        })
        const outputs = new Float64Array(train.count * 2)
        train.fillTargets(counting(train.count), outputs)
        for (const [i, value] of train.restore(outputs).entries()) expect(value).toBeCloseTo(train.targets()[i]!, 8)
      }),
    )
  })

  test('the level is of the past alone, and the target is brought to it where the model sees it', () => {
    const y = [1, 3, 7, 9, 20]
    const last = windows(tableOf({ y }), { ...plain, normalise: 'last', split: [1, 0, 0] })
    expect(seen(last.train)[1]).toEqual([[-4, 0], [2]])
    const mean = windows(tableOf({ y }), { ...plain, normalise: 'mean', split: [1, 0, 0] })
    expect(seen(mean.train)[2]).toEqual([[7 / 8, 9 / 8], [2.5]])
    const standard = windows(tableOf({ y }), { ...plain, normalise: 'standard', split: [1, 0, 0] })
    const [, [target]] = seen(standard.train)[0] as [number[], [number]]
    expect(target).toBeCloseTo(5, 4)
  })
})

test('windows that touch a value left missing are left out', () => {
  const table = tableOf({ y: ['1', '2', '', '4', '5', '6', '7'], z: [1, 2, 3, 4, 5, 6, 7] })
  const { train } = windows(table, { ...plain, split: [1, 0, 0], missing: 'skip' })
  expect(seen(train)).toEqual([
    [[4, 5], [6]],
    [[5, 6], [7]],
  ])
  expect(() => windows(table, { ...plain, past: 4, split: [1, 0, 0], missing: 'skip' })).toThrow(
    "'table': every window of the train part touches a missing value; fill them (missing: 'previous')",
  )
})
