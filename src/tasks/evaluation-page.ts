import type { WindowedData } from '../data/index.ts'
import { chartStyle, plotLibrary, shownNumber, type View, zoomChart } from './chart-page.ts'
import type { Score } from './evaluation.ts'
import { scoresBy, windowsBySeries } from './evaluation-parts.ts'
import { percentOf } from './forecast-table.ts'
import type { Trained } from './forecaster.ts'
import { html, page, scoreTable } from './html.ts'
import { intervalOf } from './intervals.ts'
import { reliability } from './metrics/index.ts'
import type { Prediction } from './prediction.ts'
import { reliabilityPlot, reliabilityStyle } from './reliability-plot.ts'

/** Numbers that a page holds, at most: more make it slow to open. */
const MOST = 500_000

export interface EvaluationPage {
  readonly title: string
  /** How the model did, in a sentence. */
  readonly verdict: string
  /** What the numbers are, in their unit. */
  readonly label: string
  readonly forecaster: Trained
  /** What it is held against: the test part. */
  readonly data: WindowedData
  readonly own: Prediction
  readonly scores: readonly Score[]
}

/** Forecasts against what came, as a page of its own: scores, a chart to zoom into, scores by step ahead, a reliability plot. */
export async function formatEvaluation(evaluation: EvaluationPage): Promise<string> {
  const { title, verdict, label, forecaster, data, own, scores } = evaluation
  const { script, sheet } = await plotLibrary()
  const { unit = '', levels: all } = forecaster.options
  const levels = all.filter((level) => intervalOf(forecaster, own, 0, 0, level)).sort((a, b) => b - a)
  const steps = own.horizon > 1 ? [0, own.horizon - 1] : [0]
  const windows = windowsBySeries(data)
  const room = Math.floor(MOST / (steps.length * (3 + 2 * levels.length)))
  const shown = firstWithin(room, [...windows])
  const chart = zoomChart({
    time: data.spec.timeColumn !== undefined,
    label,
    rows: 'row',
    menus: [
      ...(shown.length > 1 ? [{ name: 'Series', choices: shown.map(([id]) => id) }] : []),
      ...(steps.length > 1 ? [{ name: 'Rows ahead', choices: steps.map((ahead) => `${ahead + 1}`) }] : []),
    ],
    views: shown.flatMap(([, own]) => steps.map((ahead) => viewOf(evaluation, own.slice(-room), ahead, levels))),
  })
  const left = windows.size - shown.length
  const body = `<h1>${html(title)}</h1>
<p class="verdict">${html(verdict)}</p>
${scoreTable(scores, unit)}
<h2>Forecasts against what came</h2>
<p>Each forecast was made from the rows before it.${left > 0 ? ` The first ${shown.length} of ${windows.size} series.` : ''}${levels.length > 0 ? ` Shaded: what was to hold ${levels.map((level) => `${percentOf(level)} %`).join(' and ')}.` : ''}</p>
<script>${script}</script>
${chart}
${reliabilityOf(data, own)}
${own.horizon > 1 ? `<h2>By step ahead</h2>\n${scoreTable(scoresBy('step', forecaster, data, own), unit, 'rows ahead')}` : ''}`
  return page(title, sheet + chartStyle + reliabilityStyle, body)
}

/** As many of the first series as there is room for, at least one. */
function firstWithin<S extends readonly [string, readonly number[]]>(room: number, series: readonly S[]): S[] {
  let rows = 0
  return series.filter(([, windows], i) => {
    rows += windows.length
    return rows <= room || i === 0
  })
}

/** The forecasts of some windows, so many rows ahead, and what came. */
function viewOf(
  { forecaster, data, own }: EvaluationPage,
  windows: readonly number[],
  ahead: number,
  levels: readonly number[],
): View {
  const { panel, spec, test } = data
  const values = panel.numbers(spec.target)
  const times = spec.timeColumn === undefined ? undefined : panel.table.dates(spec.timeColumn)
  const rows = windows.map((window) => test.origin(window) + 1 + ahead)
  return {
    x: rows.map((row) => (times ? times[row]! / 1000 : row)),
    came: rows.map((row) => shownNumber(values[row])),
    forecast: windows.map((window) => shownNumber(own.means[window * own.horizon + ahead])),
    bands: levels.map((level) => {
      const ends = windows.map((window) => intervalOf(forecaster, own, window, ahead, level))
      const end = (side: 0 | 1) => ends.map((interval) => shownNumber(interval?.[side]))
      return { name: `${percentOf(level)} %`, low: end(0), high: end(1) }
    }),
  }
}

/** Of probabilities, how often the event came. */
function reliabilityOf({ test }: WindowedData, own: Prediction): string {
  const chances = Array.from(own.means, (_, i) => own.at(Math.floor(i / own.horizon), i % own.horizon).chance)
  if (chances.some((chance) => chance === undefined)) return ''
  const { uncertainty, ...parts } = reliability(chances as number[], test.targets())
  return `<h2>Reliability</h2>
<p>On the line, events come as often as forecast. Of the Brier score ${parts.reliability.toPrecision(3)} is what is lost to wrong probabilities, ${parts.resolution.toPrecision(3)} is gained by telling cases apart; always saying the share of all would score ${uncertainty.toPrecision(3)}.</p>
${reliabilityPlot({ ...parts, uncertainty })}`
}
