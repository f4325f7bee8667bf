import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { Random } from '../../src/base/random.ts'
import { readCsv, tableOf, type WindowedData, type WindowOptions, windows } from '../../src/data/index.ts'
import { markovChain, sameAsLast, shareOfTraining } from '../../src/tasks/baselines/chances.ts'
import { exponential, exponentialOf } from '../../src/tasks/baselines/exponential.ts'
import { baselines } from '../../src/tasks/baselines/index.ts'
import { windowLinear } from '../../src/tasks/baselines/window-linear.ts'
import { forecasterDefaults } from '../../src/tasks/forecaster-options.ts'
import { crpsByQuantiles } from '../../src/tasks/heads/distribution.ts'
import { metricsOf } from '../../src/tasks/metrics.ts'

const counting = (rows: number) => Array.from({ length: rows }, (_, i) => i)
const random = new Random(1, 'fitted baselines')

function cut(x: ArrayLike<number>, options: Partial<WindowOptions> = {}): WindowedData {
  return windows(tableOf({ x }), { target: 'x', past: 3, horizon: 2, split: [0.5, 0.25, 0.25], ...options })
}

const shared = (path: string) => fileURLToPath(new URL(`../../../shared/data/${path}`, import.meta.url))

describe('window linear', () => {
  /** An autoregression of second order without noise: two steps ahead are linear in the two last values. */
  const waves = (phase: number, size = 1) => counting(200).map((i) => size * (3 + Math.sin(i / 3 + phase)))

  test('finds what is linear, in the table’s own units', () => {
    const data = cut(waves(0, 50))
    const said = windowLinear(data).predict!(data.test, data)
    for (const [i, value] of data.test.targets().entries()) expect(said[i]).toBeCloseTo(value, 1)
  })

  test('of many series each in its own units, and at the level of each window', () => {
    const x = [...waves(0), ...waves(1, 1000)]
    const table = tableOf({ id: counting(400).map((i) => (i < 200 ? 'a' : 'b')), x })
    for (const normalise of ['none', 'last'] as const) {
      const data = windows(table, { target: 'x', id: 'id', past: 3, horizon: 2, normalise })
      const said = windowLinear(data).predict!(data.test, data)
      const off = data.test.targets().map((value, i) => Math.abs(said[i]! - value) / value)
      expect(Math.max(...off)).toBeLessThan(1e-3)
    }
  })

  test('takes a large ridge where inputs are chance: it then says little but the mean', () => {
    const data = cut(
      counting(90).map(() => random.normal()),
      { past: 20, split: [0.5, 0.3, 0.2] },
    )
    const said = windowLinear(data).predict!(data.test, data)
    const { mae } = metricsOf(
      said,
      said.map(() => data.spec.scalers.x!.shift),
    )
    expect(mae).toBeLessThan(0.5)
  })

  test('reads neither test rows nor, but for the ridge, validation rows', () => {
    const x = counting(120).map((i) => Math.sin(i / 3) + random.normal() / 10)
    const changed = x.map((value, i) => (i < 90 ? value : -value))
    const [data, other] = [cut(x), cut(changed)]
    expect(windowLinear(other).predict!(data.test, data)).toEqual(windowLinear(data).predict!(data.test, data))
  })

  test('is absent where a window has very many numbers, saying how many', () => {
    const data = cut(counting(4000).map(Math.sin), { past: 1600 })
    expect(windowLinear(data)).toEqual({
      name: 'window linear',
      reason: 'a window has 1600 numbers, more than the 1500 that are fitted in seconds',
    })
  })

  test('Melbourne, one step ahead of seven: an RMSE of 2.30 °C', async (context) => {
    const path = shared('weather/daily-min-temperatures.csv')
    if (!existsSync(path)) context.skip('the shared data is not beside this checkout')
    const split = { validation: 365, test: 365 }
    const data = windows(await readCsv(path), { target: 'Temp', past: 7, horizon: 1, split })
    const { rmse } = metricsOf(windowLinear(data).predict!(data.test, data), data.test.targets())
    expect(rmse.toFixed(2)).toBe('2.30')
  })
})

