import { html, page, scoreTable, table } from '../html.ts'
import { pictureOf } from './picture.ts'
import type { Sweep } from './state.ts'
import { resultsOf } from './table.ts'

/** What the page tells besides the sweep itself. */
export interface SweepPage {
  readonly title: string
  /** How it was run, in a sentence. */
  readonly summary: string
  /** How the best trial did on the test part, in a sentence. */
  readonly verdict: string
  /** What makes the best trial again. */
  readonly command: string
}

/** A page of its own, nothing loaded from anywhere: the picture, the test scores of the best, every trial. */
export function formatSweep(sweep: Sweep, { title, summary, verdict, command }: SweepPage): string {
  const { header, rows, failures } = resultsOf(sweep)
  const { test, plan } = sweep
  const body = `<h1>${html(title)}</h1>
<p>${html(summary)}</p>
<h2>Trials</h2>
<p>A line is a trial: the darker the lower its loss on validation, the best is thick. Point at one to read it.</p>
<div class="wide">${pictureOf(sweep)}</div>
${test ? `<h2>The best on the test part</h2>\n<p class="verdict">${html(verdict)}</p>\n${scoreTable(test, plan.options.unit ?? '')}` : ''}
<h2>By validation loss</h2>
<div class="wide">${table(header, rows)}</div>
${failures.map((failure) => `<p>${html(failure)}</p>`).join('\n')}
<h2>The best again</h2>
<pre>${html(command)}</pre>`
  return page(title, style, body)
}

const style = `
body { max-width: 900px; }
.verdict { color: inherit; }
.wide { overflow-x: auto; }
tbody tr:first-child { font-weight: 600; }
pre { background: #f6f8fa; padding: 0.75rem; white-space: pre-wrap; }
polyline { fill: none; stroke-width: 1.75; stroke-opacity: 0.85; stroke-linejoin: round; }
polyline.best { stroke-width: 5; stroke-opacity: 1; }
.lines:hover polyline { stroke-opacity: 0.2; }
.lines polyline:hover { stroke-width: 5; stroke-opacity: 1; }
.axis line { stroke: #57606a; }
.axis text { font: 12px system-ui, sans-serif; fill: #1b1f24; paint-order: stroke; stroke: #fff; stroke-width: 4px; pointer-events: none; }
.axis text.name { font-size: 13px; font-weight: 600; }
`
