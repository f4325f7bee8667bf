import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { InputError } from '../../src/base/errors.ts'
import { parseCsv, tableOf } from '../../src/data/index.ts'

const column = (...cells: string[]) =>
  parseCsv(['x,n', ...cells.map((cell) => `"${cell}",1`)].join('\n'), { name: 'x.csv' })

describe('kinds', () => {
  test.each([
    ['number', ['1', ' -2.5 ', '+3', '.5', '4.', '1e-3', '2E6']],
    ['number', ['', 'NA', '1', 'NaN']],
    ['number', ['1', '2', '3', '4', '5', '6', '7', '8', '9', 'ten']],
    ['text', ['1', '2', '3', '4', '5', '6', '7', '8', 'nine', 'ten']],
    ['date', ['2012-01-01', '2012-01-02', '']],
    ['date', ['1/1/12', ...Array.from({ length: 9 }, (_, i) => `2012-01-0${i + 1}`)]],
    ['text', ['rain', 'sun']],
    ['text', ['', '']],
    ['text', ['0x10', 'Infinity', '1_000']],
    ['text', ['1,23,4', '5,6,78']],
    ['number', ['1,234', '5,678']],
  ])('%s: %j', (kind, cells) => {
    expect(column(...cells).kind('x')).toBe(kind)
  })

  test('the time column is the first column of dates', () => {
    const days = ['2024-01-01', '2024-01-02']
    expect(tableOf({ sales: [1, 2], day: days, shipped: days }).timeColumn).toBe('day')
    expect(tableOf({ sales: [1, 2] }).timeColumn).toBeUndefined()
  })
})

describe('numbers', () => {
  test('reads any finite number as it was written', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ noNaN: true, noDefaultInfinity: true }), { minLength: 1 }), (values) => {
        expect([...tableOf({ x: values }).numbers('x')]).toEqual(values.map((value) => Number(String(value))))
      }),
    )
  })

  test.each([
    [
      'text',
      ['1', 'drizzle'],
      "got 'drizzle'; the columns of numbers are n, or take 'x = drizzle', which is 1 in the rows that say so and 0 in others",
    ],
    ['an empty cell', ['1', ''], 'got an empty cell; fill the cell or remove the row'],
    ['a missing value', ['1', 'NaN'], "got 'NaN'; fill the cell or remove the row"],
    ['a unit', ['1', '12 mm'], "got '12 mm'; write the number alone, without a unit, as 1234.5"],
    [
      'infinity',
      ['1', 'Infinity'],
      "got 'Infinity'; the columns of numbers are n, or take 'x = Infinity', which is 1 in the rows that say so and 0 in others",
    ],
    [
      'overflow',
      ['1', '1e999'],
      "got '1e999'; the columns of numbers are n, or take 'x = 1e999', which is 1 in the rows that say so and 0 in others",
    ],
    [
      'separators',
      ['1', '1,23,4'],
      "got '1,23,4'; write it with a decimal point and no thousands separators, as 1234.5",
    ],
  ])('refuses %s', (_, cells, end) => {
    expect(() => column(...cells).numbers('x')).toThrow(
      new InputError(`'x.csv', row 2, column 'x': expected a number, ${end}`),
    )
  })

  test('one bad cell among many is reported by its row, and the column stays a column of numbers', () => {
    const table = column(...Array.from({ length: 80 }, (_, i) => (i === 56 ? 'twelve' : String(i))))
    expect(table.kind('x')).toBe('number')
    expect(() => table.numbers('x')).toThrow(
      new InputError(
        "'x.csv', row 57, column 'x': expected a number, got 'twelve'; correct the cell, or leave such rows out (--where 'x != twelve')",
      ),
    )
  })

  test('an unknown column is refused with the nearest name, or with the names there are', () => {
    const table = tableOf({ temp_max: [1], wind: [2] }, 'w.csv')
    for (const read of ['numbers', 'dates', 'kind', 'text'] as const)
      expect(() => table[read]('temp_mx')).toThrow(
        new InputError("'w.csv' has no column 'temp_mx'; did you mean 'temp_max'?"),
      )
    expect(() => table.numbers('pressure')).toThrow(
      new InputError("'w.csv' has no column 'pressure'; its columns are temp_max, wind"),
    )
    const wide = tableOf(Object.fromEntries(Array.from({ length: 10 }, (_, i) => [`column${i}`, [1]])))
    expect(() => wide.numbers('x')).toThrow(/its columns are column0, .*column7 and 2 more$/)
  })
})

describe('dates', () => {
  test('refuses a cell that is no date of the column', () => {
    expect(() => column('2012-02-29', '2012-02-30').dates('x')).toThrow(
      new InputError(
        "'x.csv', row 2, column 'x': expected a date like 2012-01-31, got '2012-02-30'; correct the cell or remove the row",
      ),
    )
    expect(() => column('31.01.2012', '01.02.2012', '').dates('x')).toThrow(
      new InputError(
        "'x.csv', row 3, column 'x': expected a date like 31.01.2012, got an empty cell; correct the cell or remove the row",
      ),
    )
  })

  test('refuses a column that reads two ways', () => {
    expect(() => column('01/02/2012', '02/03/2012').dates('x')).toThrow(
      new InputError(
        "'x.csv', column 'x': expected dates that read one way, got dates like '01/02/2012' that fit both day first and " +
          'month first; write them as 2012-01-31',
      ),
    )
  })
})

describe('tableOf', () => {
  test('takes numbers, text and dates', () => {
    const table = tableOf({
      day: [new Date(0), new Date(86_400_000)],
      sales: Float32Array.of(1.5, 2),
      sky: ['sun', 'rain'],
    })
    expect(table.columns).toEqual(['day', 'sales', 'sky'])
    expect(table.columns.map((name) => table.kind(name))).toEqual(['date', 'number', 'text'])
    expect([...table.dates('day')]).toEqual([0, 86_400_000])
    expect(table.name).toBe('table')
  })

  test('numbers that are not finite are refused when they are read', () => {
    expect(() => tableOf({ x: [1, Number.NaN] }).numbers('x')).toThrow(
      "'table', row 2, column 'x': expected a number, got 'NaN'",
    )
    expect(() => tableOf({ x: [new Date(0), new Date(Number.NaN)] }).dates('x')).toThrow("row 2, column 'x'")
  })

  test('refuses no rows and columns of different lengths', () => {
    for (const empty of [{}, { sales: [] }])
      expect(() => tableOf(empty)).toThrow(
        new InputError("'table' is empty; expected at least one column of at least one row"),
      )
    expect(() => tableOf({ day: [1, 2], sales: [1] })).toThrow(
      new InputError("'table', column 'sales': expected 2 rows as in 'day', got 1; give every column the same length"),
    )
  })

  test('take reorders and repeats rows', () => {
    const table = tableOf({ x: [1, 2, 3], y: ['a', 'b', 'c'] }).take([2, 0, 0])
    expect([...table.numbers('x')]).toEqual([3, 1, 1])
    expect(table.text('y')).toEqual(['c', 'a', 'a'])
    expect(table.rowCount).toBe(3)
  })
})

test('a column of dates that stays the same is not what rows are ordered by', () => {
  const table = parseCsv('_start,_time,y\n2024-01-01,2024-01-02,1\n2024-01-01,2024-01-03,2\n', { name: 'influx.csv' })
  expect(table.timeColumn).toBe('_time')
})
