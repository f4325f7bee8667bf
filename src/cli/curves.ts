import type { Epoch } from '../train/index.ts'
import { Canvas, type Place } from './canvas.ts'
import { style, terminalWidth } from './output.ts'

const ROWS = 8

/** Losses of training and validation by epoch, as lines of Braille dots; nothing for fewer than three. */
export function lossCurves(epochs: readonly Epoch[], best: number): string[] {
  if (epochs.length < 3) return []
  const training = epochs.map(({ loss }, i): Place => [i + 1, loss])
  const validation = epochs.map((epoch, i): Place => [i + 1, epoch.validation.loss])
  const known = [...training, ...validation].map(([, loss]) => loss).filter(Number.isFinite)
  const canvas = new Canvas({
    columns: Math.max(8, Math.min(64, terminalWidth() - 12)),
    rows: ROWS,
    x: [1, epochs.length],
    y: [Math.min(...known), Math.max(...known)],
  })
  canvas.line(training, 'cyan')
  canvas.line(validation, 'yellow')
  canvas.marks(validation, 'yellow')
  return [
    `Loss by epoch  ${style('cyan', '⠒ training')}  ${style('yellow', '● validation')}`,
    ...canvas.framed(
      [
        [1, '1'],
        [epochs.length, `${epochs.length}`],
        [best, `kept ${best}`],
      ],
      ROWS - 1,
    ),
    '',
  ]
}
