import { describe, expect, test } from 'vitest'
import { tableOf, windows } from '../../src/data/index.ts'
import type { Model } from '../../src/layers/index.ts'
import { lastValue } from '../../src/tasks/baselines/index.ts'
import { type Score, scoreOn, verdict } from '../../src/tasks/evaluation.ts'
import { forecasterMemory, headFor, prepareForecaster, trainForecaster } from '../../src/tasks/forecaster.ts'
import { forecasterDefaults } from '../../src/tasks/forecaster-options.ts'
import { metricsOf } from '../../src/tasks/metrics.ts'

describe('metricsOf', () => {
  test('the mean of the errors, and the root of the mean of their squares', () => {
    // errors 1, -2, 0, 3: 6 / 4 and √(14 / 4)
    expect(metricsOf([2, 0, 5, 10], [1, 2, 5, 7])).toEqual({ mae: 1.5, rmse: Math.sqrt(3.5) })
    expect(metricsOf([4], [4])).toEqual({ mae: 0, rmse: 0 })
  })

  test('refuses what cannot be compared', () => {
    expect(() => metricsOf([1, 2], [1])).toThrow('metrics: expected as many predictions as values, got 2 and 1')
    expect(() => metricsOf([], [])).toThrow(RangeError)
  })
})

test('the memory told before training is what training and scoring come to', async () => {
  const x = Array.from({ length: 200 }, (_, i) => Math.sin(i / 5))
  const options = { target: 'x', past: 9, horizon: 2, hidden: 6, epochs: 2, batch: 16 }
  // Most is held by a step of training in one, by scoring the test part in the other.
  for (const split of [
    [0.8, 0.1, 0.1],
    [0.2, 0.1, 0.7],
  ] as const) {
    const forecaster = prepareForecaster(tableOf({ x }), { ...options, split })
    const { total } = forecasterMemory(forecaster)
    await trainForecaster(forecaster)
    forecaster.model.predict(forecaster.data.test)
    const { kept, arenaPeak } = forecaster.model.kernels.memory.usage()
    expect(kept + arenaPeak).toBeLessThanOrEqual(total)
    // Scoring knows no targets, which the plan counts with.
    expect(kept + arenaPeak).toBeGreaterThan(0.98 * total)
  }
})

describe('scoreOn', () => {
  const table = tableOf({ x: [1, 2, 3, 4, 5, 6, 7, 8, 10, 13] })
  const data = windows(table, { target: 'x', past: 1, horizon: 1, split: [0.5, 0.2, 0.3] })
  // Says the seventh value always; the test part is 8, 10, 13 after 7, 8, 10. Its mean is 3 and its deviation √2 in training.
  const model = {
    outputs: () => ({ data: new Float64Array(3).fill(4 / Math.SQRT2), shape: [3, 1, 1] }),
  } as Partial<Model> as Model
  const options = { ...forecasterDefaults, target: 'x', inputs: ['x'], cell: 'seven' }
  const seven = { options, head: headFor(options), models: [model] }

  test('the model first, then each baseline or the reason there is none', () => {
    const reason = 'no column of dates'
    const short = { name: 'short', predict: () => Float64Array.of(1, Number.NaN, 3) }
    const scores = scoreOn(seven, data, [lastValue(), { name: 'seasonal', reason }, short])
    expect(scores.map(({ name }) => name)).toEqual(['SEVEN', 'last value', 'seasonal', 'short'])
    expect(scores[0]!.metrics!.mae).toBeCloseTo((1 + 3 + 6) / 3, 12)
    expect(scores[0]!.metrics!.rmse).toBeCloseTo(Math.sqrt((1 + 9 + 36) / 3), 12)
    expect(scores[1]!.metrics).toMatchObject({ mae: (1 + 2 + 3) / 3, rmse: Math.sqrt((1 + 4 + 9) / 3) })
    expect(scores[2]!.reason).toBe(reason)
    expect(scores[3]!.reason).toBe('the table does not reach back far enough')
  })

  test('refuses a split without a test part', () => {
    const untested = windows(table, { target: 'x', past: 1, horizon: 1, split: [0.5, 0.5, 0] })
    expect(() => scoreOn(seven, untested, [])).toThrow("'table' leaves no test windows; give the split a test share")
  })
})

describe('verdict', () => {
  const score = (name: string, mae: number): Score => ({ name, metrics: { mae, rmse: mae } })

  test('better than all', () => {
    expect(verdict([score('LSTM', 3), score('last value', 4), score('mean', 5), score('MLP', 3.75)])).toBe(
      'The LSTM beats last value by 25.0 %, mean by 40.0 %, and MLP by 20.0 % in mean absolute error.',
    )
  })

  test('better than some', () => {
    expect(verdict([score('GRU', 3), score('last value', 4), { name: 'mean', reason: 'none' }, score('MLP', 2)])).toBe(
      'The GRU beats last value by 25.0 % in mean absolute error, and is behind MLP by 50.0 %.',
    )
  })

  test('better than none; a draw goes to the simpler one', () => {
    expect(verdict([score('RNN', 4), score('last value', 4), score('mean', 2)])).toBe(
      'The RNN is behind last value by 0.0 % and mean by 100.0 % in mean absolute error: use the simpler one.',
    )
  })

  test('nothing to compare with, and a baseline without error, which no share measures', () => {
    expect(verdict([score('LSTM', 3), { name: 'mean', reason: 'none' }])).toBe(
      'There is nothing here to hold the LSTM against.',
    )
    expect(verdict([score('LSTM', 3), score('last value', 0)])).toBe(
      'The LSTM is behind last value in mean absolute error: use the simpler one.',
    )
  })
})
