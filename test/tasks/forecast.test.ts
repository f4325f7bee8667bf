import { describe, expect, test } from 'vitest'
import type { Samples } from '../../src/base/samples.ts'
import { type Cell, tableOf, windows } from '../../src/data/index.ts'
import type { Model } from '../../src/layers/index.ts'
import { forecast } from '../../src/tasks/forecast.ts'

/** Forecasts that two steps go on as the last two rows differ: 5, 7 → 9, 11. */
const line = {
  predict(samples: Samples) {
    const past = new Float64Array(2)
    samples.fillInputs([0], past)
    const [before, last] = samples.restore(past)
    const step = last! - before!
    return { data: Float64Array.of(last! + step, last! + 2 * step), shape: [1, 2] }
  },
} as Partial<Model> as Model

function cut(columns: Record<string, ArrayLike<Cell>>, inputs = ['x']) {
  const table = tableOf(columns)
  return { table, spec: windows(table, { target: 'x', inputs, past: 2, horizon: 2, split: [1, 0, 0] }).spec }
}

describe('forecast', () => {
  const x = [0, 1, 0, 2, 5, 7]

  test("goes on from the last row, in the table's own units", () => {
    const { table, spec } = cut({ x })
    const { values, times } = forecast(line, spec, table)
    expect([...values].map((value) => +value.toFixed(9))).toEqual([9, 11])
    expect(times).toBeUndefined()
  })

  test('rolls on from its own forecasts, and stops where it is told', () => {
    const { table, spec } = cut({ x })
    const rolled = [...forecast(line, spec, table, 5).values].map((value) => +value.toFixed(9))
    expect(rolled).toEqual([9, 11, 13, 15, 17])
    expect(forecast(line, spec, table, 1).values).toHaveLength(1)
  })

  test('puts rows in order of time first, and dates what is to come', () => {
    const date = ['2024-03-31', '2024-01-31', '2024-02-29', '2024-04-30']
    const { table, spec } = cut({ date, x: [5, 0, 2, 7] })
    const { values, times, table: ordered } = forecast(line, spec, table, 3)
    expect([...values].map((value) => +value.toFixed(9))).toEqual([9, 11, 13])
    expect([...times!].map((time) => new Date(time).toISOString().slice(0, 10))).toEqual([
      '2024-05-31',
      '2024-06-30',
      '2024-07-31',
    ])
    expect([...ordered.numbers('x')]).toEqual([0, 2, 5, 7])
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

  test('refuses a horizon that is not a number of rows', () => {
    const { table, spec } = cut({ x })
    expect(() => forecast(line, spec, table, 1.5)).toThrow('horizon: expected a whole number of at least 1, got 1.5')
  })
})
