import { describe, expect, test } from 'vitest'
import { InputError } from '../../src/base/errors.ts'
import { type PanelOptions, panelOf, parseCsv, showTime, tableOf } from '../../src/data/index.ts'

const rowsOf = (text: string) => parseCsv(text, { name: 'x.csv' })
const days = (...days: number[]) => days.map((day) => `2024-01-${String(day).padStart(2, '0')}`)
const refusal = (text: string, options: PanelOptions = {}) => expect(() => panelOf(rowsOf(text), options))

describe('series', () => {
  test('one without an id column', () => {
    const panel = panelOf(tableOf({ day: days(1, 2, 3), x: [1, 2, 3] }))
    expect(panel.series).toEqual([{ id: '', start: 0, end: 3 }])
    expect([panel.timeColumn, panel.idColumn, panel.sorted]).toEqual(['day', undefined, false])
    expect(panel.step).toEqual({ unit: 'day', count: 1, label: 'day' })
    expect(panel.notes).toEqual(['one row a day'])
  })

  test('many, in the order that people count in, each by time', () => {
    const panel = panelOf(
      tableOf({
        name: ['H10', 'H2', 'H10', 'H2', 'H1'],
        day: days(2, 1, 1, 2, 7),
        x: [5, 2, 4, 3, 1],
      }),
      { id: 'name' },
    )
    expect(panel.series).toEqual([
      { id: 'H1', start: 0, end: 1 },
      { id: 'H2', start: 1, end: 3 },
      { id: 'H10', start: 3, end: 5 },
    ])
    expect([...panel.numbers('x')]).toEqual([1, 2, 3, 4, 5])
    expect(panel.sorted).toBe(true)
    expect(panel.notes).toEqual(["3 series by 'name', of 1 to 2 rows", 'one row a day'])
    expect(panel.table.showRows(1, 3, 'day')).toBe("rows 2, 4 of 'table', 2024-01-01 to 2024-01-02")
  })

  test('ids keep their zeros', () => {
    const panel = panelOf(rowsOf('shop,day,x\n007,2024-01-01,1\n7,2024-01-01,2\n'), { id: 'shop' })
    expect(panel.series.map(({ id }) => id)).toEqual(['007', '7'])
  })

  test('without dates the rows follow each other as they came', () => {
    const panel = panelOf(tableOf({ name: ['b', 'a', 'b'], x: [1, 2, 3] }), { id: 'name' })
    expect([...panel.numbers('x')]).toEqual([2, 1, 3])
    expect(panel.timeColumn).toBeUndefined()
    expect(panel.notes).toEqual([
      "2 series by 'name', of 1 to 2 rows",
      'no column of dates: the rows follow each other as they came',
    ])
  })

  test('a row that names none is refused', () => {
    refusal('city,day,x\nOslo,2024-01-01,1\n,2024-01-02,2\n', { id: 'city' }).toThrow(
      new InputError(
        "'x.csv', row 2, column 'city': expected the name of a series, got an empty cell; complete the cell or remove the row",
      ),
    )
  })
})

