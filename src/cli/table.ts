import { stripVTControlCharacters } from 'node:util'

/** Rows of cells as lines: the first column to the left, the others to the right, a rule under the header. */
export function tableLines(header: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const widthOf = (cell: string) => stripVTControlCharacters(cell).length
  const widths = header.map((_, j) => Math.max(...[header, ...rows].map((row) => widthOf(row[j] ?? ''))))
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, j) => {
        const gap = ' '.repeat(widths[j]! - widthOf(cell))
        return j === 0 ? cell + gap : gap + cell
      })
      .join('   ')
      .trimEnd()
  return [line(header), widths.map((width) => '─'.repeat(width)).join('───'), ...rows.map(line)]
}
