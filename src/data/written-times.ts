/** How the times of a column are written, each to the same length: `2012-01-31`, `2012-01-31 18:00:00`, `2012-01-31T18:00:00.000Z`. */
export interface TimeLayout {
  /** Whether they name the zone, which is UTC. */
  readonly zoned: boolean
  /** In milliseconds since 1970 as of UTC; NaN for a cell in another layout, or a day that no calendar has. */
  read(cell: string): number
  /** The same cell again. */
  write(time: number): string
}

const LAYOUT = /^[1-9]\d{3}([-/])\d\d\1\d\d(?:([T ])\d\d:\d\d(?::\d\d(?:\.\d{3})?)?)?(Z|\+00:00)?$/
const DATE = '2012-01-31'.length

/** The layout of a cell, where it is one that times are kept by as numbers. */
export function layoutOf(cell: string): TimeLayout | undefined {
  const [all, mark, between = '', zone = ''] = LAYOUT.exec(cell) ?? []
  if (all === undefined || (between === '' && zone !== '')) return undefined
  const size = cell.length - zone.length
  const write = (time: number) => {
    const iso = new Date(time).toISOString()
    const date = mark === '-' ? iso.slice(0, DATE) : iso.slice(0, DATE).replaceAll('-', '/')
    return between === '' ? date : `${date}${between}${iso.slice(DATE + 1, size)}${zone}`
  }
  const layout = { zoned: zone !== '', read, write }
  return Number.isNaN(read(cell)) ? undefined : layout

  function read(cell: string): number {
    const fits =
      cell.length === size + zone.length &&
      cell.endsWith(zone) &&
      cell[4] === mark &&
      cell[7] === mark &&
      (size === DATE || (cell[DATE] === between && cell[13] === ':')) &&
      (size < 19 || cell[16] === ':') &&
      (size < 23 || cell[19] === '.')
    if (!fits) return Number.NaN
    const [year, month, day] = [digits(cell, 0, 4), digits(cell, 5, 7), digits(cell, 8, 10)]
    const hour = size > DATE ? digits(cell, 11, 13) : 0
    const minute = size > DATE ? digits(cell, 14, 16) : 0
    const second = size < 19 ? 0 : digits(cell, 17, 19)
    const fraction = size < 23 ? 0 : digits(cell, 20, 23)
    const valid = year >= 1000 && month >= 1 && month <= 12 && day >= 1 && day <= daysIn(year, month)
    if (!valid || !(hour < 24 && minute < 60 && second < 60)) return Number.NaN
    return Date.UTC(year, month - 1, day, hour, minute, second, fraction)
  }
}

/** The number of some digits, NaN where one is none. */
function digits(cell: string, from: number, to: number): number {
  let value = 0
  for (let i = from; i < to; i++) {
    const digit = cell.charCodeAt(i) - 48
    if (!(digit >= 0 && digit <= 9)) return Number.NaN
    value = 10 * value + digit
  }
  return value
}

function daysIn(year: number, month: number): number {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31
}
