import { isMissing, readNumber } from '../cells.ts'
import { shareOfDates } from '../dates.ts'

const DELIMITERS = [',', ';', '\t', '|']
const FIRST_LINES = 20

/** The delimiter that cuts most of the first lines into equally many cells, more than one; quotes are passed over. */
export function delimiterOf(text: string): string {
  const bare = text.slice(0, 1 << 16).replace(/"[^"]*"/g, '"')
  const lines = bare.split(/[\r\n]+/).filter((line) => line.trim() !== '')
  const first = lines.slice(0, FIRST_LINES)
  const fits = DELIMITERS.map((delimiter) => {
    const widths = first.map((line) => line.split(delimiter).length)
    const width = commonest(widths)
    return width === 1 ? 0 : widths.filter((each) => each === width).length
  })
  return DELIMITERS[fits.indexOf(Math.max(...fits))]!
}

/** Which of the first records has the names: those above it, with fewer cells or behind a `#`, are a title. */
export function headerIndex(records: readonly (readonly string[])[]): number {
  const width = commonest(records.map((record) => record.length))
  const filled = (record: readonly string[]) => record.filter((cell) => cell !== '').length
  const isTitle = (record: readonly string[], i: number) => {
    if (isComment(record))
      return record.length !== width || !records[i + 1]?.some(isValue) || isComment(records[i + 1]!)
    return width > 1 && (record.length < width || filled(record) === 1)
  }
  const first = records.findIndex((record, i) => !isTitle(record, i))
  if (first > 0 && isComment(records[first - 1]!)) return first
  // What has numbers in it is data, and the short line above it is a header that lost cells.
  return first > 0 && !records[first]!.some(isValue) ? first : 0
}

const isComment = (record: readonly string[]) => record[0]?.startsWith('#') ?? false

/** True where a record tells units: words in columns whose cells further down are all numbers or dates. */
export function isOfUnits(record: readonly string[], below: readonly (readonly string[])[]): boolean {
  if (below.length < 2 || record.some(isValue)) return false
  return record.some((cell, j) => !isMissing(cell) && below.every((other) => isValue(other[j] ?? '')))
}

/** True where the record that should be names is one of numbers and dates, as is the next. */
export function hasNoNames(records: readonly (readonly string[])[], at: number): boolean {
  const [head, next] = records.slice(at, at + 2)
  if (!head || !next) return false
  const allValues = head.every((cell) => isValue(cell) || isMissing(cell)) && head.some(isValue)
  return allValues && head.every((cell, j) => cell !== '' || !next[j] || isValue(next[j]))
}

/** Names for all columns: of blank ones by their place, of repeated ones by a number. */
export function namesOf(header: readonly string[]) {
  const names: string[] = []
  const notes: string[] = []
  const cells = header.map((cell, j) => (j === 0 ? cell.replace(/^#+ */, '') : cell).trim().replace(/\s+/g, ' '))
  const blankEnd = cells.length - 1 - cells.findLastIndex((cell) => cell !== '')
  cells.forEach((cell, j) => {
    const wanted = cell === '' ? `column ${j + 1}` : cell
    const name = free(wanted, (name) => names.includes(name) || (name !== wanted && cells.includes(name)))
    names.push(name)
    if (cell === '' && j < cells.length - blankEnd) notes.push(`column ${j + 1} has no name and is called '${name}'`)
    else if (cell !== '' && name !== cell)
      notes.push(`column ${j + 1} is named '${cell}' as another is, and called '${name}'`)
  })
  return { names, notes, blankEnd: blankEnd === cells.length ? 0 : blankEnd }
}

function free(wanted: string, taken: (name: string) => boolean): string {
  let name = wanted
  for (let n = 2; taken(name); n++) name = `${wanted} ${n}`
  return name
}

const isValue = (cell: string) => !Number.isNaN(readNumber(cell)) || (cell !== '' && shareOfDates([cell], '') === 1)

/** The value that comes most often, the largest of those. */
function commonest(values: readonly number[]): number {
  const count = (value: number) => values.filter((each) => each === value).length
  return values.reduce((best, value) => ((count(value) - count(best) || value - best) > 0 ? value : best), 0)
}
