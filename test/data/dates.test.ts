import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { readDates } from '../../src/data/dates.ts'
import { addSteps, inferStep, type Step, showTime } from '../../src/data/index.ts'

const shown = (...cells: string[]) =>
  Array.from(readDates(cells).times, (time) => (Number.isNaN(time) ? 'refused' : new Date(time).toISOString()))

describe('the form of a column', () => {
  test.each([
    ['2012-01-31', '2012-01-31T00:00:00.000Z'],
    ['2012/01/31', '2012-01-31T00:00:00.000Z'],
    ['2012-1-31', '2012-01-31T00:00:00.000Z'],
    ['2012-01', '2012-01-01T00:00:00.000Z'],
    ['2012-01-31T18:05', '2012-01-31T18:05:00.000Z'],
    ['2012-01-31 18:05:09', '2012-01-31T18:05:09.000Z'],
    ['2012-01-31T18:05:09.57Z', '2012-01-31T18:05:09.570Z'],
    ['2012-01-31T18:05:09.123456+05:30', '2012-01-31T12:35:09.123Z'],
    ['2012-01-31 18:05:09-0800', '2012-02-01T02:05:09.000Z'],
    ['2012-01-31 18:05:09+01', '2012-01-31T17:05:09.000Z'],
    ['31.01.2012', '2012-01-31T00:00:00.000Z'],
    ['31.1.2012 7:30', '2012-01-31T07:30:00.000Z'],
    ['31/01/2012', '2012-01-31T00:00:00.000Z'],
    ['01/31/2012', '2012-01-31T00:00:00.000Z'],
    ['1/31/2012 14:00', '2012-01-31T14:00:00.000Z'],
    ['Jan 31 2012', '2012-01-31T00:00:00.000Z'],
    ['January 31, 2012', '2012-01-31T00:00:00.000Z'],
    ['Sept. 30, 2012', '2012-09-30T00:00:00.000Z'],
    ['31 jan 2012', '2012-01-31T00:00:00.000Z'],
    ['31-Jan-2012', '2012-01-31T00:00:00.000Z'],
    ['31.01.12', '2012-01-31T00:00:00.000Z'],
    ['12/31/69 11:05 PM', '1969-12-31T23:05:00.000Z'],
    ['1/31/2024 1:05 PM', '2024-01-31T13:05:00.000Z'],
    ['31/1/2024 12:05:09 a.m.', '2024-01-31T00:05:09.000Z'],
    ['2024-01-31 13:05:00 UTC', '2024-01-31T13:05:00.000Z'],
    ['2024-01-31 13:05 GMT+2', '2024-01-31T11:05:00.000Z'],
    ['2024-01-31T13:05:00.000+0200', '2024-01-31T11:05:00.000Z'],
    ['2024-01-31 13', '2024-01-31T13:00:00.000Z'],
    ['Wed, 31 Jan 2024 13:05:00 GMT', '2024-01-31T13:05:00.000Z'],
    ['Wednesday 31/01/2024', '2024-01-31T00:00:00.000Z'],
    ['2024-01-29/2024-02-04', '2024-01-29T00:00:00.000Z'],
    ['20240131T130509', '2024-01-31T13:05:09.000Z'],
    ['2024-W05', '2024-01-29T00:00:00.000Z'],
    ['2024W05-3', '2024-01-31T00:00:00.000Z'],
    ['2020-W53', '2020-12-28T00:00:00.000Z'],
    ['2024-W53', 'refused'],
    ['2024-W00', 'refused'],
    ['2024Q1', '2024-01-01T00:00:00.000Z'],
    ['2024-Q3', '2024-07-01T00:00:00.000Z'],
    ['Q4 2024', '2024-10-01T00:00:00.000Z'],
    ['2024-Q5', 'refused'],
    ['Jan-2024', '2024-01-01T00:00:00.000Z'],
    ["Feb '24", 'refused'],
    ['Feb-24', '2024-02-01T00:00:00.000Z'],
    ['1/31/2024 13:05 PM', 'refused'],
    ['1706706300', 'refused'],
    ['0050-01-31', 'refused'],
    ['2012-02-30', 'refused'],
    ['2011-02-29', 'refused'],
    ['2012-13-01', 'refused'],
    ['2012-00-01', 'refused'],
    ['2012-01/31', 'refused'],
    ['2012-01-31T24:00', 'refused'],
    ['2012-01-31T23:60', 'refused'],
    ['32.01.2012', 'refused'],
    ['Jam 31 2012', 'refused'],
    ['20120131', 'refused'],
    ['2012', 'refused'],
    ['sun', 'refused'],
    ['', 'refused'],
  ])('%s', (cell, time) => {
    expect(shown(cell)).toEqual([time])
  })

  test.each([
    ['time_ms', '1517363399650', '2018-01-31T01:49:59.650Z'],
    ['timestamp', '1706706300', '2024-01-31T13:05:00.000Z'],
    ['ts', '1706706300.5', '2024-01-31T13:05:00.500Z'],
    ['epoch', '1706706300000000000', '2024-01-31T13:05:00.000Z'],
    ['createdTime', '1706706300', '2024-01-31T13:05:00.000Z'],
    ['Date', '20240131', '2024-01-31T00:00:00.000Z'],
    ['date', '20240230', 'refused'],
    ['date', '202401311305', '2024-01-31T13:05:00.000Z'],
    ['yyyymm', '202401', '2024-01-01T00:00:00.000Z'],
    ['year', '1949', '1949-01-01T00:00:00.000Z'],
    ['lifetime', '1706706300', 'refused'],
    ['sales', '20240131', 'refused'],
    ['time', '1949', 'refused'],
    ['time', '5000000000', 'refused'],
  ])('plain numbers are dates where the column says so: %s %s', (column, cell, time) => {
    const [read] = readDates([cell], { column }).times
    expect(Number.isNaN(read) ? 'refused' : new Date(read!).toISOString()).toBe(time)
  })

  test('one row that only fits day first decides for all', () => {
    expect(shown('01/02/2012', '13/02/2012', '03/03/2012')).toEqual([
      '2012-02-01T00:00:00.000Z',
      '2012-02-13T00:00:00.000Z',
      '2012-03-03T00:00:00.000Z',
    ])
  })

  test('one row that only fits month first decides for all', () => {
    expect(shown('01/02/2012', '02/13/2012')).toEqual(['2012-01-02T00:00:00.000Z', '2012-02-13T00:00:00.000Z'])
  })

  test('where every row fits both, the order that ascends decides', () => {
    // Days of January and February day first; month first they would jump back.
    const dayFirst = readDates(['10/01/2012', '11/01/2012', '05/02/2012'])
    expect(dayFirst.ambiguous).toBe(false)
    expect(showTime(dayFirst.times[2]!)).toBe('2012-02-05')
    const monthFirst = readDates(['01/10/2012', '01/11/2012', '02/05/2012'])
    expect(monthFirst.ambiguous).toBe(false)
    expect(showTime(monthFirst.times[2]!)).toBe('2012-02-05')
  })

  test('an order that descends decides as well', () => {
    const newestFirst = readDates(['05/02/2012', '11/01/2012', '10/01/2012'])
    expect(newestFirst.ambiguous).toBe(false)
    expect(showTime(newestFirst.times[0]!)).toBe('2012-02-05')
  })

  test.each([
    ['both orders ascend', ['01/01/2012', '01/02/2012', '01/03/2012']],
    ['neither is in order', ['05/06/2012', '01/02/2012', '03/04/2012']],
  ])('where %s it is ambiguous', (_, cells) => {
    expect(readDates(cells).ambiguous).toBe(true)
  })

  test('a column that mixes both orders has failures', () => {
    expect(readDates(['13/01/2012', '01/13/2012']).failures).toBe(1)
  })

  test('any instant survives being written and read', () => {
    fc.assert(
      fc.property(
        fc.date({ min: new Date('1000-01-01'), max: new Date('9999-12-31'), noInvalidDate: true }),
        (date) => {
          expect(readDates([date.toISOString()]).times[0]).toBe(date.getTime())
          expect(readDates([showTime(date.getTime())]).times[0]).toBe(date.getTime())
        },
      ),
    )
  })
})

