import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { tableOf } from '../../src/data/index.ts'
import { backtest, trainingsOf } from '../../src/tasks/backtest.ts'
import { type BacktestFold, backtestFolds } from '../../src/tasks/backtest-folds.ts'
import { baselines } from '../../src/tasks/baselines/index.ts'
import { type Score, scoreOn } from '../../src/tasks/evaluation.ts'
import { prepareForecaster, trained, trainForecaster } from '../../src/tasks/forecaster.ts'
import { calibration } from '../../src/tasks/intervals.ts'
import { meanMetrics } from '../../src/tasks/metrics/index.ts'

const counting = (rows: number) => Array.from({ length: rows }, (_, i) => i)
const wave = (i: number) => 10 + Math.sin(i / 4) + ((i * 7) % 5) / 20
const day = (i: number) => new Date(Date.UTC(2023, 0, 1 + i)).toISOString().slice(0, 10)
const tiny = { target: 'x', past: 4, horizon: 1, hidden: 2, epochs: 1 } as const
const kernels = 'simd'

const series = (rows: number, change = (value: number, _row: number) => value) =>
  tableOf({ date: counting(rows).map(day), x: counting(rows).map((i) => change(wave(i), i)) })

/** The place of a window's first target in its series. */
const firstTargets = ({ forecaster: { data }, test }: BacktestFold, part: 'train' | 'validation' | 'test') => {
  const set = part === 'test' ? test : data[part]
  return counting(set.count).map((i) => ({ id: set.series(i).id, first: set.origin(i) + 1 - set.series(i).start }))
}

const requests = fc.record({
  lengths: fc.array(fc.integer({ min: 90, max: 130 }), { minLength: 1, maxLength: 3 }),
  past: fc.integer({ min: 1, max: 5 }),
  horizon: fc.integer({ min: 1, max: 3 }),
  split: fc.constantFrom([0.5, 0.2, 0.3] as const, { validation: 15, test: 31 }),
  folds: fc.integer({ min: 1, max: 5 }),
  refit: fc.boolean(),
  every: fc.integer({ min: 1, max: 3 }),
  gap: fc.integer({ min: 0, max: 6 }),
  strategy: fc.constantFrom('direct' as const, 'recursive' as const),
})

test('what is trained and validated on lies before the fold and its gap; each row of the test part is in one fold', () => {
  fc.assert(
    fc.property(requests, ({ lengths, folds, refit, every, gap, ...options }) => {
      const rows = lengths.flatMap((length, s) =>
        counting(length).map((i) => ({ id: `s${s}`, day: day(i), x: wave(i + s) })),
      )
      const table = tableOf({
        id: rows.map(({ id }) => id),
        date: rows.map(({ day }) => day),
        x: rows.map(({ x }) => x),
      })
      const request = { ...tiny, ...options, id: 'id' }
      const { past, horizon } = options
      let passed = 0
      const all = [...backtestFolds(table, request, { folds, refit, every, gap, kernels })]
      const total = all.reduce((sum, fold) => sum + fold.rows, 0)
      for (const fold of all) {
        const { data, training } = fold.forecaster
        const begins = (id: string) => lengths[Number(id.slice(1))]! - total + passed
        const trainedFrom = refit ? begins : (id: string) => lengths[Number(id.slice(1))]! - total
        for (const part of ['train', 'validation'] as const) {
          for (const { id, first } of firstTargets(fold, part))
            expect(first + horizon).toBeLessThanOrEqual(trainedFrom(id) - gap)
          const own = training[part]
          const [answers] = own.targetShape as [number]
          for (const i of counting(own.count)) {
            const { id, start } = own.series(i)
            expect(own.origin(i) + 1 - start + answers).toBeLessThanOrEqual(trainedFrom(id) - gap)
          }
        }
        const tested = firstTargets(fold, 'test')
        for (const { id, first } of tested) {
          expect(first).toBeGreaterThanOrEqual(begins(id))
          expect(first + horizon).toBeLessThanOrEqual(begins(id) + fold.rows)
          expect((first - begins(id)) % every).toBe(0)
          expect(first).toBeGreaterThanOrEqual(past)
        }
        expect(tested).toHaveLength(lengths.length * Math.ceil((fold.rows - horizon + 1) / every))
        // Trained anew, a forecaster's own table ends with the fold.
        if (refit)
          expect(data.panel.series.map(({ start, end }) => end - start)).toEqual(
            lengths.map((length) => length - total + passed + fold.rows),
          )
        passed += fold.rows
      }
      expect(Math.max(...all.map(({ rows }) => rows)) - Math.min(...all.map(({ rows }) => rows))).toBeLessThanOrEqual(1)
      expect(all.every(({ forecaster }) => refit || forecaster === all[0]!.forecaster)).toBe(true)
    }),
    { numRuns: 30 },
  )
})