describe('the time', () => {
  test('another column of dates by name', () => {
    const table = tableOf({ day: days(1, 2, 3), shipped: days(5, 4, 3), x: [1, 2, 3] })
    expect([...panelOf(table, { time: 'shipped' }).numbers('x')]).toEqual([3, 2, 1])
    expect(() => panelOf(table, { time: 'x' })).toThrow("column 'x': expected a date like")
  })

  test.each([
    ['hours', 'date,hour,x\n2024-01-01,22,1\n2024-01-01,23,2\n2024-01-02,0,3\n', 'date + hour'],
    ['clocks', 'time,date,x\n10:00 PM,1/31/2024,1\n11:00 PM,1/31/2024,2\n12:00 AM,2/1/2024,3\n', 'date + time'],
    [
      'a year in parts',
      'year,month,day,hour,x\n2024,1,1,22,1\n2024,1,1,23,2\n2024,1,2,0,3\n',
      'year + month + day + hour',
    ],
    ['hours that end', 'date,hour,x\n2024-01-01,23,1\n2024-01-01,24,2\n2024-01-02,1,3\n', 'date + hour'],
  ])('is joined where days repeat: %s', (_, text, column) => {
    const panel = panelOf(rowsOf(text))
    expect(panel.timeColumn).toBe(column)
    expect(panel.step?.label).toBe('hour')
    expect(panel.notes[1]).toMatch(/^the columns '.*' together tell the time of a row$/)
    expect([...panelOf(rowsOf(text), { time: column }).table.dates(column)]).toEqual([...panel.table.dates(column)])
  })

  test('a year and a month', () => {
    const panel = panelOf(rowsOf('year,month,x\n1949,11,1\n1949,12,2\n1950,1,3\n'))
    expect(panel.step?.label).toBe('month')
    expect(Array.from(panel.table.dates('year + month'), showTime)).toEqual(['1949-11-01', '1949-12-01', '1950-01-01'])
  })

  test('months by name, days that all are the first of a year', () => {
    const months = panelOf(rowsOf('Month,Year,x\nJan,1949,1\nFeb.,1949,2\nmarch,1949,3\n'))
    expect(months.timeColumn).toBe('Year + Month')
    expect(months.step?.label).toBe('month')
    const hours = panelOf(rowsOf('Date,Time,x\n2024-01-01,0:00,1\n2024-01-01,6:00,2\n2024-01-01,12:00,3\n'))
    expect(hours.step?.label).toBe('6 hours')
  })

  test('a part that is none is refused', () => {
    refusal('date,hour,x\n2024-01-01,1,1\n2024-01-01,25,2\n', { time: 'date + hour' }).toThrow(
      new InputError(
        "'x.csv', row 2, column 'hour': expected a month, a day, an hour from 0 to 24 or a time like 13:05, got '25'; " +
          "correct the cell, or take 'date' alone for the time",
      ),
    )
  })

  test('clocks of a zone: the hour that comes twice in autumn is told by the order, in spring none is missing', () => {
    const hours = ['00', '01', '02', '02', '03', '04'].map((hour) => `2024-10-27 ${hour}:00`)
    const autumn = tableOf({ t: hours, x: [0, 1, 2, 3, 4, 5] }, 'x', { timezone: 'Europe/Berlin' })
    expect(Array.from(panelOf(autumn).table.dates('t'), showTime)).toEqual([
      '2024-10-26T22:00:00Z',
      '2024-10-26T23:00:00Z',
      '2024-10-27',
      '2024-10-27T01:00:00Z',
      '2024-10-27T02:00:00Z',
      '2024-10-27T03:00:00Z',
    ])
    const downwards = tableOf({ t: hours.toReversed(), x: [5, 4, 3, 2, 1, 0] }, 'x', { timezone: 'Europe/Berlin' })
    expect([...panelOf(downwards).numbers('x')]).toEqual([0, 1, 2, 3, 4, 5])
    expect(panelOf(downwards).notes).toEqual(['one row an hour'])
    const spring = ['00:00', '01:00', '03:00', '04:00'].map((hour) => `2024-03-31 ${hour}`)
    const zoned = tableOf({ t: spring, x: [0, 1, 2, 3] }, 'x', { timezone: 'Europe/Berlin' })
    expect(panelOf(zoned).notes).toEqual(['one row an hour'])
    expect(panelOf(tableOf({ t: spring, x: [0, 1, 2, 3] })).notes[1]).toMatch(/^one row is missing/)
  })

  test('days of a zone stay days, and a cell that names its zone keeps it', () => {
    const timezone = 'America/New_York'
    expect([...tableOf({ day: days(1) }, 'x', { timezone }).dates('day')]).toEqual([Date.UTC(2024, 0, 1)])
    expect([...tableOf({ day: ['2024-01-01 00:00:00'] }, 'x', { timezone }).dates('day')]).toEqual([
      Date.UTC(2024, 0, 1),
    ])
    const mixed = tableOf({ t: ['2024-01-01 12:00', '2024-01-01 12:00Z'] }, 'x', { timezone }).dates('t')
    expect(Array.from(mixed, showTime)).toEqual(['2024-01-01T17:00:00Z', '2024-01-01T12:00:00Z'])
  })

  test('an unknown zone is refused', () => {
    expect(() => tableOf({ t: ['2024-01-01 12:00'] }, 'x', { timezone: 'Europe/Berln' }).dates('t')).toThrow(
      new InputError(
        "timezone: expected a name like Europe/Berlin or UTC, got 'Europe/Berln'; did you mean 'Europe/Berlin'?",
      ),
    )
  })
})

