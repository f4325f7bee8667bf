import { describe, expect, test } from 'vitest'
import { formatReport, type Report } from '../../src/tasks/report.ts'

const hostile = `</script><img src=x onerror="alert('1')">&`
const report: Report = {
  title: `${hostile} of weather.csv`,
  verdict: 'The LSTM beats last value by 3.0 %.',
  command: `unrolled train weather.csv --target '${hostile}'`,
  epochs: [1, 2, 3].map((epoch) => ({
    ...{ epoch, epochs: 3, loss: 1 / epoch, gradientNorm: epoch, seconds: 1 },
    validation: { loss: epoch === 1 ? Number.NaN : 2 / epoch },
  })),
  best: 3,
  split: [
    { name: 'train', rows: 70, from: '2023-01-01', to: '2023-03-01' },
    { name: 'validation', rows: 15 },
    { name: 'test', rows: 0 },
  ],
  facts: [['seed', '7']],
  scores: [
    { name: 'LSTM', metrics: { mae: 1.23456, rmse: 2.3 } as NonNullable<Report['scores'][number]['metrics']> },
    { name: 'seasonal', reason: `no ${hostile}` },
  ],
  unit: '°<C>',
}
const page = await formatReport(report)
/** What stands outside of scripts and styles. */
const markup = page.replaceAll(/<(script|style)>[\s\S]*?<\/\1>/g, '')

describe('the report', () => {
  test('loads nothing from anywhere', () => {
    expect(page).not.toMatch(/<(link|iframe|img|object|embed|base|meta http-equiv)/)
    expect(markup).not.toMatch(/\b(src|href|action|srcset)\s*=(?!x)/)
    expect(page).not.toMatch(/@import|url\(|\bfetch\(|XMLHttpRequest|WebSocket|\bimport\(/)
  })

  test('holds hostile names as text', () => {
    expect(page.match(/<script>/g)).toHaveLength(2)
    expect(page.match(/<\/script>/g)).toHaveLength(2)
    const escaped = '&lt;/script&gt;&lt;img src=x onerror=&quot;alert(&#39;1&#39;)&quot;&gt;&amp;'
    expect(markup.split(escaped)).toHaveLength(1 + 4) // the title twice, the command, the reason
    expect(markup).toContain('MAE, °&lt;C&gt;')
  })

  test('holds curves, with a gap where there was no number', () => {
    const data = JSON.parse(page.match(/^const data = (.*)$/m)![1]!)
    expect(data).toEqual({
      epoch: [1, 2, 3],
      training: [1, 1 / 2, 1 / 3],
      validation: [null, 1, 2 / 3],
      norm: [1, 2, 3],
    })
    expect(page).toContain('const best = 3\n')
    expect(page).toContain('Epoch 3 did best on validation')
  })

  test('holds the parts of the data, scores, facts and the verdict', () => {
    expect(markup).toContain('<td>train</td><td>70</td><td>2023-01-01</td><td>2023-03-01</td>')
    expect(markup).toContain('style="flex-grow: 70"')
    expect(markup).not.toContain('style="flex-grow: 0"')
    expect(markup).toContain('<td>LSTM</td><td>1.235</td><td>2.300</td>')
    expect(markup).toContain('<td>seed</td><td>7</td>')
    expect(markup).toContain('The LSTM beats last value by 3.0 %.')
  })
})
