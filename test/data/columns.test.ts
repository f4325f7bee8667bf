import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { columnOf } from '../../src/data/column-builder.ts'
import { NumberColumn, TextColumn } from '../../src/data/columns.ts'
import { readTable, showTime } from '../../src/data/index.ts'

const cellsOf = (cells: readonly string[]) => {
  const column = columnOf(cells)
  return Array.from(cells, (_, row) => column.text(row))
}

describe('columns are kept small', () => {
  test('numbers as numbers, the few words among them beside', () => {
    const cells = Array.from({ length: 3000 }, (_, i) => (i === 7 ? 'NA' : i === 9 ? '' : String(i / 4)))
    const column = columnOf(cells)
    expect(column).toBeInstanceOf(NumberColumn)
    expect([...(column as NumberColumn).words]).toEqual([[7, 'NA']])
    expect(cellsOf(cells)).toEqual(cells)
  })

  test('each word once', () => {
    const cells = Array.from({ length: 3000 }, (_, i) => `shop ${i % 5}`)
    const column = columnOf(cells)
    expect((column as TextColumn).words).toEqual(['shop 0', 'shop 1', 'shop 2', 'shop 3', 'shop 4'])
    expect(cellsOf(cells)).toEqual(cells)
  })

  test('words that begin late lose nothing of the numbers ahead of them, nor ids their zeros', () => {
    const cells = [
      ...Array.from({ length: 500 }, (_, i) => String(i)),
      ...Array.from({ length: 500 }, (_, i) => `w${i}`),
    ]
    expect(columnOf(cells)).toBeInstanceOf(TextColumn)
    expect(cellsOf(cells)).toEqual(cells)
    expect(cellsOf(['007', '7', '123456789012345678', '1.000'])).toEqual(['007', '7', '123456789012345678', '1.000'])
  })

  test('any cells come back, in any order and with rows added', () => {
    const cell = fc.oneof(fc.string(), fc.integer().map(String), fc.constantFrom('', 'NA', '-', '0.5', '00'))
    fc.assert(
      fc.property(fc.array(cell, { minLength: 1, maxLength: 300 }), fc.array(fc.nat()), (cells, picks) => {
        const column = columnOf(cells)
        const rows = [...picks.map((pick) => pick % cells.length), -1]
        const taken = column.take(rows)
        const same = (text: string) => (/^\s*[+-]?[\d.]+(e[+-]?\d+)?\s*$/i.test(text) ? Number(text) : text)
        expect(rows.map((_, i) => same(taken.text(i)))).toEqual(rows.map((row) => same(cells[row] ?? '')))
        expect(rows.map((_, i) => taken.number(i))).toEqual(
          rows.map((row) => (row < 0 ? Number.NaN : column.number(row))),
        )
      }),
    )
  })
})

test('a zone is named when a table is read', async () => {
  const files = [
    new File(['at,x\n2024-07-01 12:00,1\n'], 'a.csv'),
    new File(['{"at":"2024-07-01 12:00","x":1}'], 'a.jsonl'),
  ]
  for (const file of files) {
    const table = await readTable(file, { timezone: 'Europe/Berlin' })
    expect(showTime(table.dates('at')[0]!)).toBe('2024-07-01T10:00:00Z')
  }
})
