import { describe, expect, test } from 'vitest'
import { Random } from '../../../src/base/random.ts'
import { normal } from '../../../src/tasks/heads/gaussian.ts'
import { headOf, pointAt } from '../../../src/tasks/heads/index.ts'
import {
  accuracy,
  brier,
  coverage,
  crps,
  logLoss,
  meanWidth,
  nats,
  reliability,
  scoresOf,
} from '../../../src/tasks/metrics/index.ts'

describe('distributions', () => {
  const random = new Random(5, 'scores')
  const distributions = Array.from({ length: 400 }, (_, i) => normal(i, 1 + (i % 3)))
  const actual = distributions.map((one) => one.sample(random))

  test('that are right have the coverage they say, and the entropy in nats', () => {
    const scores = scoresOf({ forecasts: distributions, actual, levels: [0.5, 0.9] })
    const [half, most] = scores.intervals!
    expect(Math.abs(half!.coverage - 0.5)).toBeLessThan(4 * Math.sqrt(0.25 / 400))
    expect(Math.abs(most!.coverage - 0.9)).toBeLessThan(4 * Math.sqrt(0.09 / 400))
    expect(most!.width).toBeCloseTo(2 * 1.6448536 * ((134 + 2 * 133 + 3 * 133) / 400), 5)
    const entropy = 0.5 * Math.log(2 * Math.PI * Math.E) + (133 * Math.log(2) + 133 * Math.log(3)) / 400
    expect(Math.abs(scores.nats! - entropy)).toBeLessThan(4 * Math.sqrt(0.5 / 400))
    expect(scores.crps).toBe(crps(distributions, actual))
    expect(scores.nats).toBe(nats(distributions, actual))
    expect(JSON.parse(JSON.stringify(scores))).toEqual(scores)
  })

  test('of points have a CRPS that is the absolute error, and no nats', () => {
    const points = scoresOf({ forecasts: [pointAt(1), pointAt(4)], actual: [2, 2], levels: [0.8] })
    expect(points.crps).toBe(points.mae)
    expect(points).not.toHaveProperty('nats')
    expect(points.intervals).toEqual([{ level: 0.8, coverage: 0, width: 0 }])
  })

  test('take intervals made elsewhere', () => {
    const wide = scoresOf({ forecasts: distributions, actual, levels: [0.8], interval: () => [-1e3, 1e3] })
    expect(wide.intervals).toEqual([{ level: 0.8, coverage: 1, width: 2e3 }])
  })

  test('intervals hold their ends', () => {
    expect(coverage([0, 0, 0], [1, 1, 1], [0, 1, 1.1])).toBeCloseTo(2 / 3, 12)
    expect(meanWidth([0, 1], [4, 2])).toBe(2.5)
  })
})

describe('numbers', () => {
  test('have what there is something for', () => {
    expect(scoresOf({ forecasts: [1, 2], actual: [2, 0] })).toEqual({
      mae: 1.5,
      rmse: Math.sqrt(2.5),
      mape: 50,
      zeros: 1,
      smape: expect.closeTo((200 / 3 + 200) / 2, 12),
    })
    expect(scoresOf({ forecasts: [1], actual: [0] })).toEqual({ mae: 1, rmse: 1, zeros: 1, smape: 200 })
  })

  test('over series, a series counts once', () => {
    const given = { forecasts: [1, 1, 1, 1, 9, 9], actual: [2, 2, 2, 2, 9, 9], scales: [1, 1, 1] }
    expect(scoresOf(given).mase).toBeCloseTo(2 / 3, 12)
    expect(scoresOf({ ...given, series: ['a', 'a', 'b'] }).mase).toBe(0.5)
    expect(() => scoresOf({ ...given, series: ['a', 'b'] })).toThrow(
      'metrics: expected a scale and a series for each window, got 3 scales and 2 series for 6 values',
    )
  })
})

describe('events', () => {
  const [chances, actual] = [
    [0.9, 0.2, 0.6, 0],
    [1, 0, 0, 0],
  ]

  test('by hand', () => {
    expect(brier(chances, actual)).toBeCloseTo((0.01 + 0.04 + 0.36) / 4, 12)
    expect(logLoss(chances, actual)).toBeCloseTo(-(Math.log(0.9) + Math.log(0.8) + Math.log(0.4)) / 4, 12)
    expect(accuracy(chances, actual)).toBe(0.75)
    expect(logLoss([0], [1])).toBeCloseTo(15 * Math.LN10, 9)
  })

  test('from the head of events have their own metrics', () => {
    const head = headOf({ head: 'bernoulli' })
    const forecasts = [2, -1, 0.5].map((logit) => head.distribution([logit], 0, 0, 1))
    const scores = scoresOf({ forecasts, actual: [1, 0, 0], levels: [0.8] })
    expect(Object.keys(scores)).toEqual(['mae', 'rmse', 'logLoss', 'brier', 'accuracy'])
    expect(scores.brier).toBeCloseTo(scores.rmse ** 2, 12)
  })

  test('the parts of the Brier score add up to it, where a bin has one probability', () => {
    const random = new Random(2, 'events')
    const chances = Array.from({ length: 3000 }, (_, i) => [0.05, 0.35, 0.85][i % 3]!)
    const came = chances.map((chance) => Number(random.uniform() < chance))
    const parts = reliability(chances, came)
    expect(parts.reliability - parts.resolution + parts.uncertainty).toBeCloseTo(brier(chances, came), 12)
    expect(parts.reliability).toBeLessThan(0.001)
    expect(parts.bins.map(({ count }) => count)).toEqual([1000, 0, 0, 1000, 0, 0, 0, 0, 1000, 0])
    expect(parts.bins[8]).toMatchObject({ from: 0.8, to: 0.9, predicted: expect.closeTo(0.85, 9) })
    expect(reliability([1, 0], [1, 0], 4).bins.map(({ count }) => count)).toEqual([1, 0, 0, 1])
  })
})
