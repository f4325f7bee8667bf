import { describe, expect, test } from 'vitest'
import {
  type Cell,
  type Split,
  tableOf,
  type WindowedData,
  type WindowOptions,
  type WindowSet,
  windows,
  windowsFrom,
} from '../../src/data/index.ts'
import type { Baseline } from '../../src/tasks/baselines/baseline.ts'
import { dayOfYearMean } from '../../src/tasks/baselines/day-of-year.ts'
import { flatWindows } from '../../src/tasks/baselines/flat-windows.ts'
import { baselines, lastValue } from '../../src/tasks/baselines/index.ts'
import { drift, seasonalNaive } from '../../src/tasks/baselines/naive.ts'
import { windowMlp } from '../../src/tasks/baselines/window-mlp.ts'
import { prepareForecaster, trainForecaster } from '../../src/tasks/forecaster.ts'
import { forecasterDefaults } from '../../src/tasks/forecaster-options.ts'

const HOUR = 3_600_000
const counting = (rows: number) => Array.from({ length: rows }, (_, i) => i)
const times = (rows: number, at: (i: number) => number) => counting(rows).map((i) => new Date(at(i)).toISOString())
const days = (rows: number, from = '2023-01-01') => times(rows, (i) => Date.parse(from) + i * 24 * HOUR)
const halves: Split = [0.5, 0.25, 0.25]

function cut(
  columns: Record<string, ArrayLike<Cell>>,
  past: number,
  horizon: number,
  split: Split = halves,
  options: Partial<WindowOptions> = {},
) {
  return windows(tableOf(columns), { target: 'x', past, horizon, split, ...options })
}

const dayMeans = (data: WindowedData) => dayOfYearMean(data, 'date')

/** What the baseline says of each test window. */
function predictions(data: WindowedData, baseline: Baseline, set: WindowSet = data.test): number[][] {
  const { horizon } = data.spec
  const flat = [...baseline.predict!(set, data)]
  return counting(set.count).map((i) => flat.slice(i * horizon, (i + 1) * horizon))
}

/** Two series side by side in one table: counting from 1, and from 1000 by tens. */
const two = {
  id: [...counting(20).map(() => 'a'), ...counting(20).map(() => 'b')],
  x: [...counting(20).map((i) => i + 1), ...counting(20).map((i) => 1000 + 10 * i)],
}

describe('last value', () => {
  test('repeats what was last seen for every step ahead', () => {
    const data = cut({ x: [3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5, 8] }, 2, 2, [0.5, 0.2, 0.3])
    // The test part begins at row 8 (5, 3, 5, 8): its windows follow rows 7, 8 and 9.
    expect(predictions(data, lastValue())).toEqual([
      [6, 6],
      [5, 5],
      [3, 3],
    ])
  })
})

describe('seasonal naive', () => {
  const naive = (rows: number) => seasonalNaive({ rows, name: 'naive' })

  test('the value a season before; the last season goes round where the horizon is longer', () => {
    const data = cut({ x: [3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5, 8] }, 2, 4, { validation: 0, test: 4 })
    expect(data.test.count).toBe(1) // after row 7, the 6
    expect(predictions(data, naive(3))).toEqual([[9, 2, 6, 9]])
    expect(predictions(data, naive(1))).toEqual([[6, 6, 6, 6]])
    expect(predictions(data, naive(8))).toEqual([[3, 1, 4, 1]])
  })

  test('takes the last value where the series does not reach back, never one of the series before it', () => {
    const data = cut(two, 2, 2, { validation: 4, test: 4 }, { id: 'id' })
    const [, , , a, b] = predictions(data, naive(17))
    expect(predictions(data, naive(3))[3]).toEqual([1130, 1140]) // after 1150, of b
    expect(data.test.series(3).id).toBe('b')
    expect(data.test.origin(3)).toBe(35)
    expect(a).toEqual([1150, 1000]) // row 36 - 17 is of a
    expect(b).toEqual([1000, 1010])
  })

  test('goes a season further back where the value is missing', () => {
    const date = days(40)
    const x = counting(40).map((i) => (i === 22 ? '' : i))
    const data = cut({ date, x }, 2, 1, halves, { missing: 'skip' })
    const window = counting(data.test.count).find((i) => data.test.origin(i) === 35)!
    expect(predictions(data, naive(7))[window]).toEqual([29])
    expect(predictions(data, naive(14))[window]).toEqual([8]) // row 22 is missing: row 8
  })

  test('is absent without a season, saying how to ask for one', () => {
    expect(seasonalNaive(undefined)).toEqual({
      name: 'seasonal naive',
      reason: 'no season suggests itself; ask for one with season (--season)',
    })
  })
})

