import type { Reliability } from './metrics/index.ts'

const [SIZE, MARGIN] = [320, 44]

/** Probabilities beside how often the event came, as a picture: on the line they agree; the larger a dot, the more forecasts. */
export function reliabilityPlot({ bins }: Reliability): string {
  const x = (value: number) => (MARGIN + value * (SIZE - MARGIN - 12)).toFixed(1)
  const y = (value: number) => (SIZE - MARGIN - value * (SIZE - MARGIN - 12)).toFixed(1)
  const most = Math.max(...bins.map(({ count }) => count))
  const filled = bins.filter(({ count }) => count > 0)
  const ticks = [0, 0.25, 0.5, 0.75, 1]
  const points = filled.map(({ predicted, observed }) => `${x(predicted!)},${y(observed!)}`)
  return `<svg class="reliability" viewBox="0 0 ${SIZE} ${SIZE}" width="${SIZE}" role="img" aria-label="Probabilities beside how often the event came">
${ticks
  .flatMap((tick) => [
    `<path class="grid" d="M${x(tick)} ${y(0)}V${y(1)}M${x(0)} ${y(tick)}H${x(1)}"/>`,
    `<text x="${x(tick)}" y="${SIZE - MARGIN + 16}" text-anchor="middle">${tick}</text>`,
    `<text x="${MARGIN - 6}" y="${y(tick)}" dy="4" text-anchor="end">${tick}</text>`,
  ])
  .join('\n')}
<path class="ideal" d="M${x(0)} ${y(0)}L${x(1)} ${y(1)}"/>
<polyline points="${points.join(' ')}"/>
${filled
  .map(({ from, to, count, predicted, observed }) => {
    const radius = (3 + 7 * Math.sqrt(count / most)).toFixed(1)
    const share = (100 * observed!).toFixed(0)
    return `<circle cx="${x(predicted!)}" cy="${y(observed!)}" r="${radius}"><title>${count} forecasts of ${from.toFixed(2)} to ${to.toFixed(2)}: ${share} % came</title></circle>`
  })
  .join('\n')}
<text x="${x(0.5)}" y="${SIZE - 8}" text-anchor="middle">probability forecast</text>
<text transform="translate(12 ${y(0.5)}) rotate(-90)" text-anchor="middle">share that came</text>
</svg>`
}

export const reliabilityStyle = `
.reliability text { font: 12px system-ui, sans-serif; fill: #57606a; }
.reliability .grid { stroke: #d8dee4; fill: none; }
.reliability .ideal { stroke: #999; stroke-dasharray: 4 4; }
.reliability polyline { fill: none; stroke: #d1730b; stroke-width: 2; }
.reliability circle { fill: #d1730b; fill-opacity: 0.5; stroke: #d1730b; }
`
