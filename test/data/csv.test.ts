import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { InputError } from '../../src/base/errors.ts'
import { readNumber } from '../../src/data/cells.ts'
import { parseCsv, readCsv } from '../../src/data/index.ts'

const refusal = (text: string) => expect(() => parseCsv(text, { name: 'x.csv' }))

describe('parseCsv', () => {
  test.each([
    ['comma', ','],
    ['semicolon', ';'],
    ['tab', '\t'],
    ['bar', '|'],
  ])('finds the delimiter: %s', (_, mark) => {
    const table = parseCsv(`day${mark}sales\n2024-01-01${mark}35\n2024-01-02${mark}32.5\n`)
    expect(table.columns).toEqual(['day', 'sales'])
    expect([...table.numbers('sales')]).toEqual([35, 32.5])
  })

  test('a delimiter inside a quoted name does not count', () => {
    const table = parseCsv('"low, mean, high";wind\n1;2\n')
    expect(table.columns).toEqual(['low, mean, high', 'wind'])
  })

  test('understands a byte-order mark, any line ends, blank lines, quotes and no last line end', () => {
    const table = parseCsv('\uFEFF\r\n "day" ,note\r\n\r\n1,"a ""b"", c"\n   \n2,"two\nlines"\r3,')
    expect(table.columns).toEqual(['day', 'note'])
    expect(table.text('note')).toEqual(['a "b", c', 'two\nlines', ''])
    expect(table.rowCount).toBe(3)
  })

  test('a byte-order mark before a quoted name', () => {
    expect(parseCsv('\uFEFF"day","note"\n1,2').columns).toEqual(['day', 'note'])
  })

  test('empty cells between tabs are kept', () => {
    const table = parseCsv('a\tb\tc\n\t\t3\n1\t\t\n')
    expect(['a', 'b', 'c'].map((column) => table.text(column))).toEqual([
      ['', '1'],
      ['', ''],
      ['3', ''],
    ])
  })

  test('gives back any cells that were quoted', () => {
    const cell = fc.string().map((text) => text.replace(/\0/g, ''))
    fc.assert(
      fc.property(fc.array(fc.tuple(cell, cell), { minLength: 1 }), (rows) => {
        const quoted = (text: string) => `"${text.replace(/"/g, '""')}"`
        const table = parseCsv(['a,b', ...rows.map((row) => row.map(quoted).join(','))].join('\n'))
        const written = (cell: string) => (Number.isNaN(readNumber(cell)) ? cell : String(readNumber(cell)))
        expect(table.text('a').map(written)).toEqual(rows.map(([a]) => written(a)))
        expect(table.text('b').map(written)).toEqual(rows.map(([, b]) => written(b)))
      }),
    )
  })

  test.each([
    ['nothing', ''],
    ['a byte-order mark', '\uFEFF'],
    ['blank lines', '\n \r\n\n'],
  ])('refuses an empty file: %s', (_, text) => {
    refusal(text).toThrow(
      new InputError("'x.csv' is empty; expected a header row with the column names and rows of data below it"),
    )
  })

  test('refuses a header alone', () => {
    refusal('day,sales\n\n').toThrow(
      new InputError("'x.csv' has a header but no rows; expected at least one row of data below it"),
    )
  })

  test('refuses a column without a name', () => {
    refusal('day, ,sales\n1,2,3').toThrow(
      new InputError("'x.csv', header, column 2: expected a name, got an empty cell; name every column"),
    )
  })

  test('refuses two columns of one name', () => {
    refusal('day,sales,day\n1,2,3').toThrow(
      new InputError(
        "'x.csv', header: expected each name once, got 'day' in columns 1 and 3; " +
          'rename one, or add a header row if the first row is data',
      ),
    )
  })

  test('refuses a ragged row, counted below the header without blank lines', () => {
    refusal('day,sales\n1,2\n\n2,1,234\n').toThrow(
      new InputError(
        "'x.csv', row 2: expected 2 cells as in the header, got 3; quote the cells that contain ',' or complete the row",
      ),
    )
    refusal('day\tsales\n1').toThrow(
      new InputError(
        "'x.csv', row 1: expected 2 cells as in the header, got 1; quote the cells that contain a tab or complete the row",
      ),
    )
  })

  test.each([
    ['never closed', 'a,b\n1,2\n\n3,"4\n5,6\n', 'row 2'],
    ['in the middle of a cell', 'a,b\n5" pipe,2\n', 'row 1'],
    ['followed by text', 'a,b\n1,2\n"5"x,2\n', 'row 2'],
    ['in the header', 'a"b,c\n1,2', 'header'],
  ])('refuses a quote %s', (_, text, place) => {
    refusal(text).toThrow(
      new InputError(
        `'x.csv', ${place}: expected quotes that balance, got a stray or unclosed '"'; ` +
          'put the cell in quotes and write a quote inside it as \'""\'',
      ),
    )
  })
})

describe('readCsv', () => {
  let folder = ''
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'table-'))
    await writeFile(join(folder, 'weather.csv'), 'day,wind\n2024-01-01,4.7\n')
  })
  afterAll(() => rm(folder, { recursive: true }))

  test('reads a file and remembers its path', async () => {
    const table = await readCsv(join(folder, 'weather.csv'))
    expect(table.name).toBe(join(folder, 'weather.csv'))
    expect([...table.numbers('wind')]).toEqual([4.7])
    expect((await readCsv(join(folder, 'weather.csv'), { name: 'w' })).name).toBe('w')
  })

  test('refuses a file that is not there and names the nearest', async () => {
    const path = join(folder, 'wether.csv')
    await expect(readCsv(path)).rejects.toThrow(new InputError(`no such file: '${path}'; did you mean 'weather.csv'?`))
    const far = join(folder, 'no', 'such.csv')
    await expect(readCsv(far)).rejects.toThrow(new InputError(`no such file: '${far}'; check the path`))
  })

  test('refuses a folder', async () => {
    await expect(readCsv(folder)).rejects.toThrow(
      new InputError(`'${folder}' is a folder, expected a CSV file; name a file inside it`),
    )
  })

  test('refuses a path through a file', async () => {
    const path = join(folder, 'weather.csv', 'x.csv')
    await expect(readCsv(path)).rejects.toThrow(
      new InputError(`'${path}' cannot be read (ENOTDIR); check the path and its permissions`),
    )
  })
})