describe('drift', () => {
  test('goes on by the mean step from the first known row of its own series', () => {
    const data = cut(two, 2, 2, { validation: 4, test: 4 }, { id: 'id' })
    expect(predictions(data, drift())[0]).toEqual([17, 18])
    expect(predictions(data, drift())[3]).toEqual([1160, 1170])
    const bent = cut({ x: [2, 5, 1, 1, 1, 1, 8, 9, 9, 9] }, 2, 2, [0.4, 0.2, 0.4])
    expect(predictions(bent, drift())).toEqual([
      [1 - 1 / 5, 1 - 2 / 5],
      [9, 10],
      [10, 11],
    ])
  })
})

describe('day-of-year mean', () => {
  /** Two years and a half to train: a day's value is its day of the year, 1000 more in 2022, 2000 more in 2023. */
  const dayOfYear = (time: string) => (Date.parse(time) - Date.parse(`${time.slice(0, 4)}-01-01`)) / (24 * HOUR) + 1

  test('the mean over the training years of the same day of the year', () => {
    const date = days(1095, '2021-01-01')
    const x = date.map((day) => dayOfYear(day) + 1000 * (Number(day.slice(0, 4)) - 2021))
    const data = cut({ date, x }, 1, 2, [730 / 1095, 0.1, 1 - 730 / 1095 - 0.1])
    // 2021 and 2022 train: the mean of a day d is (d + d + 1000) / 2.
    const [first] = predictions(data, dayMeans(data))
    const row = data.test.origin(0) + 1
    expect(row).toBeGreaterThan(730)
    expect(first).toEqual([row - 730 + 1 + 500, row - 730 + 2 + 500])
    expect(dayMeans(data).name).toBe('day-of-year mean')
  })

  test('each date keeps its day in leap years; a 29 February never seen takes the day before', () => {
    const date = days(800, '2022-06-01') // to 8 August 2024; 29 February 2024 is row 638
    const x = date.map((day) => Number(day.slice(5, 7)) * 100 + Number(day.slice(8, 10))) // 1 March is 301
    const data = cut({ date, x }, 1, 3, [600 / 800, 30 / 800, 170 / 800])
    const rows = predictions(data, dayMeans(data))
    const window = 637 - 1 - data.test.origin(0) // its targets are 28 and 29 February and 1 March
    expect(date[637]!.slice(0, 10)).toBe('2024-02-28')
    expect(rows[window]).toEqual([228, 228, 301])
    // Of 366 days none is mistaken for another.
    expect(rows.slice(window + 2).map(([ahead]) => ahead)).toEqual(x.slice(639, 639 + rows.length - window - 2))
  })

  test('a 1 January never seen takes the last day of the year', () => {
    const year = days(520, '2022-01-02').filter((day) => !day.startsWith('2023-01-01'))
    const date = [...year, ...days(500, '2023-06-06')]
    const x = date.map((day) => Number(day.slice(5, 7)) * 100 + Number(day.slice(8, 10)))
    const data = cut({ date, x }, 1, 1, [0.5, 0.1, 0.4])
    const newYear = date.findIndex((day) => day.startsWith('2024-01-01'))
    expect(predictions(data, dayMeans(data))[newYear - 1 - data.test.origin(0)]).toEqual([1231])
  })

  test('knows the train part alone', () => {
    const date = days(1000)
    const x = counting(1000).map((i) => Math.sin(i / 58) * 10)
    const changed = x.map((value, i) => (i < 500 ? value : 999 - i))
    const [data, other] = [cut({ date, x }, 1, 2), cut({ date, x: changed }, 1, 2)]
    expect(predictions(other, dayMeans(other))).toEqual(predictions(data, dayMeans(data)))
    // And so does what it says of another table.
    const elsewhere = windowsFrom({ ...data.spec, split: [0, 0, 1] }, tableOf({ date, x: changed }))
    const said = dayMeans(data).predict!(elsewhere.test, elsewhere)
    expect(said[0]).toBe((x[1]! + x[366]!) / 2) // 2 January of two years
  })

  test('each series has its own; one of less than a year its last value', () => {
    const short = days(100, '2023-08-01')
    const date = [...days(1000, '2021-01-01'), ...days(1000, '2021-01-01'), ...short]
    const id = [...counting(1000).map(() => 'a'), ...counting(1000).map(() => 'b'), ...short.map(() => 'c')]
    const month = (day: string) => Number(day.slice(5, 7))
    const x = date.map((day, i) => month(day) + (id[i] === 'b' ? 100 : 0) + (id[i] === 'c' ? i : 0))
    const data = cut({ date, id, x }, 1, 1, { validation: 10, test: 60 }, { id: 'id' })
    const said = predictions(data, dayMeans(data)).flat()
    for (const [i, value] of said.entries()) {
      const row = data.test.origin(i)
      expect(value).toBe(data.test.series(i).id === 'c' ? x[row] : x[row + 1])
    }
  })

  test('is absent with less than a year to train on, saying so', () => {
    expect(dayMeans(cut({ date: days(600), x: counting(600) }, 1, 2))).toEqual({
      name: 'day-of-year mean',
      reason: 'fewer than a year of training rows (300)',
    })
  })
})

