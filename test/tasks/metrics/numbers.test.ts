import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import {
  mae,
  mape,
  mase,
  perSeries,
  pinball,
  rmse,
  scoresOf,
  seasonalError,
  smape,
} from '../../../src/tasks/metrics/index.ts'

describe('errors of numbers', () => {
  const [predicted, actual] = [
    [2, 0, 5, 10],
    [1, 2, 5, 8],
  ]

  test('by hand', () => {
    expect(mae(predicted, actual)).toBe(1.25)
    expect(rmse(predicted, actual)).toBe(1.5)
    expect(mape(predicted, actual)).toBe(100 * ((1 + 1 + 0 + 0.25) / 4))
    expect(smape(predicted, actual)).toBeCloseTo((200 / 4) * (1 / 3 + 1 + 0 + 2 / 18), 12)
    expect(pinball(0.9, predicted, actual)).toBeCloseTo((0.1 * 1 + 0.9 * 2 + 0 + 0.1 * 2) / 4, 12)
  })

  test('zeros: left out of percentages, and no error where both are 0', () => {
    expect(mape([1, 3], [0, 2])).toBe(50)
    expect(mape([1], [0])).toBeNaN()
    expect(smape([0, 1], [0, 0])).toBe(100)
  })

  test('in scales: of each window its own, without windows whose series only repeat', () => {
    expect(seasonalError([1, 2, 4, 1, 4, 6], 3)).toBeCloseTo((0 + 2 + 2) / 3, 12)
    expect(seasonalError([1, Number.NaN, 4, 7])).toBe(3)
    expect(seasonalError([1, 2], 3)).toBeNaN()
    expect(mase([1, 2, 3, 4], [2, 2, 1, 1], [2, 5])).toBeCloseTo((1 / 2 + 0 + 2 / 5 + 3 / 5) / 4, 12)
    expect(mase([1, 2, 3, 4], [2, 2, 1, 1], [2, 0])).toBe(0.25)
    expect(mase([1], [2], [0])).toBeNaN()
    expect(() => mase([1, 2, 3], [1, 2, 3], [1, 1])).toThrow(
      'mase: expected a scale for each window, got 2 for 3 values',
    )
  })

  test('per series: a short one counts as a long one', () => {
    const values = [1, 1, 1, 5]
    const metric = (places: readonly number[]) =>
      mae(
        places.map((i) => values[i]!),
        places.map(() => 0),
      )
    expect(perSeries(['a', 'a', 'a', 'b'], metric)).toBe(3)
  })

  test('of lists that differ', () => {
    for (const metric of [mae, rmse, mape, smape])
      expect(() => metric([1, 2], [1])).toThrow('metrics: expected as many predictions as values, got 2 and 1')
  })
})

describe('the seasonal naive forecast of the M4 competition', () => {
  const path = (name: string) =>
    fileURLToPath(new URL(`../../../../shared/data/forecast-benchmarks/${name}`, import.meta.url))
  const seriesOf = (name: string) =>
    readFileSync(path(name), 'utf8')
      .trim()
      .split('\n')
      .map((line) =>
        line
          .split(',')
          .slice(1)
          .filter((cell) => cell !== '')
          .map(Number),
      )

  test('has the published sMAPE and MASE over all 414 hourly series', (context) => {
    if (!existsSync(path('m4-hourly-train.csv'))) context.skip('the shared data is not beside this checkout')
    const [train, actual] = [seriesOf('m4-hourly-train.csv'), seriesOf('m4-hourly-test.csv')]
    expect([train.length, actual.length]).toEqual([414, 414])
    const naive = train.map((series) => Array.from({ length: 48 }, (_, h) => series[series.length - 24 + (h % 24)]!))
    const scores = scoresOf({
      forecasts: naive.flat(),
      actual: actual.flat(),
      scales: train.map((series) => seasonalError(series, 24)),
      series: train.map((_, i) => `H${i + 1}`),
    })
    expect(scores.smape).toBeCloseTo(13.912, 3)
    expect(scores.mase).toBeCloseTo(1.193, 3)
  })
})