test('showTime leaves out a clock at midnight', () => {
  expect(showTime(Date.UTC(2012, 0, 31))).toBe('2012-01-31')
  expect(showTime(Date.UTC(2012, 0, 31, 18))).toBe('2012-01-31T18:00:00Z')
  expect(showTime(Date.UTC(2012, 0, 31, 0, 0, 0, 5))).toBe('2012-01-31T00:00:00.005Z')
})

describe('steps', () => {
  const times = (...cells: string[]) => readDates(cells).times

  test.each([
    [['2012-01-01', '2012-01-02', '2012-01-03'], 'day'],
    [['2012-01-06', '2012-01-09', '2012-01-10', '2012-01-11'], 'weekday'],
    [['2012-01-06', '2012-01-07', '2012-01-09', '2012-01-10', '2012-01-11'], 'day'],
    [['2012-01-01', '2012-01-08', '2012-01-15'], 'week'],
    [['2012-01-01', '2012-01-15', '2012-01-29'], '2 weeks'],
    [['2012-01-01 00:00', '2012-01-01 01:00', '2012-01-01 02:00'], 'hour'],
    [['2012-01-01 00:00', '2012-01-01 00:15', '2012-01-01 00:30'], '15 minutes'],
    [['2012-01-01 00:00:00', '2012-01-01 00:00:01'], 'second'],
    [['2012-01-01 00:00:00', '2012-01-01 00:00:00.005'], '5 milliseconds'],
    [['2012-01', '2012-02', '2012-03', '2012-04'], 'month'],
    [['2012-01', '2012-02', '2012-06', '2012-07'], 'month'],
    [['2012-01-31', '2012-02-29', '2012-03-31', '2012-04-30'], 'month'],
    [['2012-01', '2012-04', '2012-07'], '3 months'],
    [['2012-01-01', '2013-01-01', '2014-01-01'], 'year'],
    [['2020-02-24 18:00', '2020-02-25 18:00', '2020-02-26 17:00', '2020-02-27 17:00'], 'day'],
  ])('%j is a %s', (cells, label) => {
    expect(inferStep(times(...cells))?.label).toBe(label)
  })

  test('a series of fewer than two times, or of one time, has none', () => {
    expect(inferStep([])).toBeUndefined()
    expect(inferStep(times('2012-01-01'))).toBeUndefined()
    expect(inferStep(times('2012-01-01', '2012-01-01', '2012-01-01'))).toBeUndefined()
  })

  test('the last day of a month stays the last day', () => {
    const step = inferStep(times('2012-01-31', '2012-02-29', '2012-03-31'))!
    const next = [1, 2, 11, -1].map((n) => showTime(addSteps(Date.UTC(2012, 2, 31), step, n)))
    expect(next).toEqual(['2012-04-30', '2012-05-31', '2013-02-28', '2012-02-29'])
    expect(showTime(addSteps(addSteps(Date.UTC(2012, 2, 31), step, 1), step, 1))).toBe('2012-05-31')
  })

  test('months keep the time of day, and without a day of their own that of the time', () => {
    const month: Step = { unit: 'month', count: 1, label: 'month' }
    expect(showTime(addSteps(Date.UTC(2012, 11, 15, 18, 30), month, 1))).toBe('2013-01-15T18:30:00Z')
    expect(showTime(addSteps(Date.UTC(2012, 0, 31), month, 1))).toBe('2012-02-29')
  })

  test('a series made of steps has that step, and n steps are one step n times', () => {
    const day = fc.date({ min: new Date('1900-01-01'), max: new Date('2100-01-01'), noInvalidDate: true })
    const step = fc.constantFrom<Step>(
      { unit: 'minute', count: 10, label: '10 minutes' },
      { unit: 'day', count: 1, label: 'day' },
      { unit: 'week', count: 1, label: 'week' },
      { unit: 'month', count: 1, label: 'month', dayOfMonth: 31 },
      { unit: 'month', count: 1, label: 'month', dayOfMonth: 7 },
      { unit: 'year', count: 1, label: 'year', dayOfMonth: 1 },
    )
    fc.assert(
      fc.property(day, step, (date, step) => {
        // From the second step on a calendar series sits on its own day.
        const start = addSteps(date.getTime(), step, 1)
        const series = Array.from({ length: 15 }, (_, n) => addSteps(start, step, n))
        for (let n = 1; n < series.length; n++) expect(addSteps(series[n - 1]!, step, 1)).toBe(series[n])
        expect(inferStep(series)?.label).toBe(step.label)
      }),
    )
  })
})
