import plot from 'simple-ascii-chart'
import { round, style, terminalWidth } from './output.ts'

/** A line of a chart; places are steps from the last known row, which is 0. */
export interface Line {
  readonly name: string
  readonly points: [x: number, y: number][]
}

/** What came and what was forecast, drawn together under a legend; the forecast is dotted, for terminals without colours. */
export function chart(came: Line, forecast: Line, labels: { readonly x: string }): string[] {
  const coloured = style('cyan', 'x') !== 'x'
  // The line of the forecast goes on from the last known row.
  const joint = came.points.filter(([x]) => x === 0)
  const dots = forecast.points.map(([x, y]) => ({ x, y, ...(coloured ? { color: 'ansiYellow' as const } : {}) }))
  const drawn = plot([came.points, [...joint, ...forecast.points]], {
    width: Math.min(72, terminalWidth() - 10),
    height: 12,
    points: dots,
    ...(coloured ? { color: ['ansiCyan', 'ansiYellow'] } : {}),
    // A label at every seventh row: all of them would run into each other.
    formatter: (value, { axis }) => (axis === 'y' ? round(value) : value % 7 === 0 ? String(value) : ''),
  })
  return [
    `  ${style('cyan', `━ ${came.name}`)}   ${style('yellow', `● ${forecast.name}`)}`,
    ...drawn
      .split('\n')
      .map((line) => line.trimEnd())
      .filter(Boolean),
    `  ${labels.x}`,
  ]
}
