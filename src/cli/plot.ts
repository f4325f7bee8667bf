import { Canvas, type Place, type Tick } from './canvas.ts'
import { style, terminalWidth } from './output.ts'

/** A line of a chart; places are steps from the last known row, which is 0. */
export interface Line {
  readonly name: string
  readonly points: readonly Place[]
}

/** What is to hold a share of what comes. */
export interface Band {
  readonly name: string
  readonly lower: readonly Place[]
  readonly upper: readonly Place[]
}

export interface Chart {
  readonly came: Line
  readonly forecast: Line
  readonly band?: Band | undefined
  /** What stands below places of the x axis; the first ones matter most. */
  readonly ticks: readonly Tick[]
}

const ROWS = 13

/** What came and what was forecast, drawn together under a legend; the forecast has marks, for terminals without colours. */
export function chart({ came, forecast, band, ticks }: Chart): string[] {
  // The line of the forecast goes on from the last known row.
  const joint = came.points.filter(([x]) => x === 0)
  const [lower, upper] = [band?.lower ?? [], band?.upper ?? []].map((ends) => [
    ...(ends.length > 0 ? joint : []),
    ...ends,
  ])
  const all = [came.points, forecast.points, lower!, upper!].flat()
  const heights = all.map(([, y]) => y).filter(Number.isFinite)
  const across = all.map(([x]) => x)
  const canvas = new Canvas({
    columns: Math.max(16, Math.min(72, terminalWidth() - 14)),
    rows: ROWS,
    x: [Math.min(...across), Math.max(...across)],
    y: [Math.min(...heights), Math.max(...heights)],
  })
  if (band) canvas.band(lower!, upper!, 'yellow')
  canvas.line(came.points, 'cyan')
  canvas.line([...joint, ...forecast.points], 'yellow')
  canvas.marks(forecast.points, 'yellow')
  const legend = [
    style('cyan', `⠒ ${came.name}`),
    style('yellow', `● ${forecast.name}`),
    ...(band ? [style('yellow', `░ ${band.name}`)] : []),
  ]
  return [`  ${legend.join('   ')}`, ...canvas.framed(ticks, 4)]
}
