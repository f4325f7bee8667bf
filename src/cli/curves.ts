import type { Epoch } from '../train/index.ts'
import { round, style, terminalWidth } from './output.ts'

const rows = 8

/** The row of dots of a height from 0, the top, to 1. */
const dot = (height: number) => Math.round((4 * rows - 1) * height)

/** Losses of training and validation by epoch, as lines of Braille dots; nothing for fewer than three. */
export function lossCurves(epochs: readonly Epoch[], best: number): string[] {
  const losses = [epochs.map(({ loss }) => loss), epochs.map(({ validation }) => validation.loss)]
  const known = losses.flat().filter(Number.isFinite)
  if (epochs.length < 3) return []
  const [low, high] = [Math.min(...known), Math.max(...known)]
  const labels = Array.from({ length: rows }, (_, row) =>
    row === 0 || row === rows - 1 ? round(row === 0 ? high : low) : '',
  )
  const margin = Math.max(...labels.map((label) => label.length))
  const columns = Math.max(8, Math.min(64, terminalWidth() - margin - 4))
  const height = (loss: number) => (high > low ? (high - loss) / (high - low) : 0.5)
  const [training, validation] = losses.map((series) => line(series.map(height), columns))
  const column = (epoch: number) => Math.floor(((2 * columns - 1) * (epoch - 1)) / (epochs.length - 1) / 2)
  const marks = new Set(
    losses[1]!.flatMap((loss, i) =>
      Number.isFinite(loss) ? [(dot(height(loss)) >> 2) * columns + column(i + 1)] : [],
    ),
  )
  const cell = (at: number) => {
    if (marks.has(at)) return style('yellow', '●')
    const dots = validation![at]! || training![at]!
    return dots === 0 ? ' ' : style(validation![at] ? 'yellow' : 'cyan', String.fromCodePoint(0x2800 + dots))
  }
  return [
    `Loss by epoch  ${style('cyan', '⠒ training')}  ${style('yellow', '● validation')}`,
    ...labels.map((label, row) => {
      const cells = Array.from({ length: columns }, (_, i) => cell(row * columns + i))
      return `  ${label.padStart(margin)} ${label ? '┤' : '│'}${cells.join('').trimEnd()}`
    }),
    `  ${' '.repeat(margin)} └${'─'.repeat(columns)}`,
    `  ${' '.repeat(margin)}  ${axis(
      [
        [1, ''],
        [epochs.length, ''],
        [best, 'kept '],
      ],
      column,
      columns,
    )}`,
    '',
  ]
}

/** What each cell shows of a line through heights from 0, the top, to 1: a bit a dot, as Unicode numbers them. */
function line(heights: readonly number[], columns: number): Uint8Array {
  const cells = new Uint8Array(rows * columns)
  const bits = [0x01, 0x02, 0x04, 0x40, 0x08, 0x10, 0x20, 0x80]
  let before: number | undefined
  for (let x = 0; x < 2 * columns; x++) {
    const place = ((heights.length - 1) * x) / (2 * columns - 1)
    const [left, right] = [heights[Math.floor(place)]!, heights[Math.ceil(place)]!]
    const height = left + (right - left) * (place % 1)
    if (!Number.isFinite(height)) {
      before = undefined
      continue
    }
    const y = dot(height)
    // A steep line is filled in from where it was in the column before.
    const from = before === undefined || before === y ? y : before + Math.sign(y - before)
    for (let at = Math.min(from, y); at <= Math.max(from, y); at++)
      cells[(at >> 2) * columns + (x >> 1)]! |= bits[(x % 2) * 4 + (at % 4)]!
    before = y
  }
  return cells
}

/** Epochs under their columns, those that would run into others left out. */
function axis(
  epochs: readonly (readonly [number, string])[],
  column: (epoch: number) => number,
  columns: number,
): string {
  let text = ' '.repeat(columns)
  for (const [epoch, word] of epochs) {
    const label = `${word}${epoch}`
    const start = Math.min(columns - label.length, Math.max(0, column(epoch) - (label.length >> 1)))
    const room = text.slice(Math.max(0, start - 1), start + label.length + 1)
    if (room.trim() === '') text = text.slice(0, start) + label + text.slice(start + label.length)
  }
  return text.trimEnd()
}
