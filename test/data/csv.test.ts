import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { InputError } from '../../src/base/errors.ts'
import { readNumber } from '../../src/data/cells.ts'
import { parseCsv, readCsv } from '../../src/data/index.ts'
import { DelimitedReader, FIRST_TEXT } from '../../src/data/read/delimited.ts'

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
        const lines = rows.map((row) => [...row, 'sun'].map(quoted).join(','))
        const table = parseCsv(['a,b,c', ...lines].join('\n'))
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

  test('gives names to columns that have none of their own, and says so', () => {
    const table = parseCsv(' ,day,price,price,price 2,price,\n0,2024-01-01,1,2,3,4,\n')
    expect(table.columns).toEqual(['column 1', 'day', 'price', 'price 3', 'price 2', 'price 4'])
    expect(table.notes).toEqual([
      "column 1 has no name and is called 'column 1'",
      "column 4 is named 'price' as another is, and called 'price 3'",
      "column 6 is named 'price' as another is, and called 'price 4'",
    ])
    expect([...table.numbers('price 3')]).toEqual([2])
  })

  test('units stay in the names, and line ends become spaces', () => {
    expect(parseCsv('"temp (°C)","wind\n(m/s)"\n1,2').columns).toEqual(['temp (°C)', 'wind (m/s)'])
  })

  test.each([
    ['in the header and the rows', 'a,b,\n1,2,\n3,4,\n'],
    ['in the rows alone', 'a,b\n1,2,\n3,4,\n'],
    ['in the header alone', 'a,b,\n1,2\n3,4\n'],
    ['of empty rows', 'a,b,,\n,,,\n1,2,,\n3,4,,\n,,,\n'],
  ])('a delimiter at the end adds no column: %s', (_, text) => {
    const table = parseCsv(text)
    expect(table.columns).toEqual(['a', 'b'])
    expect([...table.numbers('b')]).toEqual([2, 4])
    expect(table.notes).toEqual([])
  })

  test.each([
    [
      'of one cell',
      'Report of 2024\n\nday;x\n2024-01-01;1,5\n',
      "one line stands above the names of the columns and was skipped: 'Report of 2024'",
    ],
    [
      'filled up with delimiters',
      'Report,,\nBerlin,,\nday,x,y\n1.1.2024,1,2\n2.1.2024,1,2\n',
      "2 lines stand above the names of the columns and were skipped: 'Report', 'Berlin'",
    ],
  ])('skips a title %s', (_, text, note) => {
    const table = parseCsv(text)
    expect(table.columns.slice(0, 2)).toEqual(['day', 'x'])
    expect(table.notes[0]).toBe(note)
    expect(table.place(0, 'day')).toContain('row 1')
  })

  test('skips comments, with a header of its own mark or without', () => {
    const comments = '# station: 10384\n# unit: degC, daily\n'
    for (const header of ['date,temp', '# date,temp'])
      expect(parseCsv(`${comments}${header}\n20240101,1.5\n20240102,2.5\n`).columns).toEqual(['date', 'temp'])
  })

  test('skips a line of units below the names', () => {
    const table = parseCsv('date,temp\n,degC\n2024-01-01,1\n2024-01-02,2\n')
    expect([...table.numbers('temp')]).toEqual([1, 2])
    expect(table.notes).toEqual(["one line stands below the names of the columns and was skipped: 'degC'"])
    expect(parseCsv('city,temp\nOslo,NA\nRome,2\nBonn,3\n').rowCount).toBe(3)
  })

  test('skips lines of units and tickers below the names', () => {
    const table = parseCsv('Price,Close,High\nTicker,AAPL,AAPL\nDate,,\n2024-01-02,1,2\n2024-01-03,3,4\n')
    expect([...table.numbers('Close')]).toEqual([1, 3])
    expect(table.timeColumn).toBe('Price')
    expect(table.notes).toEqual([
      "2 lines stand below the names of the columns and were skipped: 'Ticker AAPL AAPL', 'Date'",
    ])
  })

  test('skips a footer of words, and refuses short rows with others behind', () => {
    const rows = 'day,x\n2024-01-01,1\n2024-01-02,2\n'
    const table = parseCsv(`${rows}\nSource: Statistics Office\n"Notes: revised, final"\n`)
    expect(table.rowCount).toBe(2)
    expect(table.notes).toEqual([
      "2 lines stand below the last row and were skipped: 'Source: Statistics Office', 'Notes: revised, final'",
    ])
    expect(() => parseCsv(`${rows}subtotal\n2024-01-03,3\n`)).toThrow('row 3: expected 2 cells as in the header, got 1')
    expect(() => parseCsv(`${rows}2024-01-03\n`)).toThrow('row 3: expected 2 cells as in the header, got 1')
  })

  test('columns of times become rows, a series a row, from its first value to its last', () => {
    const title = '"Data Source","World Development Indicators",\n\n'
    const header = '"Country Name","Code","1960","1961","1962","1963",\n'
    const table = parseCsv(`${title}${header}"Chad","TCD","","1","","3",\n"Peru","PER","4","5","..","",\n`)
    expect(table.columns).toEqual(['Country Name', 'Code', 'date', 'value'])
    expect(table.text('Country Name')).toEqual(['Chad', 'Chad', 'Chad', 'Peru', 'Peru'])
    expect(table.text('date')).toEqual(['1961', '1962', '1963', '1960', '1961'])
    expect(table.notes.at(-1)).toBe(
      "the columns '1960' to '1963' are times: there is a row for each now, with columns 'date' and 'value'",
    )
    expect(parseCsv('day,2022,2023,2024\n2024-01-01,1,2,3\n').columns).toHaveLength(4)
    expect(parseCsv('shop,10,20,30\na,1,2,3\n').columns).toHaveLength(4)
    expect(parseCsv('geo,unit\\TIME\t2020-01 \t2020-02 \t2020-03 \nIT,PC\t1\t: \t3\n').text('value')).toEqual([
      '1',
      ':',
      '3',
    ])
  })

  test('rows without names are all data', () => {
    const table = parseCsv('2024-01-01,35\n2024-01-02,32\n')
    expect(table.columns).toEqual(['column 1', 'column 2'])
    expect(table.rowCount).toBe(2)
    expect(table.notes).toEqual(["no row of names: the columns are called 'column 1' to 'column 2'"])
    expect(parseCsv('1960,1961\n5,6\n', { header: true }).columns).toEqual(['1960', '1961'])
    expect(parseCsv(',1960,1961\nChad,5,6\n').columns).toEqual(['column 1', '1960', '1961'])
  })

  test('without a header rows may be of any length', () => {
    const table = parseCsv('H1,5,6\nH2,7,8,9\nH3,1\n', { header: false })
    expect(table.columns).toEqual(['column 1', 'column 2', 'column 3', 'column 4'])
    expect(table.text('column 4')).toEqual(['', '9', ''])
    expect(table.text('column 3')).toEqual(['6', '8', ''])
  })

  test('keeps the columns that are asked for', () => {
    const table = parseCsv('a,b,c\n1,2,3\n', { columns: ['c', 'a'] })
    expect(table.columns).toEqual(['a', 'c'])
    expect(() => parseCsv('temp,b\n1,2\n', { name: 'x.csv', columns: ['tmp'] })).toThrow(
      new InputError("'x.csv' has no column 'tmp'; did you mean 'temp'?"),
    )
  })

  test('pieces of any size make the same table', () => {
    const row = (_: unknown, i: number) => `2024-01-01,"a ""${i}"",\r\nb",${i}\r\n`
    const text = `Title\n"day",note,x\n${Array.from({ length: 5000 }, row).join('')}`
    expect(text.length).toBeGreaterThan(2 * FIRST_TEXT)
    const whole = parseCsv(text)
    fc.assert(
      fc.property(fc.integer({ min: 500, max: 50_000 }), (size) => {
        const reader = new DelimitedReader({})
        for (let at = 0; at < text.length; at += size) reader.feed(text.slice(at, at + size))
        const table = reader.finish()
        expect(table.columns.map((column) => table.text(column))).toEqual(
          whole.columns.map((column) => whole.text(column)),
        )
        expect(table.notes).toEqual(whole.notes)
      }),
      { numRuns: 20 },
    )
    expect(whole.text('note')[3]).toBe('a "3",\r\nb')
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
      new InputError(`'${folder}' is a folder, expected a file of a table; name a file inside it`),
    )
  })

  test('refuses a path through a file', async () => {
    const path = join(folder, 'weather.csv', 'x.csv')
    await expect(readCsv(path)).rejects.toThrow(
      new InputError(`'${path}' cannot be read (ENOTDIR); check the path and its permissions`),
    )
  })
})