describe('the step', () => {
  test('is the one that most series have', () => {
    const day = [...days(1, 2, 3), ...days(1, 2, 3), '2024-01-01', '2024-02-01', '2024-03-01']
    const name = ['a', 'a', 'a', 'b', 'b', 'b', 'c', 'c', 'c']
    expect(panelOf(tableOf({ name, day }), { id: 'name' }).step?.label).toBe('day')
    const months = tableOf({
      name: name.slice(3),
      day: day.slice(3).map((day, i) => (i < 3 ? `2024-0${i + 1}-01` : day)),
    })
    expect(panelOf(months, { id: 'name' }).step?.label).toBe('month')
  })

  test('of sparse rows is their least distance', () => {
    const panel = panelOf(tableOf({ day: days(1, 3, 4, 6, 9, 11, 12, 14) }))
    expect(panel.step?.label).toBe('day')
    expect(panel.notes[1]).toMatch(/^6 rows are missing in 5 places: after row 1 \(2024-01-01\), row 3 .* and 2 more;/)
  })

  test('of events there is none', () => {
    const panel = panelOf(
      tableOf({ time: [0, 17, 18, 75, 301, 302.5].map((second) => new Date(1e12 + second * 1000)) }),
    )
    expect(panel.step).toBeUndefined()
    expect(panel.notes).toEqual(['the times keep no regular distance: each row is a step'])
  })

  test('of weekdays skips weekends and not holidays', () => {
    const panel = panelOf(tableOf({ day: days(1, 2, 3, 4, 5, 8, 9, 11, 12, 15, 16), x: Array(11).fill(1) }), {
      missing: 'previous',
    })
    expect(panel.step).toEqual({ unit: 'weekday', count: 1, label: 'weekday' })
    expect(panel.notes).toEqual([
      'one row a weekday',
      'one row is missing: after row 7 (2024-01-09); rows were added there',
    ])
    expect(showTime(panel.table.dates('day')[7]!)).toBe('2024-01-10')
  })
})

describe('rows of one time', () => {
  const twice = 'day,x,sky\n2024-01-01,1,sun\n2024-01-02,2,\n2024-01-02,5,rain\n2024-01-02,,fog\n2024-01-03,3,sun\n'

  test('are refused with the ways out', () => {
    refusal(twice).toThrow(
      new InputError(
        "'x.csv', column 'day': expected each time once, got 2024-01-02 in rows 2 and 3; name the column that tells series " +
          "apart with id (--id), or merge such rows with duplicates: 'first', 'last' or 'mean' (--duplicates mean)",
      ),
    )
    refusal('city,day,x\na,2024-01-01,1\na,2024-01-01,2\n', { id: 'city' }).toThrow(
      new InputError(
        "'x.csv', column 'day': expected each time once in series 'a', got 2024-01-01 in rows 1 and 2; remove one, or merge " +
          "such rows with duplicates: 'first', 'last' or 'mean' (--duplicates mean)",
      ),
    )
  })

  test('suggest the column that tells series apart', () => {
    refusal('day,x,city\n2024-01-01,1,Oslo\n2024-01-01,1,Rome\n2024-01-02,2,Oslo\n').toThrow(
      /rows 1 and 2; name the column of series: id: 'city' \(--id city\), or merge/,
    )
    const shops = Array.from({ length: 12 }, (_, i) => `2024-01-0${1 + (i >> 2)},${i % 3},${i % 4}`).join('\n')
    refusal(`day,x,shop\n${shops}`).toThrow(/id: 'shop' \(--id shop\)/)
  })

  test.each([
    ['first', [1, 2, 3], 'the first of each was kept', ''],
    ['last', [1, Number.NaN, 3], 'the last of each was kept', 'fog'],
    ['mean', [1, 3.5, 3], 'their means were taken', ''],
  ] as const)('%s', (duplicates, x, done, sky) => {
    const panel = panelOf(rowsOf(twice), { duplicates, missing: 'skip' })
    expect([...panel.numbers('x')]).toEqual([...x])
    expect(panel.table.text('sky')[1]).toBe(sky)
    expect(panel.notes[1]).toBe(`one time comes more than once, 2 rows in all (2024-01-02 in rows 2 and 3): ${done}`)
  })
})

