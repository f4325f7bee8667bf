import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { brotliCompressSync, gzipSync } from 'node:zlib'
import { parquetWriteBuffer } from 'hyparquet-writer'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { InputError } from '../../src/base/errors.ts'
import { type ReadOptions, readTable, showTime } from '../../src/data/index.ts'

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'read-'))
})
afterAll(() => rm(folder, { recursive: true }))

const read = async (name: string, content: string | Uint8Array, options?: ReadOptions) => {
  await writeFile(join(folder, name), content)
  return readTable(join(folder, name), options)
}
const refusal = (name: string, content: string | Uint8Array, options?: ReadOptions) =>
  expect(read(name, content, options)).rejects

const lines = '{"day":"2024-01-01","sales":35,"open":true}\n\n{"day":"2024-01-02","sales":null,"at":{"city":"Oslo"}}'

describe('readTable', () => {
  test.each([
    ['a.csv', 'day,sales\n2024-01-01,35\n2024-01-02,32\n'],
    ['a.tsv', 'day\tsales\n2024-01-01\t35\n2024-01-02\t32\n'],
    ['a.txt', 'day;sales\n2024-01-01;35\n2024-01-02;32\n'],
    ['a.csv.gz', gzipSync('day,sales\n2024-01-01,35\n2024-01-02,32\n')],
    ['packed', gzipSync('day,sales\n2024-01-01,35\n2024-01-02,32\n')],
    ['a.jsonl', '{"day":"2024-01-01","sales":35}\n{"day":"2024-01-02","sales":32}\n'],
    ['a.ndjson.gz', gzipSync('{"day":"2024-01-01","sales":35}\n{"day":"2024-01-02","sales":32}\n')],
    ['a.json', '[{"day":"2024-01-01","sales":35},{"day":"2024-01-02","sales":32}]'],
    ['columns.json', '{"day":["2024-01-01","2024-01-02"],"sales":[35,32]}'],
    ['inside.json', '{"count":2,"rows":[{"day":"2024-01-01","sales":35},{"day":"2024-01-02","sales":32}]}'],
    ['unnamed', '[{"day":"2024-01-01","sales":35},{"day":"2024-01-02","sales":32}]'],
    ['lines', '{"day":"2024-01-01","sales":35}\n{"day":"2024-01-02","sales":32}\n'],
    ['utf16.csv', Buffer.from('\uFEFFday,sales\n2024-01-01,35\n2024-01-02,32\n', 'utf16le')],
  ])('%s', async (name, content) => {
    const table = await read(name, content)
    expect(table.name).toBe(join(folder, name))
    expect(table.columns).toEqual(['day', 'sales'])
    expect([...table.numbers('sales')]).toEqual([35, 32])
    expect(Array.from(table.dates('day'), showTime)).toEqual(['2024-01-01', '2024-01-02'])
    expect((await read(name, content, { columns: ['sales'] })).columns).toEqual(['sales'])
  })

  test('a Blob, as a page has it', async () => {
    const table = await readTable(new File(['day,sales\n2024-01-01,35\n'], 'picked.csv'))
    expect([table.name, table.rowCount]).toEqual(['picked.csv', 1])
    expect((await readTable(new Blob(['a,b\n1,2\n']))).name).toBe('table')
  })

  test('what an older spreadsheet writes is Windows-1252', async () => {
    const table = await read('old.csv', Buffer.from('Straße;°C\nJena;12,5\n', 'latin1'))
    expect(table.columns).toEqual(['Straße', '°C'])
    expect(table.notes).toEqual([
      'the file is not UTF-8 and was read as Windows-1252',
      "column '°C': '12,5' is read as 12.5",
    ])
  })

  test('records may lack properties and have them nested', async () => {
    const table = await read('gaps.jsonl', lines)
    expect(table.columns).toEqual(['day', 'sales', 'open', 'at.city'])
    expect(table.columns.map((column) => table.text(column))).toEqual([
      ['2024-01-01', '2024-01-02'],
      ['35', ''],
      ['1', ''],
      ['', 'Oslo'],
    ])
    expect((await read('gaps.jsonl', lines, { columns: ['at.city'] })).text('at.city')).toEqual(['', 'Oslo'])
  })

  test('refuses what is no table, in a sentence', async () => {
    const at = (name: string) => `'${join(folder, name)}'`
    await refusal('bad.jsonl', '{"a":1}\n{"a":').toThrow(
      new InputError(`${at('bad.jsonl')}, line 2: expected JSON, got '{"a":'; it is cut, damaged or in another format`),
    )
    await refusal('list.jsonl', '[1,2]').toThrow(
      new InputError(
        `${at('list.jsonl')}, line 1: expected an object like {"day": "2024-01-31", "sales": 35}, got '[1,2]'`,
      ),
    )
    await refusal('one.json', '{"a":1}').toThrow(
      new InputError(
        `${at('one.json')}: expected an array of objects or an object of arrays of one length, got '{"a":1}'; ` +
          'write a line an object as .jsonl, or the table as CSV',
      ),
    )
    await refusal('cut.csv.gz', gzipSync('a,b\n1,2\n'.repeat(1000)).subarray(0, 40)).toThrow(
      new InputError(
        `${at('cut.csv.gz')} cannot be unpacked: its gzip is damaged or cut short; fetch or write it again`,
      ),
    )
    await refusal('book.xlsx', 'PK\u0003\u0004').toThrow(
      new InputError(
        `${at('book.xlsx')}: expected CSV, TSV, JSON, JSON lines or Parquet, got a spreadsheet: save it as CSV`,
      ),
    )
    await refusal('a.jsonl', lines, { columns: ['day', 'sale'] }).toThrow(
      new InputError(`${at('a.jsonl')} has no column 'sale'; did you mean 'sales'?`),
    )
    await refusal('empty.json', '[]').toThrow(/expected an array of objects/)
    await refusal('empty.jsonl', '').toThrow(`${at('empty.jsonl')} has no rows; expected at least one`)
    await refusal('bad.parquet', 'PAR1 and no more').toThrow(
      /'.*bad.parquet' cannot be read as Parquet \(.*\); write it again/,
    )
  })
})

