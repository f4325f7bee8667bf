import { describe, expect, test } from 'vitest'
import { derived, parseCsv, rowsWhere, tableOf } from '../../src/data/index.ts'

const table = parseCsv(
  [
    'time,sky,rain',
    '2024-01-01 00:10,sun,0',
    '2024-01-01 00:00,rain,2.5',
    '2024-01-01 00:25,,',
    '2024-01-01 00:26,sun,1',
  ].join('\n'),
)

describe('rows where', () => {
  test('all conditions hold; a row that does not say is left out', () => {
    const kept = rowsWhere(table, ['sky = sun', 'rain < 1'])
    expect([kept.rowCount, kept.text('rain')]).toEqual([1, ['0']])
    expect(rowsWhere(table, ['sky != rain']).rowCount).toBe(2)
    expect(rowsWhere(table, [])).toBe(table)
  })

  test('is refused where it is no condition, or nothing is left', () => {
    expect(() => rowsWhere(table, ['sky'])).toThrow("where: expected a condition such as 'type = earthquake'")
    expect(() => rowsWhere(table, ['rain > 9', 'sky = sun'])).toThrow(
      "where: no row of 'table' has rain > 9 and sky = sun",
    )
    expect(() => rowsWhere(table, ['snow > 9'])).toThrow("has no column 'snow'")
  })
})

describe('columns that say how they are made', () => {
  test.each([
    ['rain > 0', [0, 1, Number.NaN, 1]],
    ['rain>=2.5', [0, 1, Number.NaN, 0]],
    ['rain <= 1', [1, 0, Number.NaN, 1]],
    ['rain != 1', [1, 1, Number.NaN, 0]],
    ["sky = 'sun'", [1, 0, Number.NaN, 1]],
    ['sky == rain', [0, 1, Number.NaN, 0]],
    ['log1p(rain)', [0, Math.log(3.5), Number.NaN, Math.log(2)]],
  ])('%s', (name, values) => {
    expect([...derived(table, [name]).numbersWithHoles(name)]).toEqual(values)
  })

  test('a difference is to the row before in time, and the first row is left out', () => {
    const gaps = derived(table, ['gap(time)', 'diff(rain)'])
    expect(gaps.rowCount).toBe(3)
    expect([...gaps.numbers('gap(time)')]).toEqual([10, 15, 1])
    expect(gaps.numbersWithHoles('diff(rain)')[0]).toBe(-2.5)
  })

  test('of each series by itself', () => {
    const two = tableOf({ shop: ['a', 'b', 'a', 'b'], y: [1, 10, 4, 30] })
    expect([...derived(two, ['diff(y)'], { id: 'shop' }).numbers('diff(y)')]).toEqual([3, 20])
  })

  test('a column of that name wins, and other names are left to be refused', () => {
    const own = tableOf({ 'y > 0': [5], y: [1] })
    expect(derived(own, ['y > 0', 'z']).numbers('y > 0')).toEqual(Float64Array.of(5))
    expect(() => derived(table, ['snow > 0'])).toThrow("has no column 'snow'")
    expect(() => derived(table, ['sky > sun'])).toThrow("'sky > sun': expected a number behind >, got 'sun'")
  })
})
