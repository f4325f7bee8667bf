import type { Score } from './evaluation.ts'
import { metricColumns } from './metric-table.ts'

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

/** Text as it stands in a page. */
export const html = (text: string): string => text.replaceAll(/[&<>"']/g, (character) => entities[character]!)

/** A value as it stands in a script of a page. */
export const asScript = (value: unknown): string => JSON.stringify(value).replaceAll('<', '\\u003c')

/** Rows of cells under a header, which may be empty. */
export function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[], tag: string) =>
    `<tr>${cells.map((cell) => `<${tag}>${html(cell)}</${tag}>`).join('')}</tr>`
  const head = header.some((cell) => cell !== '') ? `<thead>${line(header, 'th')}</thead>` : ''
  return `<table>${head}<tbody>${rows.map((row) => line(row, 'td')).join('')}</tbody></table>`
}

/** Metrics of a model and its baselines, or of parts, and below why one has none. */
export function scoreTable(scores: readonly Score[], unit: string, what = ''): string {
  const columns = metricColumns(scores)
  const rows = scores.map(({ name, metrics }) => [
    name,
    ...columns.map((column) => {
      const value = metrics && column.of(metrics)
      if (value === undefined) return '–'
      return column.shown === 'percent' ? `${value.toFixed(1)} %` : value.toPrecision(4)
    }),
  ])
  const header = columns.map(({ name }) => (unit !== '' && inUnits.includes(name) ? `${name}, ${unit}` : name))
  const reasons = scores.flatMap(({ name, reason }) =>
    reason === undefined ? [] : `<p>Left out: ${html(`${name}, ${reason}`)}.</p>`,
  )
  return [`<div class="wide">${table([what, ...header], rows)}</div>`, ...reasons].join('\n')
}

/** Metrics that are measured as the target is. */
const inUnits = ['MAE', 'RMSE']

/** A page of its own, in the look of all of ours. */
export const page = (title: string, style: string, body: string): string => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${html(title)}</title>
<style>${sheet}${style}</style>
</head>
<body>
${body}
</body>
</html>
`

const sheet = `
:root { font: 16px/1.5 system-ui, sans-serif; color: #1b1f24; background: #fff; }
body { max-width: 860px; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.5rem; margin-bottom: 0.25rem; }
h2 { font-size: 1.05rem; margin: 2rem 0 0.25rem; }
p { margin: 0.25rem 0 0.75rem; color: #57606a; }
table { border-collapse: collapse; margin: 0.5rem 0; }
th, td { padding: 0.2rem 1rem 0.2rem 0; text-align: left; border-bottom: 1px solid #d8dee4; font-variant-numeric: tabular-nums; }
th { font-weight: 600; }
.wide { overflow-x: auto; white-space: nowrap; }
`