describe('Parquet', () => {
  const days = [new Date('2024-01-01T00:00:00Z'), new Date('2024-01-02T12:00:00Z')]
  const columnData = [
    { name: 'day', data: days, type: 'TIMESTAMP' as const },
    { name: 'sales', data: [35.5, null], type: 'DOUBLE' as const },
    { name: 'count', data: [12n, 9_007_199_254_740_993n], type: 'INT64' as const },
    { name: 'open', data: [true, false], type: 'BOOLEAN' as const },
    { name: 'city', data: ['Oslo', 'Rome'], type: 'STRING' as const },
  ]

  test('is read with its types', async () => {
    const table = await read('types.parquet', new Uint8Array(parquetWriteBuffer({ columnData, rowGroupSize: 1 })))
    expect(table.columns.map((column) => `${column}: ${table.kind(column)}`)).toEqual([
      'day: date',
      'sales: number',
      'count: number',
      'open: number',
      'city: text',
    ])
    expect(Array.from(table.dates('day'), showTime)).toEqual(['2024-01-01', '2024-01-02T12:00:00Z'])
    expect([...table.numbersWithHoles('sales')]).toEqual([35.5, Number.NaN])
    expect(table.text('count')).toEqual(['12', '9007199254740993'])
    expect([...table.numbers('open')]).toEqual([1, 0])
    expect(table.text('city')).toEqual(['Oslo', 'Rome'])
  })

  test.each(['UNCOMPRESSED', 'SNAPPY', 'GZIP', 'BROTLI'] as const)('packed by %s, a column alone', async (codec) => {
    const compressors = { GZIP: gzipSync, BROTLI: brotliCompressSync }
    const content = parquetWriteBuffer({ columnData, codec, compressors })
    const table = await read(`${codec}.parquet`, new Uint8Array(content), { columns: ['city', 'sales'] })
    expect(table.columns).toEqual(['sales', 'city'])
    expect(table.text('city')).toEqual(['Oslo', 'Rome'])
  })
})
