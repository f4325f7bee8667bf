import { describe, expect, test } from 'vitest'
import { tableOf } from '../../src/data/index.ts'
import { scoreOn, verdict } from '../../src/tasks/evaluation.ts'
import { formatEvaluation } from '../../src/tasks/evaluation-page.ts'
import { scoresBy, worstFirst } from '../../src/tasks/evaluation-parts.ts'
import { forecast } from '../../src/tasks/forecast.ts'
import { formatForecastPage } from '../../src/tasks/forecast-page.ts'
import { predict, prepareForecaster, trained } from '../../src/tasks/forecaster.ts'

const hostile = `z</script><img src=x onerror="alert('1')">&`
const rows = Array.from({ length: 60 }, (_, i) => i)
const day = (i: number) => new Date(Date.UTC(2024, 0, 1 + i)).toISOString().slice(0, 10)
/** Two series; the second is a hundred times as large, and its name is hostile. */
const table = tableOf({
  shop: [...rows.map(() => 'a'), ...rows.map(() => hostile)],
  day: [...rows, ...rows].map(day),
  sales: [...rows, ...rows].map((i, at) => (2 + Math.sin(i)) * (at < 60 ? 1 : 100)),
})
const tiny = { past: 4, horizon: 3, hidden: 2, batch: 8 } as const
const prepared = prepareForecaster(
  table,
  { ...tiny, target: 'sales', id: 'shop', head: 'gaussian', unit: '<C>' },
  'simd',
)
const { data, options } = prepared
const model = trained(prepared)
const label = `sales ${hostile}`

/** What stands in a page as data of its chart. */
const chartIn = (page: string) => JSON.parse(page.match(/^const chart = (.*)$/m)![1]!)

function expectHarmless(page: string): void {
  expect(page.match(/<script>/g)).toHaveLength(2)
  expect(page.match(/<\/script>/g)).toHaveLength(2)
  expect(page).not.toContain('<img')
  expect(page).not.toMatch(/<(link|iframe|object|embed|base|meta http-equiv)/)
  expect(page).not.toMatch(/@import|url\(|\bfetch\(|XMLHttpRequest|WebSocket|\bimport\(/)
}

describe('the page of a forecast', async () => {
  const future = forecast(model, data.spec, table)
  const page = await formatForecastPage({ future, options, label, run: hostile })
  const { menus, views, header, time } = chartIn(page)

  test('loads nothing, and holds hostile names as text', () => expectHarmless(page))

  test('has a view of each series: what is known, and what is to come with its intervals, joined at the last known row', () => {
    expect(time).toBe(true)
    expect(menus).toEqual([{ name: 'Series', choices: ['a', hostile] }])
    expect(views).toHaveLength(2)
    const [{ x, came, forecast: said, bands, rows: below }] = views
    expect([x.length, came.length, said.length]).toEqual([63, 63, 63])
    expect(x[60] - x[59]).toBe(86400)
    expect(came[59]).toBeCloseTo(2 + Math.sin(59), 4)
    expect(came.slice(60)).toEqual([null, null, null])
    expect(said.slice(58, 60)).toEqual([null, came[59]])
    expect(said[60]).toBeCloseTo(future.series[0]!.means[0]!, 4)
    expect(bands.map(({ name }: { name: string }) => name)).toEqual(['95 %', '80 %'])
    expect(bands[0].low[60]).toBeLessThan(bands[1].low[60])
    expect(bands[1].high[62]).toBeCloseTo(future.series[0]!.interval(2, 0.8)![1], 4)
    expect(header).toEqual(['time', label, '80 %', '95 %'])
    expect(below).toHaveLength(3)
    expect(below[0][0]).toBe('2024-03-01')
    expect(below[0]).toHaveLength(4)
  })
})

describe('the page of an evaluation', async () => {
  const own = predict(model, data.test)
  const scores = scoreOn(model, data, [{ name: hostile, reason: hostile }])
  const page = await formatEvaluation({
    ...{ title: hostile, verdict: verdict(scores), label, forecaster: model, data, own, scores },
  })
  const { menus, views } = chartIn(page)

  test('loads nothing, and holds hostile names as text', () => expectHarmless(page))

  test('has a view of each series, one row ahead and the last', () => {
    expect(menus.map(({ choices }: { choices: string[] }) => choices)).toEqual([
      ['a', hostile],
      ['1', '3'],
    ])
    expect(views).toHaveLength(4)
    const windows = data.test.count / 2
    const [, last, other] = views
    expect(last.x).toHaveLength(windows)
    expect(last.came[0]).toBeCloseTo(data.test.targets()[2]!, 4)
    expect(last.forecast[1]).toBeCloseTo(own.means[3 + 2]!, 4)
    expect(other.came[0]).toBeCloseTo(data.test.targets()[windows * 3]!, 2)
    expect(last.x[0] - views[0].x[0]).toBe(2 * 86400)
    expect(last.bands).toHaveLength(2)
  })

  test('tells scores by step ahead, and no reliability of numbers', () => {
    expect(page).toContain('<h2>By step ahead</h2>')
    expect(page.match(/<tr><td>[123]<\/td>/g)).toHaveLength(3)
    expect(page).not.toContain('<h2>Reliability</h2>')
  })
})

test('a page of probabilities shows how often the event came', async () => {
  const wet = tableOf({ rain: rows.map((i) => Number(i % 3 === 0)) })
  const prepared = prepareForecaster(wet, { ...tiny, target: 'rain', head: 'bernoulli', scale: 'none' }, 'simd')
  const forecaster = trained(prepared)
  const own = predict(forecaster, prepared.data.test)
  const scores = scoreOn(forecaster, prepared.data, [])
  const page = await formatEvaluation({
    ...{ title: 'rain', verdict: '', label: 'rain', forecaster, data: prepared.data, own, scores },
  })
  expect(page).toContain('<h2>Reliability</h2>')
  const counts = [...page.matchAll(/<title>(\d+) forecasts/g)].map(([, count]) => Number(count))
  expect(counts.reduce((sum, count) => sum + count, 0)).toBe(own.means.length)
  expect(page).toMatch(/<th>log loss<\/th><th>Brier<\/th><th>right<\/th>/)
})

describe('scores of parts', () => {
  const own = predict(model, data.test)
  const [whole] = scoreOn(model, data, [])
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length

  test.each([
    ['series', ['a', hostile]],
    ['step', ['1', '2', '3']],
  ] as const)('by %s come to those of the whole', (by, names) => {
    const parts = scoresBy(by, model, data, own)
    expect(parts.map(({ name }) => name)).toEqual(names)
    expect(mean(parts.map(({ metrics }) => metrics!.mae))).toBeCloseTo(whole!.metrics!.mae, 9)
    expect(mean(parts.map(({ metrics }) => metrics!.crps!))).toBeCloseTo(whole!.metrics!.crps!, 9)
    expect(mean(parts.map(({ metrics }) => metrics!.intervals![0]!.width))).toBeCloseTo(
      whole!.metrics!.intervals![0]!.width,
      9,
    )
  })

  test('the worst first goes by what does not hang on the size of a series', () => {
    const scored = (name: string, mae: number, smape?: number) => ({
      name,
      metrics: { mae, rmse: mae, ...(smape === undefined ? {} : { smape }) },
    })
    const names = (scores: Parameters<typeof worstFirst>[0]) => worstFirst(scores).map(({ name }) => name)
    expect(names([scored('large', 100, 5), scored('small', 1, 50)])).toEqual(['small', 'large'])
    expect(names([scored('small', 1), scored('large', 100)])).toEqual(['large', 'small'])
  })
})
