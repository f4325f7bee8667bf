import type { Epoch } from '../train/index.ts'
import { plotLibrary } from './chart-page.ts'
import type { Score } from './evaluation.ts'
import { asScript, html, page, scoreTable, table } from './html.ts'

/** What a report tells. */
export interface Report {
  readonly title: string
  /** How the model did, in a sentence. */
  readonly verdict: string
  /** What makes this run again. */
  readonly command: string
  readonly epochs: readonly Epoch[]
  /** The epoch that was kept. */
  readonly best: number
  /** Parts of the data in time: rows of each, and from when to when. */
  readonly split: readonly {
    readonly name: string
    readonly rows: number
    readonly from?: string
    readonly to?: string
  }[]
  /** Anything worth a line, by what it is: layers, parameters, kernels, seed. */
  readonly facts: readonly (readonly [string, string])[]
  /** The model and its baselines on the test part, and what errors are measured in. */
  readonly scores: readonly Score[]
  readonly unit: string
}

/** A page of its own, nothing loaded from anywhere: curves to zoom into, split, model, baselines, command. */
export async function formatReport(report: Report): Promise<string> {
  const { title, verdict, command, epochs, best, split, facts, scores, unit } = report
  const { script, sheet } = await plotLibrary()
  const columns = {
    epoch: epochs.map(({ epoch }) => epoch),
    training: epochs.map(({ loss }) => loss),
    validation: epochs.map(({ validation }) => finite(validation.loss)),
    norm: epochs.map(({ gradientNorm }) => gradientNorm),
  }
  const body = `<h1>${html(title)}</h1>
<p class="verdict">${html(verdict)}</p>
<h2>Loss</h2>
<p>Mean over an epoch, in scaled units. Epoch ${best} did best on validation and was kept. Drag to zoom, double-click to see all.</p>
<div id="loss"></div>
<h2>Gradient</h2>
<p>Its norm before clipping, mean over an epoch.</p>
<div id="norm"></div>
${scores.length > 0 ? `<h2>Test part</h2>\n${scoreTable(scores, unit)}` : ''}
<h2>Data</h2>
${splitBar(split)}
${table(
  ['', 'windows', 'from', 'to'],
  split.map(({ name, rows, from = '', to = '' }) => [name, String(rows), from, to]),
)}
<h2>Model</h2>
${table(['', ''], facts)}
<h2>Again</h2>
<pre>${html(command)}</pre>
<script>${script}</script>
<script>
const data = ${asScript(columns)}
const best = ${best}
${drawing}
</script>`
  return page(title, sheet + style, body)
}

const finite = (value: number) => (Number.isFinite(value) ? value : null)

/** The parts side by side, as wide as they are long. */
function splitBar(split: Report['split']): string {
  const parts = split.filter(({ rows }) => rows > 0)
  return `<div class="split">${parts
    .map(({ name, rows }) => `<div class="${html(name)}" style="flex-grow: ${rows}">${html(name)}</div>`)
    .join('')}</div>`
}

const style = `
.verdict { color: inherit; font-size: 1.05rem; }
pre { background: #f6f8fa; padding: 0.75rem; white-space: pre-wrap; }
.split { display: flex; height: 1.75rem; gap: 2px; }
.split div { min-width: 2px; overflow: hidden; padding: 0 0.5rem; line-height: 1.75rem; font-size: 0.8rem; background: #b6d4fe; }
.split .validation { background: #ffe0b2; }
.split .test { background: #c8e6c9; }
`

/** Drawn in the page: two plots, and a line at the epoch that was kept. */
const drawing = `
const kept = { hooks: { draw: [(plot) => {
  const x = plot.valToPos(best, 'x', true)
  const { top, height } = plot.bbox
  plot.ctx.save()
  plot.ctx.strokeStyle = '#999'
  plot.ctx.setLineDash([4, 4])
  plot.ctx.beginPath()
  plot.ctx.moveTo(x, top)
  plot.ctx.lineTo(x, top + height)
  plot.ctx.stroke()
  plot.ctx.restore()
}] } }
const draw = (id, series, values) => new uPlot({
  width: document.getElementById(id).clientWidth,
  height: 260,
  plugins: [kept],
  scales: { x: { time: false } },
  axes: [{ label: 'epoch', incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000] }, { size: 64 }],
  series: [{ label: 'epoch' }, ...series],
}, [data.epoch, ...values], document.getElementById(id))
draw('loss', [
  { label: 'training', stroke: '#0969da', width: 2 },
  { label: 'validation', stroke: '#d1730b', width: 2 },
], [data.training, data.validation])
draw('norm', [{ label: 'gradient norm', stroke: '#57606a', width: 2 }], [data.norm])
`
