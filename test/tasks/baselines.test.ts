import { describe, expect, test } from 'vitest'
import {
  type Cell,
  type Split,
  tableOf,
  type WindowedData,
  type WindowSet,
  windows,
  windowsFrom,
} from '../../src/data/index.ts'
import { baselines, lastValue, seasonal, windowMlp } from '../../src/tasks/baselines.ts'
import { prepareForecaster, trainForecaster } from '../../src/tasks/forecaster.ts'

const HOUR = 3_600_000
const counting = (rows: number) => Array.from({ length: rows }, (_, i) => i)
const times = (rows: number, at: (i: number) => number) => counting(rows).map((i) => new Date(at(i)).toISOString())
const days = (rows: number, from = '2023-01-01') => times(rows, (i) => Date.parse(from) + i * 24 * HOUR)
const halves: Split = [0.5, 0.25, 0.25]

function cut(columns: Record<string, ArrayLike<Cell>>, past: number, horizon: number, split: Split = halves) {
  return windows(tableOf(columns), { target: 'x', past, horizon, split })
}

/** What the baseline says of each test window. */
function predictions(data: WindowedData, baseline = seasonal(data)): number[][] {
  const { horizon } = data.spec
  const flat = [...baseline.predict!(data.test, data.table)]
  return counting(data.test.count).map((i) => flat.slice(i * horizon, (i + 1) * horizon))
}

describe('last value', () => {
  test('repeats what was last seen for every step ahead', () => {
    const data = cut({ x: [3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5, 8] }, 2, 2, [0.5, 0.2, 0.3])
    // The test part begins at row 8 (5, 3, 5, 8): its windows follow rows 7, 8 and 9.
    expect(predictions(data, lastValue(data))).toEqual([
      [6, 6],
      [5, 5],
      [3, 3],
    ])
  })
})

describe('seasonal, of days', () => {
  /** Two years and a half to train: a day's value is its day of the year, 1000 more in 2022, 2000 more in 2023. */
  const dayOfYear = (time: string) => (Date.parse(time) - Date.parse(`${time.slice(0, 4)}-01-01`)) / (24 * HOUR) + 1

  test('the mean over the training years of the same day of the year', () => {
    const date = days(1095, '2021-01-01')
    const x = date.map((day) => dayOfYear(day) + 1000 * (Number(day.slice(0, 4)) - 2021))
    const data = cut({ date, x }, 1, 2, [730 / 1095, 0.1, 1 - 730 / 1095 - 0.1])
    // 2021 and 2022 train: the mean of a day d is (d + d + 1000) / 2.
    const [first] = predictions(data)
    const row = data.test.origin(0) + 1
    expect(row).toBeGreaterThan(730)
    expect(first).toEqual([row - 730 + 1 + 500, row - 730 + 2 + 500])
    expect(seasonal(data).name).toBe('day-of-year mean')
  })

  test('each date keeps its day in leap years; a 29 February never seen takes the day before', () => {
    const date = days(800, '2022-06-01') // to 8 August 2024; 29 February 2024 is row 638
    const x = date.map((day) => Number(day.slice(5, 7)) * 100 + Number(day.slice(8, 10))) // 1 March is 301
    const data = cut({ date, x }, 1, 3, [600 / 800, 30 / 800, 170 / 800])
    const rows = predictions(data)
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
    expect(predictions(data)[newYear - 1 - data.test.origin(0)]).toEqual([1231])
  })

  test('knows the train part alone', () => {
    const date = days(1000)
    const x = counting(1000).map((i) => Math.sin(i / 58) * 10)
    const changed = x.map((value, i) => (i < 500 ? value : 999 - i))
    const [data, other] = [cut({ date, x }, 1, 2), cut({ date, x: changed }, 1, 2)]
    expect(predictions(other)).toEqual(predictions(data))
    // And so does what it says of another table.
    const { test: rows, table } = windowsFrom({ ...data.spec, split: [0, 0, 1] }, tableOf({ date, x: changed }))
    expect(seasonal(data).predict!(rows, table)[0]).toBe((x[1]! + x[366]!) / 2) // 2 January of two years
  })

  test('is absent with less than a year to train on, saying so', () => {
    expect(seasonal(cut({ date: days(600), x: counting(600) }, 1, 2))).toEqual({
      name: 'day-of-year mean',
      reason: 'fewer than a year of training rows (300)',
    })
  })
})

describe('seasonal, of other steps', () => {
  const month = (i: number) => Date.UTC(2000, i, 1)

  test('hours: the same hour the day before', () => {
    const date = times(100, (i) => Date.UTC(2024, 0, 1) + i * HOUR)
    const data = cut({ date, x: counting(100).map((i) => i * i) }, 2, 3)
    expect(seasonal(data).name).toBe('same hour the day before')
    const origin = data.test.origin(0)
    expect(predictions(data)[0]).toEqual([1, 2, 3].map((ahead) => (origin + ahead - 24) ** 2))
  })

  test('months: the same month the year before, however long its days', () => {
    const data = cut({ date: times(80, month), x: counting(80).map((i) => i * i) }, 2, 12)
    expect(seasonal(data).name).toBe('same month the year before')
    const origin = data.test.origin(0)
    expect(predictions(data)[0]).toEqual(counting(12).map((ahead) => (origin + 1 + ahead - 12) ** 2))
  })

  test('weeks: the same week the year before', () => {
    const date = times(200, (i) => Date.UTC(2020, 0, 6) + i * 7 * 24 * HOUR)
    const data = cut({ date, x: counting(200).map((i) => i * i) }, 2, 1)
    expect(seasonal(data).name).toBe('same week the year before')
    expect(predictions(data)[0]).toEqual([(data.test.origin(0) + 1 - 52) ** 2])
  })

  test.each<[string, WindowedData]>([
    ['no column of dates', cut({ x: counting(100) }, 2, 1)],
    [
      'no season known for rows every 15 minutes',
      cut({ date: times(100, (i) => i * 0.25 * HOUR), x: counting(100) }, 2, 1),
    ],
    [
      'the horizon of 13 is longer than a season of 12',
      cut({ date: times(100, month), x: counting(100).map((i) => i % 7) }, 2, 13),
    ],
    ['fewer than the 12 training rows of a season', cut({ date: times(20, month), x: counting(20) }, 2, 1)],
  ])('is absent, saying why: %s', (reason, data) => {
    expect(seasonal(data)).toEqual({ name: 'seasonal', reason })
  })

  test('has nothing to say of rows less than a season from the start of another table', () => {
    const data = cut({ date: times(80, month), x: counting(80) }, 2, 1)
    const other = windowsFrom({ ...data.spec, split: [0, 0, 1] }, tableOf({ date: times(14, month), x: counting(14) }))
    const said = [...seasonal(data).predict!(other.test, other.table)]
    expect(said.slice(-2)).toEqual([0, 1])
    expect(said.slice(0, -2).every(Number.isNaN)).toBe(true)
  })
})

describe('window MLP', () => {
  const options = { epochs: 4, batch: 16, learningRate: 1e-2, seed: 1 }
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

  test('stands last of three', async () => {
    const all = await baselines(cut({ x }, 4, 1), { ...options, epochs: 1 })
    expect(all.map(({ name }) => name)).toEqual(['last value', 'seasonal', 'window MLP'])
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
  await expect(baselines(closed.data, closed.options)).resolves.toHaveLength(3)
})