describe('window MLP', () => {
  const options = { ...forecasterDefaults, epochs: 4, batch: 16, learningRate: 1e-2, seed: 1 }
  const x = counting(120).map((i) => Math.sin(i / 5))

  test('knows the train and validation parts alone, and answers the same for the same seed', async () => {
    const past = 4
    const test = x.map((value, i) => (i < 90 ? value : value + 5))
    const data = cut({ x }, past, 1)
    const [mlp, again, other] = await Promise.all([
      windowMlp(data, options),
      windowMlp(cut({ x: test }, past, 1), options),
      windowMlp(data, { ...options, seed: 2 }),
    ])
    const said = predictions(data, mlp)
    expect(predictions(data, again)).toEqual(said)
    expect(predictions(data, other)).not.toEqual(said)
  })

  test('takes as many windows an epoch as the model, and stops where it would', async () => {
    const steps: number[] = []
    const few = { ...options, windows: 20, patience: 1, learningRate: 1e-9, epochs: 9 }
    await windowMlp(cut({ x }, 4, 1), few, { onStep: ({ step, epoch }) => steps.push(10 * epoch + step) })
    expect(steps.slice(0, 4)).toEqual([11, 12, 21, 22]) // 20 windows in batches of 16
    expect(steps.length).toBeLessThan(18)
  })

  test('of a recursive forecast it sees nothing of the rows ahead', async () => {
    const data = cut({ x }, 4, 3, halves, { reads: 'all' })
    const flat = flatWindows(data.test, data)
    expect(flat.inputShape).toEqual([1, 4])
    const seen = new Float64Array(4)
    flat.fillInputs([0], seen)
    expect(seen).toEqual(Float64Array.from(data.test.at(0).x.data).subarray(0, 4))
    expect((await windowMlp(data, options)).predict!(data.test, data)).toHaveLength(3 * data.test.count)
  })

  test('sees what is known ahead', () => {
    const price = counting(120).map((i) => (i % 7) + 1)
    const columns = { date: days(120), x, price, wind: x.map((value) => -value) }
    for (const reads of ['known', 'all'] as const) {
      const data = cut(columns, 4, 3, halves, {
        inputs: ['x', 'wind'],
        future: ['price'],
        calendar: ['weekday'],
        reads,
      })
      // Four rows of x, wind, price and two numbers of the weekday; ahead of them price and weekday of three, or of the two behind
      // the row that a recursive forecast begins with, which has seen those of the next.
      expect(flatWindows(data.train, data).inputShape).toEqual([1, 4 * 5 + (reads === 'all' ? 2 : 3) * 3])
    }
  })
})

describe('all of them', () => {
  const options = { ...forecasterDefaults, epochs: 1 }
  const namesOf = async (data: WindowedData, more: Partial<typeof forecasterDefaults | { head: 'mixture' }> = {}) =>
    (await baselines(data, { ...options, ...more })).map(({ name }) => name)
  const x = counting(120).map((i) => 2 + Math.sin(i / 5))

  test('by the step of the rows', async () => {
    const always = ['drift', 'window linear', 'window MLP']
    expect(await namesOf(cut({ x }, 4, 1))).toEqual(['last value', 'seasonal naive', ...always])
    const daily = ['last value', 'same weekday a week ago', 'day-of-year mean', ...always]
    expect(await namesOf(cut({ date: days(120), x }, 4, 1))).toEqual(daily)
  })

  test('of times between events also the exponential distribution', async () => {
    expect((await namesOf(cut({ x }, 4, 1), { head: 'mixture' }))[0]).toBe('exponential')
  })
})

test('neither the baselines nor the training of a forecaster ever read the test part', async () => {
  const table = tableOf({ x: counting(60).map((i) => Math.sin(i)) })
  const small = { target: 'x', past: 3, horizon: 1, hidden: 2, epochs: 2 }
  const open = prepareForecaster(table, small)
  const unread = new Proxy<WindowSet>(open.data.test, {
    get(_, property) {
      throw new Error(`the test part was read: ${String(property)}`)
    },
  })
  const closed = { ...prepareForecaster(table, small), data: { ...open.data, test: unread } }
  expect(() => closed.data.test.count).toThrow('the test part was read: count')
  expect(await trainForecaster(closed)).toEqual(await trainForecaster(open))
  await expect(baselines(closed.data, closed.options)).resolves.toHaveLength(5)
})
