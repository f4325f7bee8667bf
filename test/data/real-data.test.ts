import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { inferStep, panelOf, readCsv, showTime, windows } from '../../src/data/index.ts'

const fromRoot = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url))
const weather = fromRoot('node_modules/vega-datasets/data/seattle-weather.csv')

describe('the daily weather of Seattle', () => {
  test('kinds, days and step', async () => {
    const table = await readCsv(weather)
    expect(table.rowCount).toBe(1461)
    expect(table.columns.map((column) => `${column}: ${table.kind(column)}`)).toEqual([
      'date: date',
      'precipitation: number',
      'temp_max: number',
      'temp_min: number',
      'wind: number',
      'weather: text',
    ])
    const times = table.dates('date')
    expect([showTime(times[0]!), showTime(times[1460]!)]).toEqual(['2012-01-01', '2015-12-31'])
    expect(inferStep(times)).toEqual({ unit: 'day', count: 1, label: 'day' })
  })

  test('four weeks past, one ahead', async () => {
    const data = windows(await readCsv(weather), {
      inputs: ['temp_max', 'wind'],
      target: 'temp_max',
      past: 28,
      horizon: 7,
    })
    // Boundaries at rows 1023 and 1242 of 1461.
    expect([data.train.count, data.validation.count, data.test.count]).toEqual([989, 213, 213])
    expect(data.sorted).toBe(false)
    expect(data.table.text('date')[data.test.origin(0) + 1]).toBe('2015-05-27')
  })
})

interface Expected {
  readonly file: string
  readonly rows: number
  readonly time: string
  readonly step: string
  readonly target: string
  readonly ends: readonly [first: string, last: string]
}

const shared: Expected[] = [
  {
    file: 'weather/daily-min-temperatures.csv',
    rows: 3650,
    time: 'Date',
    step: 'day',
    target: 'Temp',
    ends: ['1981-01-01', '1990-12-31'],
  },
  {
    file: 'stocks/sp500-2000-daily.csv',
    rows: 5105,
    time: 'date',
    step: 'weekday',
    target: 'close',
    ends: ['2000-01-03', '2020-04-17'],
  },
  {
    file: 'outbreak/covid-italy-national-daily.csv',
    rows: 1781,
    time: 'data',
    step: 'day',
    target: 'nuovi_positivi',
    ends: ['2020-02-24T18:00:00Z', '2025-01-08T17:00:00Z'],
  },
  {
    file: 'forecast-benchmarks/ETTh1.csv',
    rows: 17420,
    time: 'date',
    step: 'hour',
    target: 'OT',
    ends: ['2016-07-01', '2018-06-26T19:00:00Z'],
  },
  {
    file: 'forecast-benchmarks/airline-passengers.csv',
    rows: 144,
    time: 'Month',
    step: 'month',
    target: 'Passengers',
    ends: ['1949-01-01', '1960-12-01'],
  },
  {
    file: 'forecast-benchmarks/monthly-sunspots.csv',
    rows: 2820,
    time: 'Month',
    step: 'month',
    target: 'Sunspots',
    ends: ['1749-01-01', '1983-12-01'],
  },
]

describe('shared tables', () => {
  for (const { file, rows, time, step, target, ends } of shared) {
    const path = fromRoot(`../shared/data/${file}`)
    test(file, async (context) => {
      if (!existsSync(path)) context.skip('the shared data is not beside this checkout')
      const table = await readCsv(path)
      expect(table.rowCount).toBe(rows)
      expect(table.timeColumn).toBe(time)
      expect(table.kind(target)).toBe('number')
      const times = table.dates(time)
      expect([showTime(times[0]!), showTime(times.at(-1)!)]).toEqual(ends)
      expect(inferStep(times)?.label).toBe(step)
      expect(windows(table, { target, past: 12, horizon: 3 }).train.count).toBe(Math.round(0.7 * rows) - 14)
    })
  }

  test('stocks-monthly.csv holds several series, named by a column', async (context) => {
    const path = fromRoot('../shared/data/stocks/stocks-monthly.csv')
    if (!existsSync(path)) context.skip('the shared data is not beside this checkout')
    const table = await readCsv(path, { name: 'stocks-monthly.csv' })
    expect(showTime(table.dates('date')[1]!)).toBe('2000-02-01')
    expect(() => windows(table, { target: 'price', past: 12, horizon: 3 })).toThrow(
      "'stocks-monthly.csv', column 'date': expected each time once, got 2000-01-01 in rows 1 and 124; " +
        "name the column of series: id: 'symbol' (--id symbol), or merge such rows with duplicates: 'first', 'last' or 'mean' (--duplicates mean)",
    )
    const panel = panelOf(table, { id: 'symbol' })
    expect(panel.series.map(({ id, start, end }) => `${id} ${end - start}`)).toEqual([
      'AAPL 123',
      'AMZN 123',
      'GOOG 68',
      'IBM 123',
      'MSFT 123',
    ])
    expect(panel.notes).toEqual(["5 series by 'symbol', of 68 to 123 rows", 'one row a month'])
  })
})
