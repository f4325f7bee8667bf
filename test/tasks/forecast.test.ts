import { describe, expect, test } from 'vitest'
import type { Samples } from '../../src/base/samples.ts'
import { type Cell, tableOf, type WindowOptions, windows } from '../../src/data/index.ts'
import type { Model } from '../../src/layers/index.ts'
import { forecast } from '../../src/tasks/forecast.ts'
import { headFor, type Trained } from '../../src/tasks/forecaster.ts'
import { forecasterDefaults } from '../../src/tasks/forecaster-options.ts'

/** Forecasts that two steps go on as the last two rows differ: 5, 7 → 9, 11. */
const model = {
  outputs(samples: Samples) {
    const { count } = samples
    const past = new Float64Array(2 * count)
    const rows = Array.from({ length: count }, (_, i) => i)
    samples.fillInputs(rows, past)
    const data = Float64Array.from({ length: 2 * count }, (_, i) => {
      const [before, last] = past.subarray(i - (i % 2)) as unknown as [number, number]
      return last + ((i % 2) + 1) * (last - before)
    })
    return { data, shape: [count, 2, 1] }
  },
} as Partial<Model> as Model
const options = { ...forecasterDefaults, target: 'x', inputs: ['x'] }
const line: Trained = { options, head: headFor(options), models: [model] }

function cut(columns: Record<string, ArrayLike<Cell>>, inputs = ['x'], more: Partial<WindowOptions> = {}) {
  const table = tableOf(columns)
  return { table, spec: windows(table, { target: 'x', inputs, past: 2, horizon: 2, split: [1, 0, 0], ...more }).spec }
}

const rounded = (values: ArrayLike<number>) => Array.from(values, (value) => +value.toFixed(9))

describe('forecast', () => {
  const x = [0, 1, 0, 2, 5, 7]

  test("goes on from the last row, in the table's own units", () => {
    const { table, spec } = cut({ x })
    const [only] = forecast(line, spec, table).series
    expect(rounded(only!.means)).toEqual([9, 11])
    expect(only!.times).toBeUndefined()
  })

  test('rolls on from its own forecasts, and stops where it is told', () => {
    const { table, spec } = cut({ x })
    expect(rounded(forecast(line, spec, table, 5).series[0]!.means)).toEqual([9, 11, 13, 15, 17])
    expect(forecast(line, spec, table, 1).series[0]!.means).toHaveLength(1)
  })

  test('puts rows in order of time first, and dates what is to come', () => {
    const date = ['2024-03-31', '2024-01-31', '2024-02-29', '2024-04-30']
    const { table, spec } = cut({ date, x: [5, 0, 2, 7] })
    const { series, panel } = forecast(line, spec, table, 3)
    expect(rounded(series[0]!.means)).toEqual([9, 11, 13])
    expect([...series[0]!.times!].map((time) => new Date(time).toISOString().slice(0, 10))).toEqual([
      '2024-05-31',
      '2024-06-30',
      '2024-07-31',
    ])
    expect([...panel.table.numbers('x')]).toEqual([0, 2, 5, 7])
  })

  test.each([
    [['x', 'rain'], 'inputs x, rain of the future'],
    [['rain'], 'inputs rain of the future'],
  ])('cannot roll on where it sees %j', (inputs, words) => {
    const { table, spec } = cut({ x, rain: [1, 2, 1, 2, 1, 2] }, inputs)
    expect(() => forecast(line, spec, table, 3)).toThrow(
      `horizon: this model forecasts 2 steps, and 3 would need its ${words}; train with --horizon 3, or with the target ` +
        'as the only input',
    )
  })

  test('of several series, each in its own units, by its own last rows', () => {
    const columns = { shop: ['b', 'a', 'b', 'a', 'a', 'b', 'c'], x: [10, 1, 30, 2, 4, 70, 5] }
    const { table, spec } = cut(columns, ['x'], { id: 'shop', split: { validation: 0, test: 0 }, past: 2, horizon: 1 })
    const { series, short } = forecast(
      { ...line, options: { ...options, horizon: 2 } },
      { ...spec, horizon: 2 },
      table,
      3,
    )
    expect(series.map(({ id, means }) => [id, rounded(means)])).toEqual([
      ['a', [6, 8, 10]],
      ['b', [110, 150, 190]],
    ])
    expect(short).toEqual(['c'])
  })

  test('refuses a horizon that is not a number of rows', () => {
    const { table, spec } = cut({ x })
    expect(() => forecast(line, spec, table, 1.5)).toThrow('horizon: expected a whole number of at least 1, got 1.5')
  })
})