describe('chances of events', () => {
  const x = [0, 0, 1, 1, 1, 0, 1, 1, 0, 0, 1, 0, 1, 1, 0, 1]
  const data = cut(x, { past: 1, scale: 'none' }) // 8 rows to train
  const at = (baseline: ReturnType<typeof sameAsLast>) => baseline.say!(data.test, data)

  test('the share in training', () => {
    expect(at(shareOfTraining(data))(0, 1).chance).toBe(5 / 8)
  })

  test('the same as the last, for certain', () => {
    const said = at(sameAsLast())
    expect(counting(data.test.count).map((window) => said(window, 1).chance)).toEqual([0, 1, 1])
    expect(sameAsLast().predict!(data.test, data)).toEqual(Float64Array.of(0, 0, 1, 1, 1, 1))
  })

  test('a Markov chain: transitions counted in training, and its chances further ahead', () => {
    // Of training: after none, none once and one twice; after one, none once and one three times.
    const [after0, after1] = [3 / 5, 4 / 6]
    const said = at(markovChain(data))
    expect(said(0, 0).chance).toBeCloseTo(after0, 12) // follows a 0
    expect(said(1, 0).chance).toBeCloseTo(after1, 12) // follows a 1
    expect(said(1, 1).chance).toBeCloseTo(after1 * after1 + (1 - after1) * after0, 12)
  })

  test('a Markov chain is absent where something is neither 0 nor 1', () => {
    expect(markovChain(cut([...x, 0.5, 1, 0], { past: 1, scale: 'none' }))).toEqual({
      name: 'Markov chain',
      reason: 'it knows 0 and 1 alone, and x is also 0.5',
    })
  })

  test('stand alone where events are forecast', async () => {
    const all = await baselines(data, { ...forecasterDefaults, head: 'bernoulli' })
    expect(all.map(({ name }) => name)).toEqual(['share in training', 'same as the last', 'Markov chain'])
  })

  test('Seattle, rain today from the day before: a log loss of 0.60', async () => {
    const path = fileURLToPath(new URL('../../node_modules/vega-datasets/data/seattle-weather.csv', import.meta.url))
    const rain = (await readCsv(path)).numbers('precipitation').map((value) => (value > 0 ? 1 : 0))
    const split = { validation: 0, test: 365 }
    const seattle = cut(rain, { past: 1, horizon: 1, scale: 'none', split })
    const said = markovChain(seattle).say!(seattle.test, seattle)
    const losses = Array.from(seattle.test.targets(), (value, i) => -said(i, 0).logDensity(value))
    expect((losses.reduce((sum, loss) => sum + loss, 0) / 365).toFixed(2)).toBe('0.60')
  })
})

describe('the exponential distribution', () => {
  test('of the mean in training, each series by itself', () => {
    const x = [...counting(20).map((i) => 1 + (i % 2)), ...counting(20).map((i) => 50 + 100 * (i % 2))]
    const table = tableOf({ id: counting(40).map((i) => (i < 20 ? 'a' : 'b')), x })
    const data = windows(table, { target: 'x', id: 'id', past: 2, horizon: 1, split: [0.5, 0.25, 0.25] })
    const said = exponential(data).say!(data.test, data)
    const windowOf = (id: string) => counting(data.test.count).find((i) => data.test.series(i).id === id)!
    expect(said(windowOf('a'), 0).mean).toBe(1.5)
    expect(said(windowOf('b'), 0).mean).toBe(100)
  })

  test('quantiles, density, CRPS and samples are of one distribution', () => {
    const said = exponentialOf(4)
    expect(said.quantile(1 - Math.exp(-1))).toBeCloseTo(4, 12)
    expect(said.logDensity(4)).toBeCloseTo(-Math.log(4) - 1, 12)
    expect(said.logDensity(-1)).toBe(Number.NEGATIVE_INFINITY)
    for (const y of [-1, 0, 0.5, 4, 20]) expect(said.crps(y)).toBeCloseTo(crpsByQuantiles(said.quantile, y), 2)
    const samples = counting(4000).map(() => said.sample(random))
    expect(samples.reduce((sum, value) => sum + value, 0) / 4000).toBeCloseTo(4, 0)
  })
})
