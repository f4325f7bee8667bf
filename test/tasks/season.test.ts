import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { readCsv, type Split, type Step, tableOf, type WindowedData, windows } from '../../src/data/index.ts'
import { seasonalNaive } from '../../src/tasks/baselines/naive.ts'
import { metricsOf } from '../../src/tasks/metrics.ts'
import { inSampleErrors, seasonOf, seasonsOf } from '../../src/tasks/season.ts'

const HOUR = 3_600_000
const counting = (rows: number) => Array.from({ length: rows }, (_, i) => i)
const times = (rows: number, every: number) => counting(rows).map((i) => new Date(Date.UTC(2024, 0, 1) + i * every))

/** A little of something else, so that no season fits to the last bit. */
const noise = (i: number) => ((i * 7919) % 101) / 1000

function cut(x: readonly number[], every?: number, split: Split = [0.6, 0.2, 0.2]): WindowedData {
  const date = every === undefined ? {} : { date: times(x.length, every) }
  return windows(tableOf({ ...date, x }), { target: 'x', past: 2, horizon: 1, split })
}

describe('the seasons of a step', () => {
  const step = (unit: Step['unit'], count = 1): Step => ({ unit, count, label: '' })

  test.each<[Step, (readonly [number, string])[]]>([
    [
      step('hour'),
      [
        [24, 'same hour the day before'],
        [168, 'same hour a week ago'],
      ],
    ],
    [
      step('minute', 15),
      [
        [96, 'same time the day before'],
        [672, 'same time a week ago'],
      ],
    ],
    [
      step('day'),
      [
        [7, 'same weekday a week ago'],
        [365, 'same day the year before'],
      ],
    ],
    [step('weekday'), [[5, 'same weekday a week ago']]],
    [step('week'), [[52, 'same week the year before']]],
    [step('month'), [[12, 'same month the year before']]],
    [step('month', 3), [[4, 'same quarter the year before']]],
    [step('year'), []],
    [step('month', 5), []],
    [step('hour', 7), [[24, 'same time a week ago']]], // a day is no whole number of rows
  ])('%o', (step, seasons) => {
    expect(seasonsOf(step).map(({ rows, name }) => [rows, name])).toEqual(seasons)
  })

  test('none without regular times', () => {
    expect(seasonsOf(undefined)).toEqual([])
    expect(seasonOf(cut(counting(100).map((i) => Math.sin(i))))).toBeUndefined()
  })
})

describe('the season that is taken', () => {
  const daily = counting(800).map((i) => Math.sin((2 * Math.PI * i) / 24) + i / 3000 + noise(i))
  const weekly = counting(800).map((i) => (Math.floor(i / 24) % 7 < 5 ? daily[i]! : i / 3000 + noise(i)))

  test('is the one whose naive forecast errs least in training', () => {
    expect(seasonOf(cut(daily, HOUR))?.name).toBe('same hour the day before')
    expect(seasonOf(cut(weekly, HOUR))?.name).toBe('same hour a week ago')
  })

  test('fits twice into the training rows, and no row behind them is looked at', () => {
    expect(seasonOf(cut(weekly.slice(0, 500), HOUR))?.rows).toBe(24) // 300 to train, under two weeks
    const turned = weekly.map((value, i) => (i < 480 ? value : daily[i]!))
    expect(seasonOf(cut(turned, HOUR))?.rows).toBe(168)
    expect(seasonOf(cut(daily.slice(0, 70), HOUR))).toBeUndefined()
  })

  test('is the one asked for, whatever fits', () => {
    expect(seasonOf(cut(daily, HOUR), 168)).toEqual({ rows: 168, name: 'same hour a week ago' })
    expect(seasonOf(cut(daily, HOUR), 11)).toEqual({ rows: 11, name: 'same row 11 rows before' })
    expect(seasonOf(cut(daily), 24)).toEqual({ rows: 24, name: 'same row 24 rows before' })
  })

  test('of many series each counts alike, whatever its size', () => {
    // A large series of days, and two small ones of weeks.
    const rows = 800
    const id = counting(3 * rows).map((i) => 'abc'[Math.floor(i / rows)]!)
    const x = [...daily.map((value) => 1e6 * value), ...weekly, ...weekly.map((value) => value / 10)]
    const date = [...times(rows, HOUR), ...times(rows, HOUR), ...times(rows, HOUR)]
    const data = windows(tableOf({ date, id, x }), { target: 'x', id: 'id', past: 2, horizon: 1 })
    expect(seasonOf(data)?.name).toBe('same hour a week ago')
  })
})

describe('errors within the series', () => {
  const x = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512]
  const id = [...'aaaaaaaaaa', ...'bbbbbbbbbb']
  const data = windows(tableOf({ id, x: [...x, ...x.map((value) => 10 * value)] }), {
    ...{ target: 'x', id: 'id', past: 1, horizon: 1 },
    split: [0.4, 0.2, 0.4],
  })
  const two = { rows: 2, name: '' }

  test('of the value a season before, series by series, ahead of the test part or on the training rows alone', () => {
    const ofTraining = (3 + 6) / 2 // 4 - 1, 8 - 2
    const ahead = (3 + 6 + 12 + 24) / 4
    expect([...inSampleErrors(data, two, 'validation')]).toEqual([
      ['a', ofTraining],
      ['b', 10 * ofTraining],
    ])
    expect([...inSampleErrors(data, two)]).toEqual([
      ['a', ahead],
      ['b', 10 * ahead],
    ])
  })

  test('without a season of the value before', () => {
    expect(inSampleErrors(data, undefined, 'validation').get('a')).toBe((1 + 2 + 4) / 3)
  })
})

const outbreak = fileURLToPath(new URL('../../../shared/data/outbreak/covid-italy-national-daily.csv', import.meta.url))

test('Italy, new cases a day, the last fifth: the same weekday a week ago errs by 172.2', async (context) => {
  if (!existsSync(outbreak)) context.skip('the shared data is not beside this checkout')
  const split = { validation: 0, test: 1781 - Math.floor(0.8 * 1781) }
  const data = windows(await readCsv(outbreak), { target: 'nuovi_positivi', past: 7, horizon: 1, split })
  const season = seasonOf(data)
  expect(season?.name).toBe('same weekday a week ago')
  const { mae } = metricsOf(seasonalNaive(season).predict!(data.test, data), data.test.targets())
  expect(mae.toFixed(1)).toBe('172.2')
})
