import { round, type Style, style } from './output.ts'

/** A place in the units of what is drawn; without a finite y there is a gap. */
export type Place = readonly [x: number, y: number]

/** A word below the place that it tells of. */
export type Tick = readonly [x: number, word: string]

export interface CanvasOptions {
  readonly columns: number
  readonly rows: number
  readonly x: readonly [left: number, right: number]
  readonly y: readonly [low: number, high: number]
}

/** Bits of the dots of a Braille character, by column and row, as Unicode numbers them. */
const BITS = [0x01, 0x02, 0x04, 0x40, 0x08, 0x10, 0x20, 0x80]

/** A picture of characters: lines of Braille dots, marks and shaded bands. What is drawn later lies on top. */
export class Canvas {
  private readonly options: CanvasOptions
  private readonly cells: { text: string; format?: Style }[]

  constructor(options: CanvasOptions) {
    this.options = options
    this.cells = Array.from({ length: options.columns * options.rows }, () => ({ text: ' ' }))
  }

  /** A line through places by ascending x. */
  line(places: readonly Place[], format: Style): void {
    const { columns, rows } = this.options
    const bits = new Uint8Array(columns * rows)
    const dots = places.map((place) => this.dot(place))
    for (const [i, [toX, toY]] of dots.entries()) {
      const [fromX, fromY] = dots[i - 1]?.every(Number.isFinite) ? dots[i - 1]! : [toX, toY]
      if (!Number.isFinite(toY)) continue
      const steps = Math.max(1, Math.abs(toX - fromX), Math.abs(toY - fromY))
      for (let step = 0; step <= steps; step++) {
        const x = Math.round(fromX + ((toX - fromX) * step) / steps)
        const y = Math.round(fromY + ((toY - fromY) * step) / steps)
        bits[(y >> 2) * columns + (x >> 1)]! |= BITS[(x % 2) * 4 + (y % 4)]!
      }
    }
    bits.forEach((drawn, cell) => {
      if (drawn > 0) this.cells[cell] = { text: String.fromCodePoint(0x2800 + drawn), format }
    })
  }

  /** A mark at each place. */
  marks(places: readonly Place[], format: Style, text = '●'): void {
    for (const [x, y] of places.map((place) => this.dot(place)))
      if (Number.isFinite(y)) this.cells[(y >> 2) * this.options.columns + (x >> 1)] = { text, format }
  }

  /** What lies between two lines, shaded. */
  band(lower: readonly Place[], upper: readonly Place[], format: Style): void {
    const { columns, rows, x } = this.options
    for (let column = 0; column < columns; column++) {
      const at = x[0] + ((x[1] - x[0]) * (column + 0.5)) / columns
      const [top, bottom] = [upper, lower].map((line) => this.dot([at, heightAt(line, at)])[1])
      for (let row = 0; row < rows; row++)
        if (top! <= 4 * row + 2 && bottom! >= 4 * row + 1) this.cells[row * columns + column] = { text: '░', format }
    }
  }

  /** The picture between its axes, with a number at every so many rows. */
  framed(ticks: readonly Tick[], every: number): string[] {
    const { columns, rows, y } = this.options
    const labels = Array.from({ length: rows }, (_, row) =>
      row % every === 0 ? round(y[1] - ((y[1] - y[0]) * row) / (rows - 1)) : '',
    )
    const margin = Math.max(...labels.map((label) => label.length))
    const line = (row: number) => this.cells.slice(row * columns, (row + 1) * columns)
    const last = (row: number) => line(row).findLastIndex(({ text }) => text !== ' ') + 1
    return [
      ...labels.map((label, row) => {
        const cells = line(row).slice(0, last(row))
        const text = cells.map(({ text, format }) => (format ? style(format, text) : text)).join('')
        return `  ${label.padStart(margin)} ${label ? '┤' : '│'}${text}`
      }),
      `  ${' '.repeat(margin)} └${'─'.repeat(columns)}`,
      `  ${' '.repeat(margin)}  ${this.axis(ticks)}`,
    ]
  }

  /** Words under their places; of those that would run into each other the first. */
  private axis(ticks: readonly Tick[]): string {
    const { columns } = this.options
    let text = ' '.repeat(columns)
    for (const [x, word] of ticks) {
      const column = this.dot([x, Number.NaN])[0] >> 1
      const start = Math.max(0, Math.min(columns - word.length, column - (word.length >> 1)))
      const room = text.slice(Math.max(0, start - 1), start + word.length + 1)
      if (room.trim() === '') text = text.slice(0, start) + word + text.slice(start + word.length)
    }
    return text.trimEnd()
  }

  /** The dot of a place, from the left and from above. */
  private dot([x, y]: Place): [x: number, y: number] {
    const { columns, rows, x: across, y: up } = this.options
    const share = (value: number, from: number, to: number) => (from === to ? 0.5 : (value - from) / (to - from))
    return [Math.round((2 * columns - 1) * share(x, ...across)), Math.round((4 * rows - 1) * (1 - share(y, ...up)))]
  }
}

/** The height of a line at some x; NaN beside it. */
function heightAt(places: readonly Place[], x: number): number {
  const next = places.findIndex(([at]) => at >= x)
  if (next < 1) return places[next]?.[0] === x ? places[next]![1] : Number.NaN
  const [[fromX, fromY], [toX, toY]] = [places[next - 1]!, places[next]!]
  return fromY + ((toY - fromY) * (x - fromX)) / (toX - fromX)
}
