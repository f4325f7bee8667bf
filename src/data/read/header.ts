import { isMissing, readNumber } from '../cells.ts'
import { readDates, shareOfDates } from '../dates.ts'

// No cell has tabs inside, so they go first.
const DELIMITERS = ['\t', ',', ';', '|']
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
  return first > 0 && (!records[first]!.some(isValue) || timesAmong(records[first]!).length > 0) ? first : 0
}

const FEWEST_TIMES = 3

/** The names of columns that are times in order, where rows are series: `1960`, `1961`, `1962`; none where there are fewer. */
export function timesAmong(names: readonly string[]): readonly string[] {
  const dates = names.filter((name) => name !== '' && shareOfDates([name], 'date') === 1)
  if (dates.length < FEWEST_TIMES || dates.length === names.length) return []
  const { times, failures } = readDates(dates, { column: 'date' })
  const ascends = times.every((time, i) => i === 0 || time > times[i - 1]!)
  const descends = times.every((time, i) => i === 0 || time < times[i - 1]!)
  return failures === 0 && (ascends || descends) ? dates : []
}

const isComment = (record: readonly string[]) => record[0]?.startsWith('#') ?? false

const MOST_UNITS = 3

/** How many records tell units and the like: words alone, in columns whose cells further down are all numbers or dates. */
export function linesOfUnits(records: readonly (readonly string[])[]): number {
  const count = records.findIndex((record) => record.some(isValue))
  const below = records.slice(count)
  if (count > MOST_UNITS || below.length < 2) return 0
  const above = records.slice(0, Math.max(0, count))
  const tells = (cell: string, j: number) => !isMissing(cell) && below.every((other) => isValue(other[j] ?? ''))
  return above.some((record) => record.some(tells)) ? above.length : 0
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

/** True for a number or a date. */
export const isValue = (cell: string) =>
  !Number.isNaN(readNumber(cell)) || (cell !== '' && shareOfDates([cell], '') === 1)

/** The value that comes most often, the largest of those. */
function commonest(values: readonly number[]): number {
  const count = (value: number) => values.filter((each) => each === value).length
  return values.reduce((best, value) => ((count(value) - count(best) || value - best) > 0 ? value : best), 0)
}
