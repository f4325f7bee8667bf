import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { asScript, html } from './html.ts'

/** What came and what was forecast, at the same places; `null` where there is nothing. */
export interface View {
  /** Seconds since 1970, or rows. */
  readonly x: readonly number[]
  readonly came: readonly (number | null)[]
  readonly forecast: readonly (number | null)[]
  /** Intervals by the share they are to hold, the widest first. */
  readonly bands: readonly Band[]
  /** The place that is seen first at the left; the first one unless given. */
  readonly from?: number
  /** Rows of the table below the chart. */
  readonly rows?: readonly (readonly string[])[]
}

export interface Band {
  readonly name: string
  readonly low: readonly (number | null)[]
  readonly high: readonly (number | null)[]
}

/** A choice of what is shown. */
export interface Menu {
  readonly name: string
  readonly choices: readonly string[]
}

export interface ZoomChart {
  /** Whether places are times. */
  readonly time: boolean
  /** What the values are, in their unit. */
  readonly label: string
  /** What rows are counted from, where places are rows. */
  readonly rows?: string
  readonly menus: readonly Menu[]
  /** One for each combination of choices, those of the last menu next to each other. */
  readonly views: readonly View[]
  /** Of the table. */
  readonly header?: readonly string[]
}

/** uPlot as it stands in a page: nothing is loaded from anywhere. */
export async function plotLibrary(): Promise<{ script: string; sheet: string }> {
  const read = (name: string) => readFile(createRequire(import.meta.url).resolve(`uplot/dist/${name}`), 'utf8')
  const [script, sheet] = await Promise.all(['uPlot.iife.min.js', 'uPlot.min.css'].map(read))
  return { script: script!, sheet: sheet! }
}

/** A number for a page, or nothing. */
export const shownNumber = (value: number | undefined): number | null =>
  value !== undefined && Number.isFinite(value) ? Number(value.toPrecision(6)) : null

/** A chart to zoom into, with a menu for each choice and a table below; behind `plotLibrary`. */
export function zoomChart(chart: ZoomChart): string {
  const menus = chart.menus
    .map(({ name, choices }) => {
      const options = choices.map((choice) => `<option>${html(choice)}</option>`).join('')
      return `<label>${html(name)} <select class="choice">${options}</select></label>`
    })
    .join(' ')
  return `<p>Drag to zoom, double-click to see all.</p>
${menus === '' ? '' : `<p class="menus">${menus}</p>\n`}<div id="chart"></div>
<div id="rows" class="wide"></div>
<script>
const chart = ${asScript(chart)}
${drawing}
</script>`
}

export const chartStyle = `
.menus { display: flex; flex-wrap: wrap; gap: 0.25rem 1.5rem; }
.menus select { font: inherit; max-width: 16rem; }
.u-legend { font-size: 0.85rem; }
.u-legend th, .u-legend td { border: 0; }
`

/** Drawn in the page: the chosen view, and again where the window becomes wider or another one is chosen. */
const drawing = `
const place = document.getElementById('chart')
const selects = [...document.querySelectorAll('.choice')]
let plot
const view = () => chart.views[selects.reduce((at, select, i) => at * chart.menus[i].choices.length + select.selectedIndex, 0)]
const size = () => ({ width: place.clientWidth, height: Math.max(240, Math.min(420, place.clientWidth / 2)) })
const shades = ['#d1730b22', '#d1730b33', '#d1730b44']
function draw() {
  const { x, from, came, forecast, bands } = view()
  plot?.destroy()
  const ends = bands.flatMap(({ name }) => [{ label: name + ' high', stroke: 'transparent' }, { label: name + ' low', stroke: 'transparent' }])
  plot = new uPlot({
    ...size(),
    tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), 'Etc/UTC'),
    scales: { x: { time: chart.time } },
    axes: [chart.time ? {} : { label: chart.rows }, { label: chart.label, size: 70 }],
    series: [
      { label: chart.time ? 'time' : 'row', ...(chart.time ? { value: '{YYYY}-{MM}-{DD} {HH}:{mm}' } : {}) },
      { label: 'came', stroke: '#0969da', width: 1.5, points: { show: false } },
      { label: 'forecast', stroke: '#d1730b', width: 2 },
      ...ends.map((end) => ({ ...end, points: { show: false } })),
    ],
    bands: bands.map((_, i) => ({ series: [2 * i + 3, 2 * i + 4], fill: shades[Math.min(i, 2)] })),
  }, [x, came, forecast, ...bands.flatMap(({ low, high }) => [high, low])], place)
  if (from !== undefined) plot.setScale('x', { min: from, max: x[x.length - 1] })
  const rows = view().rows ?? []
  const table = document.createElement('table')
  const line = (cells, tag) => {
    const row = table.insertRow()
    for (const text of cells) row.appendChild(document.createElement(tag)).textContent = text
  }
  if (rows.length > 0) line(chart.header, 'th')
  for (const row of rows) line(row, 'td')
  document.getElementById('rows').replaceChildren(table)
}
for (const select of selects) select.addEventListener('change', draw)
addEventListener('resize', () => plot.setSize(size()))
draw()
`
