import { describe, expect, test } from 'vitest'
import { panelOf, tableOf } from '../../src/data/index.ts'
import type { Future, FutureSeries } from '../../src/tasks/forecast.ts'
import { asRows, forecastColumns } from '../../src/tasks/forecast-table.ts'

const series = (id: string, first: number, times?: readonly string[]): FutureSeries => ({
  id,
  end: 2,
  ...(times ? { times: Float64Array.from(times, (time) => Date.parse(time)) } : {}),
  means: Float64Array.of(first, first + 1, first + 2),
  at: () => undefined,
  // Two rows are the model's own; the widest level is not calibrated.
  interval: (ahead, level) => (ahead < 2 && level < 0.99 ? [first - 10 * level, first + 10 * level] : undefined),
  path: (random) => Float64Array.of(random.below(100), random.below(100)),
})
const future = (columns: Parameters<typeof tableOf>[0], all: readonly FutureSeries[], id?: string): Future => ({
  panel: panelOf(tableOf(columns), { id }),
  series: all,
  short: [],
})
const many = future(
  { shop: ['b', 'b', 'a', 'a'], day: ['2024-01-01', '2024-01-02', '2024-01-01', '2024-01-02'] },
  [
    series('b', 50, ['2024-01-03', '2024-01-04', '2024-01-05']),
    series('a', 70, ['2024-01-03', '2024-01-04', '2024-01-05']),
  ],
  'shop',
)
const names = { id: 'shop', time: 'day', value: 'sales' }

describe('a forecast as columns', () => {
  test('has a row for each series and row ahead, with both ends of each interval that there is', () => {
    expect(forecastColumns(many, { names, levels: [0.8, 0.975, 0.999] })).toEqual({
      shop: ['b', 'b', 'b', 'a', 'a', 'a'],
      day: ['2024-01-03', '2024-01-04', '2024-01-05', '2024-01-03', '2024-01-04', '2024-01-05'],
      sales: [50, 51, 52, 70, 71, 72],
      low_80: [42, 42, Number.NaN, 62, 62, Number.NaN],
      high_80: [58, 58, Number.NaN, 78, 78, Number.NaN],
      'low_97.5': [40.25, 40.25, Number.NaN, 60.25, 60.25, Number.NaN],
      'high_97.5': [59.75, 59.75, Number.NaN, 79.75, 79.75, Number.NaN],
    })
  })

  test('counts rows of one series without dates', () => {
    const one = future({ x: [1, 2] }, [series('', 5)])
    expect(forecastColumns(one, { names, levels: [0.999] })).toEqual({ day: ['+1', '+2', '+3'], sales: [5, 6, 7] })
  })

  test('has as many paths as are asked for, the same for a series whatever others there are', () => {
    const options = { names, levels: [], paths: 2, seed: 3 }
    const all = forecastColumns(many, options)
    const alone = forecastColumns({ ...many, series: many.series.slice(1) }, options)
    expect(Object.keys(all)).toEqual(['shop', 'day', 'sales', 'path_1', 'path_2'])
    expect(all.path_2!.slice(3)).toEqual(alone.path_2)
    expect(alone.path_1![0]).not.toBe(alone.path_2![0])
    expect(alone.path_1![2]).toBeNaN() // beyond the model's own horizon
    expect(forecastColumns(many, { ...options, seed: 4 }).path_1).not.toEqual(all.path_1)
  })

  test('as rows leaves out what is not known', () => {
    const rows = asRows(forecastColumns(many, { names, levels: [0.8] }))
    expect(rows).toHaveLength(6)
    expect(rows[1]).toEqual({ shop: 'b', day: '2024-01-04', sales: 51, low_80: 42, high_80: 58 })
    expect(rows[2]).toEqual({ shop: 'b', day: '2024-01-05', sales: 52 })
  })
})