describe('missing values', () => {
  const holes = 'day,x,y\n2024-01-01,,1\n2024-01-02,2,1\n2024-01-05,NA,1\n2024-01-06,10,\n2024-01-07,-,\n'

  test('are refused with the choices, and gaps alone are only told', () => {
    const panel = panelOf(rowsOf(holes))
    expect(panel.notes).toEqual([
      'one row a day',
      '2 rows are missing in one place: after row 2 (2024-01-02); the rows around a gap are taken as neighbours, unless ' +
        'missing (--missing) says how to fill it',
    ])
    expect(() => panel.numbers('x')).toThrow(
      new InputError(
        "'x.csv', row 1, column 'x': expected a number, got an empty cell (and 2 more); complete the cells, or choose how to " +
          "fill them with missing: 'previous', 'linear', 'zero' or 'skip' (--missing previous)",
      ),
    )
    expect(panel.table.rowCount).toBe(5)
  })

  const open = Number.NaN
  test.each([
    [
      'previous',
      [open, 2, 2, 2, 2, 10, 10],
      '4 missing cells filled by the value before, 1 missing cell left open: windows that touch it are left out',
    ],
    [
      'linear',
      [open, 2, 4, 6, 8, 10, open],
      '3 missing cells filled along a line between neighbours, 2 missing cells left open: windows that touch them are left out',
    ],
    ['zero', [0, 2, 0, 0, 0, 10, 0], '5 missing cells set to 0'],
    ['skip', [open, 2, open, open, open, 10, open], '5 missing cells left open: windows that touch them are left out'],
  ] as const)('%s', (missing, x, note) => {
    const panel = panelOf(rowsOf(holes), { missing })
    expect([...panel.numbers('x')]).toEqual([...x])
    expect(panel.numbers('x')).toBe(panel.numbers('x'))
    expect(Array.from(panel.table.dates('day'), showTime)).toEqual(days(1, 2, 3, 4, 5, 6, 7))
    expect(panel.notes.slice(1)).toEqual([
      '2 rows are missing in one place: after row 2 (2024-01-02); rows were added there',
      `column 'x': ${note}`,
    ])
    expect(panel.table.showRows(1, 5, 'day')).toBe("rows 2 to 3 and 2 added rows of 'x.csv', 2024-01-02 to 2024-01-05")
    expect(panel.table.showRows(2, 3, 'day')).toBe("1 added row of 'x.csv', 2024-01-03 to 2024-01-03")
  })

  test('a word among numbers is never filled', () => {
    const text = 'day,x\n2024-01-01,1\n2024-01-02,abc\n2024-01-03,3\n'
    for (const missing of ['previous', 'linear', 'zero', 'skip'] as const)
      expect(() => panelOf(rowsOf(text), { missing }).numbers('x')).toThrow(
        "row 2, column 'x': expected a number, got 'abc'",
      )
  })

  test('nothing flows from one series into the next', () => {
    const text = 'city,day,x\na,2024-01-01,1\na,2024-01-02,\nb,2024-01-01,\nb,2024-01-02,4\nb,2024-01-04,6\n'
    const panel = panelOf(rowsOf(text), { id: 'city', missing: 'previous' })
    expect([...panel.numbers('x')]).toEqual([1, 1, Number.NaN, 4, 4, 6])
    expect(panel.table.text('city')).toEqual(['a', 'a', 'b', 'b', 'b', 'b'])
    expect(panel.series).toEqual([
      { id: 'a', start: 0, end: 2 },
      { id: 'b', start: 2, end: 6 },
    ])
    expect(panel.notes).toContain('one row is missing: after row 4 (b, 2024-01-02); rows were added there')
  })

  test('a date that must be wrong is refused', () => {
    const table = tableOf({ day: ['1924-01-01', ...days(2, 3, 4, 5, 6, 7, 8, 9, 10, 11)] }, 'x.csv')
    expect(() => panelOf(table, { missing: 'zero' })).toThrow(
      new InputError(
        "'x.csv': its 11 rows leave gaps of 36525 rows, the largest of 36525 between row 1 (1924-01-01) and row 2 (2024-01-02); " +
          'correct the dates, or leave the gaps as they are, without missing (--missing)',
      ),
    )
  })

  test('unknown choices are refused', () => {
    const table = tableOf({ day: days(1, 2) })
    expect(() => panelOf(table, { missing: 'linaer' as never })).toThrow(
      'missing: expected one of refuse, previous, linear, zero, skip, got "linaer"; did you mean \'linear\'?',
    )
    expect(() => panelOf(table, { duplicates: 'sum' as never })).toThrow('duplicates: expected one of refuse, first')
  })
})
