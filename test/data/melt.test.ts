import { describe, expect, test } from 'vitest'
import { InputError } from '../../src/base/errors.ts'
import { melt, panelOf, parseCsv, showTime, tableOf } from '../../src/data/index.ts'

const wide = parseCsv('day,Oslo,Rome,holiday\n2024-01-02,3,4,0\n2024-01-01,1,2,1\n', { name: 'x.csv' })

describe('melt', () => {
  test('columns become series, the others are repeated', () => {
    const panel = panelOf(melt(wide, ['Oslo', 'Rome']), { id: 'series' })
    expect(panel.table.columns).toEqual(['day', 'holiday', 'series', 'value'])
    expect(panel.series.map(({ id }) => id)).toEqual(['Oslo', 'Rome'])
    expect([...panel.numbers('value')]).toEqual([1, 3, 2, 4])
    expect([...panel.numbers('holiday')]).toEqual([1, 0, 1, 0])
    expect(panel.table.showRows(2, 4, 'day')).toBe("rows 1 to 2 of 'x.csv', 2024-01-01 to 2024-01-02")
  })

  test('with an id column the names are told apart', () => {
    const table = parseCsv('shop,day,sold,lost\na,2024-01-01,1,2\nb,2024-01-01,3,4\n')
    const long = melt(table, ['sold', 'lost'], { id: 'shop', name: 'what', value: 'count' })
    expect(long.text('what')).toEqual(['a sold', 'b sold', 'a lost', 'b lost'])
    expect([...long.numbers('count')]).toEqual([1, 3, 2, 4])
  })

  test('along time a row is a series, up to its end', () => {
    const table = tableOf({ country: ['Chad', 'Peru'], 1960: ['1', '4'], 1961: ['', '5'], 1962: ['3', ''] })
    const panel = panelOf(melt(table, ['1960', '1961', '1962'], { along: 'time' }), {
      id: 'country',
      missing: 'linear',
    })
    expect(panel.timeColumn).toBe('date')
    expect(Array.from(panel.table.dates('date'), showTime)).toEqual([
      '1960-01-01',
      '1961-01-01',
      '1962-01-01',
      '1960-01-01',
      '1961-01-01',
    ])
    expect([...panel.numbers('value')]).toEqual([1, 2, 3, 4, 5])
    expect(panel.step?.label).toBe('year')
  })

  test('along time names that are no dates are only an order', () => {
    const table = parseCsv('id,V10,V9\nH2,1,2\nH1,3,4\n')
    const panel = panelOf(melt(table, ['V10', 'V9'], { along: 'time' }), { id: 'id' })
    expect([...panel.numbers('value')]).toEqual([3, 4, 1, 2])
  })

  test('refuses no columns, unknown ones, and names that are taken', () => {
    expect(() => melt(wide, [])).toThrow(
      new InputError("melt: expected at least one column of 'x.csv', got none; name the columns of values"),
    )
    expect(() => melt(wide, ['oslo'])).toThrow(new InputError("'x.csv' has no column 'oslo'; did you mean 'Oslo'?"))
    expect(() => melt(wide, ['Rome'], { value: 'Oslo' })).toThrow(
      new InputError("melt: 'x.csv' has a column 'Oslo' already; choose another name or value"),
    )
  })
})