describe('a backtest', () => {
  const split = { validation: 20, test: 30 }
  const request = { ...tiny, split }

  test('trained once says what the same forecaster says of its whole test part, stretch by stretch', async () => {
    const table = series(150)
    const { folds, total, windows } = await backtest(table, request, { folds: 3, kernels })
    expect(folds.map(({ from, to, rows, windows }) => [from, to, rows, windows])).toEqual([
      [day(120), day(129), 10, 10],
      [day(130), day(139), 10, 10],
      [day(140), day(149), 10, 10],
    ])
    const forecaster = prepareForecaster(table, request, kernels)
    await trainForecaster(forecaster)
    const own = trained(forecaster)
    const whole = { ...own, conformal: calibration(own, forecaster.data.validation) }
    const scores = scoreOn(whole, forecaster.data, await baselines(forecaster.data, forecaster.options))
    expect(windows).toBe(30)
    expect(total.map(({ name }) => name)).toEqual(scores.map(({ name }) => name))
    for (const [i, { metrics, reason }] of scores.entries()) {
      expect(total[i]!.reason).toBe(reason)
      if (!metrics) continue
      expect(total[i]!.metrics!.mae).toBeCloseTo(metrics.mae, 10)
      expect(total[i]!.metrics!.rmse).toBeCloseTo(metrics.rmse, 10)
      expect(total[i]!.metrics!.mase).toBeCloseTo(metrics.mase!, 10)
    }
    expect(folds[0]!.scores[0]!.metrics!.mae).not.toBeCloseTo(folds[1]!.scores[0]!.metrics!.mae, 3)
  })

  test('trained anew is in each fold what training on the table up to its end is', async () => {
    const { folds } = await backtest(series(150), request, { folds: 3, refit: true, kernels })
    for (const [k, { scores }] of folds.entries()) {
      const forecaster = prepareForecaster(
        series(130 + 10 * k),
        { ...request, split: { validation: 20, test: 10 } },
        kernels,
      )
      await trainForecaster(forecaster)
      const own = trained(forecaster)
      const whole = { ...own, conformal: calibration(own, forecaster.data.validation) }
      expect(scores).toEqual(scoreOn(whole, forecaster.data, await baselines(forecaster.data, forecaster.options)))
    }
  })

  test('knows nothing of later folds', async () => {
    for (const refit of [false, true]) {
      const plain = await backtest(series(150), request, { folds: 3, refit, kernels })
      const changed = await backtest(
        series(150, (value, row) => (row < 130 ? value : -5 * value)),
        request,
        { folds: 3, refit, kernels },
      )
      expect(changed.folds[0]).toEqual(plain.folds[0])
      expect(changed.folds[1]).not.toEqual(plain.folds[1])
    }
  })

  test('leaves out of the whole what one fold lacks, saying which', async () => {
    const table = series(400)
    const { total, folds } = await backtest(
      table,
      { ...request, split: { validation: 15, test: 40 } },
      { folds: 2, refit: true, kernels },
    )
    const name = 'day-of-year mean'
    expect(folds[1]!.scores.find((score) => score.name === name)?.metrics).toBeDefined()
    expect(total.find((score) => score.name === name)).toEqual({
      name,
      reason: 'fewer than a year of training rows (345) (in fold 1)',
    })
  })

  test('is plain JSON, and its epochs are counted on over all trainings', async () => {
    const epochs: number[] = []
    const options = { ...request, epochs: 2, ensemble: 2 }
    const how = { folds: 2, refit: true, kernels } as const
    const result = await backtest(series(150), options, how, { onEpoch: ({ epoch }) => epochs.push(epoch) })
    expect(JSON.parse(JSON.stringify(result))).toEqual(result)
    expect(trainingsOf({ ensemble: 2, head: 'point' }, how)).toBe(6)
    expect(epochs).toEqual(counting(12).map((i) => i + 1))
    expect(trainingsOf({ ensemble: 1, head: 'bernoulli' }, { folds: 5 })).toBe(1)
  })

  test('of columns of one kind, without dates, and of a split in shares', async () => {
    const table = tableOf({ a: counting(100).map(wave), b: counting(100).map((i) => 50 * wave(i + 3)) })
    const { folds, windows } = await backtest(
      table,
      { ...tiny, target: 'a', wide: ['a', 'b'], split: [0.5, 0.2, 0.3] },
      { folds: 2, refit: true, kernels },
    )
    expect(folds.map(({ from, to }) => [from, to])).toEqual([
      [71, 85],
      [86, 100],
    ])
    expect(windows).toBe(2 * 30)
  })

  test('goes over gaps that were filled', async () => {
    const rows = counting(150).filter((i) => i % 11 !== 5)
    const table = tableOf({ date: rows.map(day), x: rows.map(wave) })
    const { folds } = await backtest(table, { ...request, missing: 'previous' }, { folds: 3, refit: true, kernels })
    expect(folds.map(({ from, to }) => [from, to])).toEqual([
      [day(120), day(129)],
      [day(130), day(139)],
      [day(140), day(149)],
    ])
  })

  test.each([
    [{ folds: 0 }, {}, 'folds: expected a whole number of at least 1, got 0'],
    [{ folds: 3, every: 0 }, {}, 'every: expected a whole number of at least 1, got 0'],
    [{ folds: 3, gap: -1 }, {}, 'gap: expected a whole number of at least 0, got -1'],
    [
      { folds: 8 },
      { horizon: 4 },
      'folds: the 30 rows of the test part in 8 stretches are 3 each, fewer than the horizon of 4; give fewer folds, or the split ' +
        'a larger test part',
    ],
    [
      { folds: 2 },
      { split: [0.7, 0.3, 0] as const },
      'folds: the 0 rows of the test part in 2 stretches are 0 each, fewer than the horizon of 1; give fewer folds, or the split ' +
        'a larger test part',
    ],
  ])('refuses %o', async (how, options, sentence) => {
    await expect(backtest(series(150), { ...request, ...options }, { ...how, kernels })).rejects.toThrow(sentence)
  })
})

describe('the mean of metrics', () => {
  const mean = (...all: Score['metrics'][]) => meanMetrics(all as NonNullable<Score['metrics']>[], [1, 3])

  test('by weights, squares under the root, zeros counted', () => {
    expect(mean({ mae: 1, rmse: 1, zeros: 2 }, { mae: 2, rmse: 3, zeros: 5 })).toEqual({
      mae: 7 / 4,
      rmse: Math.sqrt(28 / 4),
      zeros: 7,
    })
  })

  test('without what one lacks; intervals level by level', () => {
    const intervals = (coverage: number, width: number) => [{ level: 0.8, coverage, width }]
    expect(
      mean(
        { mae: 1, rmse: 1, mase: 1, intervals: intervals(0.5, 2) },
        { mae: 1, rmse: 1, crps: 1, intervals: intervals(0.9, 6) },
      ),
    ).toEqual({ mae: 1, rmse: 1, intervals: [{ level: 0.8, coverage: 0.8, width: 5 }] })
    expect(mean({ mae: 1, rmse: 1, intervals: intervals(0.5, 2) }, { mae: 1, rmse: 1 })).toEqual({ mae: 1, rmse: 1 })
  })
})
