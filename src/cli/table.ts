import { stripVTControlCharacters } from 'node:util'

const NUMBER = '-?[\\d.]+(?:e[+-]?\\d+)?'
const NUMBERS = new RegExp(`^(?:–|${NUMBER}(?: – ${NUMBER}| %)?)$`)

/** A number as people write it, two as ends of an interval, or the dash of a missing one. */
const isNumber = (cell: string): boolean => NUMBERS.test(stripVTControlCharacters(cell))

/** Rows of cells as lines, a rule under the header: columns of numbers to the right, of words to the left. */
export function tableLines(header: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const widthOf = (cell: string) => stripVTControlCharacters(cell).length
  const widths = header.map((_, j) => Math.max(...[header, ...rows].map((row) => widthOf(row[j] ?? ''))))
  const toRight = header.map((_, j) => j > 0 && rows.every((row) => isNumber(row[j] ?? '')))
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, j) => {
        const gap = ' '.repeat(widths[j]! - widthOf(cell))
        return toRight[j] ? gap + cell : cell + gap
      })
      .join('   ')
      .trimEnd()
  return [line(header), widths.map((width) => '─'.repeat(width)).join('───'), ...rows.map(line)]
}
