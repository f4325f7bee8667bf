import { html } from '../html.ts'
import { type Axis, axesOf } from './axes.ts'
import { ranked, type Sweep, type Trial } from './state.ts'
import { show } from './table.ts'

const [LEFT, RIGHT, TOP, BOTTOM, HEIGHT] = [64, 64, 40, 16, 420]

/**
 * Parallel coordinates (Inselberg 1985): an axis for each option and one for the loss, a line for each trial that came to one. The
 * darker the better, and the best is thick.
 */
export function pictureOf({ plan, trials }: Sweep): string {
  const drawn = ranked(trials).filter(({ failed }) => !failed)
  const axes = axesOf(plan, drawn)
  const loss = axes.at(-1)!
  const width = Math.max(860, LEFT + RIGHT + 110 * (axes.length - 1))
  const x = (i: number) => LEFT + ((width - LEFT - RIGHT) * i) / (axes.length - 1)
  const line = (trial: Trial, best: boolean) => {
    // Lines of one value lie apart in the order of their losses, so that each can be followed.
    const heightOn = (axis: Axis) => axis.height(trial) + axis.spread * (loss.height(trial) - 0.5)
    const points = axes.map((axis, i) => `${x(i).toFixed(1)},${y(heightOn(axis)).toFixed(1)}`).join(' ')
    return (
      `<polyline points="${points}" stroke="${colour(loss.height(trial))}"${best ? ' class="best"' : ''}>` +
      `<title>${html(titleOf(trial))}</title></polyline>`
    )
  }
  return `<svg viewBox="0 0 ${width} ${HEIGHT}" width="${width}" role="img" aria-label="the trials in parallel coordinates">
<g class="lines">
${drawn
  .map((trial, i) => line(trial, i === 0))
  .reverse()
  .join('\n')}
</g>
${axes.map((axis, i) => axisAt(axis, x(i), i === axes.length - 1)).join('\n')}
</svg>`
}

const y = (height: number) => HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * height

function axisAt({ name, ticks }: Axis, x: number, last: boolean): string {
  // The last axis has its labels outside, like the first.
  const [dash, side, anchor] = last ? [4, 8, 'start'] : [-4, -8, 'end']
  return `<g class="axis" transform="translate(${x.toFixed(1)} 0)">
<line y1="${y(1)}" y2="${y(0)}"/><text class="name" y="${TOP - 22}" text-anchor="middle">${html(name)}</text>
${ticks
  .map(({ height, text }) => {
    const at = y(height).toFixed(1)
    return `<line x2="${dash}" y1="${at}" y2="${at}"/><text x="${side}" y="${at}" dy="0.35em" text-anchor="${anchor}">${html(text)}</text>`
  })
  .join('\n')}
</g>`
}

function titleOf({ trial, options, rungs }: Trial): string {
  const { loss, epochs } = rungs.at(-1)!
  const chosen = Object.entries(options).map(([option, value]) => `${option} ${show(value)}`)
  return [`trial ${trial}`, ...chosen, `${epochs} epochs`, `validation loss ${loss.toPrecision(4)}`].join('\n')
}

/** Viridis (van der Walt & Smith 2015), short of its palest end: told apart with any colour vision. */
const stops = ['440154', '3b528b', '21918c', '5ec962', 'c8e020'].map((stop) =>
  [0, 2, 4].map((from) => Number.parseInt(stop.slice(from, from + 2), 16)),
)

/** The colour of a share from 0, the best, to 1. */
function colour(share: number): string {
  const at = share * (stops.length - 1)
  const from = Math.min(stops.length - 2, Math.floor(at))
  const mixed = stops[from]!.map((low, i) => Math.round(low + (stops[from + 1]![i]! - low) * (at - from)))
  return `#${mixed.map((part) => part.toString(16).padStart(2, '0')).join('')}`
}
