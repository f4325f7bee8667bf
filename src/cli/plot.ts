import plot from 'simple-ascii-chart'
import { round, style, terminalWidth } from './output.ts'

/** A line of a chart; places are steps from the last known row, which is 0. */
export interface Line {
  readonly name: string
  readonly colour: 'ansiCyan' | 'ansiGreen' | 'ansiYellow'
  readonly points: readonly (readonly [number, number])[]
}

const styles = { ansiCyan: 'cyan', ansiGreen: 'green', ansiYellow: 'yellow' } as const

/** Lines drawn together, with a legend above; plain where the terminal shows no colours. */
export function chart(lines: readonly Line[], labels: { readonly x: string }): string[] {
  const coloured = style('cyan', 'x') !== 'x'
  const drawn = plot(
    lines.map(({ points }) => points.map(([x, y]) => [x, y] as [number, number])),
    {
      width: Math.min(72, terminalWidth() - 10),
      height: 12,
      ...(coloured ? { color: lines.map(({ colour }) => colour) } : {}),
      // A label at every seventh row: all of them would run into each other.
      formatter: (value, { axis }) => (axis === 'y' ? round(value) : value % 7 === 0 ? String(value) : ''),
    },
  )
  const legend = lines.map(({ name, colour }) => style(styles[colour], `━ ${name}`)).join('   ')
  return [
    `  ${legend}`,
    ...drawn
      .split('\n')
      .map((line) => line.trimEnd())
      .filter(Boolean),
    `  ${labels.x}`,
  ]
}
