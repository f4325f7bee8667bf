import { basename } from 'node:path'
import { chartStyle, plotLibrary, shownNumber, type View, zoomChart } from './chart-page.ts'
import type { Future, FutureSeries } from './forecast.ts'
import { percentOf, whenOf } from './forecast-table.ts'
import type { ForecasterOptions } from './forecaster-options.ts'
import { html, page } from './html.ts'

/** Numbers that a page holds, at most: more make it slow to open. */
const MOST = 500_000
/** Known rows before a forecast: so many, or so many times its length; and those that are seen first. */
const PAST = { least: 300, times: 20 }
const SEEN = { least: 40, times: 4 }

export interface ForecastPage {
  readonly future: Future
  readonly options: Pick<ForecasterOptions, 'levels' | 'target'>
  /** What the numbers are, in their unit. */
  readonly label: string
  /** The run that made it. */
  readonly run: string
}

/** What is to come, as a page of its own: a chart to zoom into, a menu of the series, a table. */
export async function formatForecastPage({ future, options, label, run }: ForecastPage): Promise<string> {
  const { panel, series } = future
  const { script, sheet } = await plotLibrary()
  const [first] = series as [FutureSeries]
  const levels = options.levels.filter((level) => first.interval(0, level)).sort((a, b) => b - a)
  const each = (2 + 2 * levels.length) * (first.means.length + pastOf(first))
  const shown = series.slice(0, Math.max(1, Math.floor(MOST / each)))
  const time = first.times !== undefined
  const chart = zoomChart({
    time,
    label,
    rows: 'rows from the last one known',
    menus: shown.length > 1 ? [{ name: 'Series', choices: shown.map(({ id }) => id) }] : [],
    views: shown.map((one) => viewOf(future, one, options.target, levels)),
    header: [time ? 'time' : 'row', label, ...[...levels].reverse().map((level) => `${percentOf(level)} %`)],
  })
  const title = `${label} of ${basename(panel.table.name)}`
  const left = series.length - shown.length
  const body = `<h1>${html(title)}</h1>
<p>What comes after the last row, by ${html(run)}.${levels.length > 0 ? ` Shaded: what is to hold ${levels.map((level) => `${percentOf(level)} %`).join(' and ')} of what comes.` : ''}${left > 0 ? ` The first ${shown.length} of ${series.length} series.` : ''}</p>
<script>${script}</script>
${chart}`
  return page(title, sheet + chartStyle, body)
}

const pastOf = ({ means }: FutureSeries, { least, times } = PAST) => Math.max(least, times * means.length)

/** The end of a series and what comes behind it; forecast and intervals open from the last row known. */
function viewOf({ panel }: Future, series: FutureSeries, target: string, levels: readonly number[]): View {
  const { id, end, means, times } = series
  const start = Math.max(panel.series.find((one) => one.id === id)!.start, end - pastOf(series))
  const known = Array.from(panel.numbers(target).subarray(start, end), shownNumber)
  const dates = times && panel.timeColumn !== undefined ? panel.table.dates(panel.timeColumn) : undefined
  const before = dates ? Array.from(dates.subarray(start, end), inSeconds) : known.map((_, i) => i + 1 - known.length)
  const behind = Array.from(means, (_, ahead) => (times ? inSeconds(times[ahead]!) : ahead + 1))
  const opened = (ends: readonly (number | undefined)[]) => [
    ...known.map((value, i) => (i === known.length - 1 ? value : null)),
    ...ends.map(shownNumber),
  ]
  const intervals = (level: number) => Array.from(means, (_, ahead) => series.interval(ahead, level))
  return {
    x: [...before, ...behind],
    from: before[Math.max(0, before.length - pastOf(series, SEEN))]!,
    came: [...known, ...behind.map(() => null)],
    forecast: opened([...means]),
    bands: levels.map((level) => ({
      name: `${percentOf(level)} %`,
      low: opened(intervals(level).map((interval) => interval?.[0])),
      high: opened(intervals(level).map((interval) => interval?.[1])),
    })),
    rows: Array.from(means, (mean, ahead) => [
      whenOf(series, ahead),
      mean.toPrecision(5),
      ...[...levels].reverse().map(
        (level) =>
          series
            .interval(ahead, level)
            ?.map((end) => end.toPrecision(5))
            .join(' – ') ?? '–',
      ),
    ]),
  }
}

const inSeconds = (time: number) => time / 1000
