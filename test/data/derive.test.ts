import { describe, expect, test } from 'vitest'
import { derived, parseCsv, tableOf } from '../../src/data/index.ts'

const table = parseCsv(
  [
    'time,sky,rain',
    '2024-01-01 00:10,sun,0',
    '2024-01-01 00:00,rain,2.5',
    '2024-01-01 00:25,,',
    '2024-01-01 00:26,sun,1',
  ].join('\n'),
)

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
