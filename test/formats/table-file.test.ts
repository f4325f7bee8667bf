import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { InputError } from '../../src/base/errors.ts'
import { parseCsv, readTable, showTime } from '../../src/data/index.ts'
import { formatCsv, writeTable } from '../../src/formats/index.ts'

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'write-'))
})
afterAll(() => rm(folder, { recursive: true }))

const columns = {
  day: [new Date('2024-01-01T00:00:00Z'), new Date('2024-01-01T06:30:00Z'), null],
  'sales, €': Float64Array.of(1.5, Number.NaN, -2e-7),
  sky: ['sun', 'a "b"\nc', undefined],
}

describe('writeTable', () => {
  test.each(['csv', 'tsv', 'json', 'jsonl', 'parquet'])('%s is read back as it was', async (extension) => {
    const path = join(folder, `table.${extension}`)
    await writeTable(path, columns)
    const table = await readTable(path)
    expect(table.columns).toEqual(Object.keys(columns))
    expect(table.text('sky')).toEqual(['sun', 'a "b"\nc', ''])
    expect([...table.numbersWithHoles('sales, €')]).toEqual([...columns['sales, €']])
    expect(table.text('day').map((cell) => (cell === '' ? '' : showTime(Date.parse(cell))))).toEqual([
      '2024-01-01',
      '2024-01-01T06:30:00Z',
      '',
    ])
    expect((await readdir(folder)).filter((name) => name.includes('tmp'))).toEqual([])
  })

  test('the text of each form', async () => {
    const written = async (name: string) => {
      await writeTable(join(folder, name), { x: [1, Number.NaN], y: ['a;b', ' c'] })
      return readFile(join(folder, name), 'utf8')
    }
    expect(await written('a.csv')).toBe('x,y\n1,a;b\n," c"\n')
    expect(await written('a.tsv')).toBe('x\ty\n1\ta;b\n\t" c"\n')
    expect(await written('a.json')).toBe('[\n{"x":1,"y":"a;b"},\n{"x":null,"y":" c"}\n]\n')
    expect(await written('a.jsonl')).toBe('{"x":1,"y":"a;b"}\n{"x":null,"y":" c"}\n')
  })

  test('Parquet keeps the types', async () => {
    await writeTable(join(folder, 'types.parquet'), columns)
    const { parquetMetadataAsync, asyncBufferFromFile } = await import('hyparquet')
    const { schema } = await parquetMetadataAsync(await asyncBufferFromFile(join(folder, 'types.parquet')))
    expect(schema.slice(1).map(({ name, type, converted_type }) => [name, type, converted_type])).toEqual([
      ['day', 'INT64', 'TIMESTAMP_MILLIS'],
      ['sales, €', 'DOUBLE', undefined],
      ['sky', 'BYTE_ARRAY', 'UTF8'],
    ])
  })

  test('refuses other names and columns of different lengths', async () => {
    await expect(writeTable('x.xlsx', columns)).rejects.toThrow(
      new InputError("expected a file name that ends in .csv, .tsv, .json, .jsonl or .parquet, got 'x.xlsx'"),
    )
    for (const extension of ['csv', 'parquet'])
      await expect(writeTable(join(folder, `no.${extension}`), { a: [1], b: [] })).rejects.toThrow(
        new InputError("columns to write: expected 1 values in 'b' as in 'a', got 0"),
      )
    expect(await readdir(folder)).not.toContain('no.csv')
  })
})

test('any text and number survives CSV', () => {
  const cell = fc.string().map((text) => text.replace(/\0/g, ''))
  const value = fc.double({ noNaN: true, noDefaultInfinity: true })
  fc.assert(
    fc.property(
      fc.array(fc.tuple(cell, value), { minLength: 1 }),
      fc.constantFrom(',', '\t', ';'),
      (rows, delimiter) => {
        const text = rows.map(([word]) => `w${word}`)
        const table = parseCsv(formatCsv({ text, x: rows.map(([, x]) => x), last: rows.map(() => 'z') }, delimiter))
        expect(table.text('text')).toEqual(text)
        expect([...table.numbers('x')]).toEqual(rows.map(([, x]) => Number(String(x))))
      },
    ),
  )
})
