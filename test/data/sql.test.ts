import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { InputError } from '../../src/base/errors.ts'
import { panelOf, readSql, readTable, showTime } from '../../src/data/index.ts'
import { optional } from '../../src/data/read/sql/outside.ts'
import { type PostgresServer, startPostgres } from './postgres.ts'

const hasDuckdb = await import('@duckdb/node-api').then(
  () => true,
  () => false,
)

test('a package that is not there is named with the way to install it', async () => {
  await expect(optional('@unrolled/absent', 'a query without a URL')).rejects.toThrow(
    new InputError(
      'a query without a URL needs the package @unrolled/absent, which is not installed; run: npm install @unrolled/absent',
    ),
  )
})

describe.skipIf(!hasDuckdb)('DuckDB (skipped where @duckdb/node-api is not installed)', () => {
  let folder = ''
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'duck-'))
    await writeFile(join(folder, 'a.csv'), 'day,x\n2024-01-02,2\n2024-01-01,1\n')
    await writeFile(join(folder, 'b.csv'), 'day,x\n2024-01-03,3\n')
  })
  afterAll(() => rm(folder, { recursive: true }))

  test('reads files that a query names', async () => {
    const table = await readSql(`select day, 2 * x as y from '${folder}/*.csv' where x > 1`)
    expect([...panelOf(table).numbers('y')]).toEqual([4, 6])
    expect(Array.from(panelOf(table).table.dates('day'), showTime)).toEqual(['2024-01-02', '2024-01-03'])
  })

  test('values of every kind become cells', async () => {
    const table = await readSql(`
      select 7::bigint as big, 12.50::decimal(10, 2) as money, date '2024-01-31' as day,
        timestamp '2024-01-31 13:05:00.123' as clock, timestamptz '2024-01-31 13:05:00+02' as instant, true as open,
        null::int as hole, 'nan'::double as nan, {'low': 1, 'high': {'x': 2}} as range, [1, 2] as list, time '13:05' as hour,
        'sun' as sky, 170141183460469231731687303715884105727::hugeint as huge, 1 as big`)
    expect(Object.fromEntries(table.columns.map((column) => [column, table.text(column)[0]]))).toEqual({
      big: '7',
      money: '12.5',
      day: '2024-01-31',
      clock: '2024-01-31T13:05:00.123Z',
      instant: '2024-01-31T11:05:00Z',
      open: '1',
      hole: '',
      nan: 'NaN',
      'range.low': '1',
      'range.high.x': '2',
      list: '[1,2]',
      hour: '13:05:00',
      sky: 'sun',
      huge: '170141183460469231731687303715884105727',
      'big 2': '1',
    })
    expect(table.kind('day')).toBe('date')
    expect(table.numbersWithHoles('nan')[0]).toBeNaN()
  })

  test('clocks without a zone are read in the one that is named', async () => {
    const query = "select timestamp '2024-01-31 13:05:00' as clock, timestamptz '2024-01-31 13:05:00+02' as instant"
    const table = await readSql(query, { timezone: 'America/New_York' })
    expect(showTime(table.dates('clock')[0]!)).toBe('2024-01-31T18:05:00Z')
    expect(showTime(table.dates('instant')[0]!)).toBe('2024-01-31T11:05:00Z')
  })

  test('more rows than one chunk, and a data base in a file', async () => {
    const { DuckDBInstance } = await import('@duckdb/node-api')
    const path = join(folder, 'x.duckdb')
    const instance = await DuckDBInstance.create(path)
    const connection = await instance.connect()
    await connection.run('create table t as select i, i % 3 as r from range(5000) as t(i)')
    connection.closeSync()
    instance.closeSync()
    const table = await readSql('select * from t order by i', { url: path })
    expect(table.rowCount).toBe(5000)
    expect(table.numbers('i').reduce((sum, i) => sum + i)).toBe((4999 * 5000) / 2)
    expect((await readSql('select * from t', { url: path, columns: ['r'] })).columns).toEqual(['r'])
    await expect(readSql('drop table t', { url: path })).rejects.toThrow(/read-only/)
  })

  test('what Parquet DuckDB writes, readTable reads', async () => {
    const path = join(folder, 'nested.parquet')
    for (const codec of ['snappy', 'zstd', 'lz4_raw']) {
      await readSql(`copy (select {'low': i, 'high': i / 2} as range, (i / 100)::decimal(9, 2) as money, timestamp '2024-01-01' + interval (i) hour as t
        from range(3000) as t(i)) to '${path}' (format parquet, compression ${codec}, row_group_size 1024)`)
      const table = await readTable(path)
      expect(table.columns).toEqual(['range.low', 'range.high', 'money', 't'])
      expect(table.numbers('range.high')[2999]).toBe(1499.5)
      expect(table.text('money')[1005]).toBe('10.05')
      expect(panelOf(table).notes).toEqual(['one row an hour'])
      const zoned = await readTable(path, { columns: ['t'], timezone: 'Asia/Tokyo' })
      expect(showTime(zoned.dates('t')[0]!)).toBe('2023-12-31T15:00:00Z')
    }
  })

  test('what goes wrong is said in a sentence', async () => {
    const refusal = (query: string, url?: string) => expect(readSql(query, url === undefined ? {} : { url })).rejects
    await refusal('selec 1').toThrow(
      new InputError('the query \'selec 1\' failed: Parser Error: syntax error at or near "selec"'),
    )
    await refusal(`select z from '${folder}/a.csv'`).toThrow(
      /failed: Binder Error: Referenced column "z" not found in FROM clause!;/,
    )
    await refusal('select 1 as x where false').toThrow(new InputError("'query' has no rows; expected at least one"))
    await refusal('select 1', join(folder, 'none.duckdb')).toThrow(
      /'.*none.duckdb' cannot be opened by DuckDB: .*; check the path$/,
    )
  })
})

describe('Postgres', () => {
  let server: PostgresServer | string = 'not started'
  beforeAll(async () => {
    server = await startPostgres()
  }, 120_000)
  afterAll(async () => {
    if (typeof server !== 'string') await server.stop()
  })
  const run = (name: string, body: (url: string) => Promise<void>) =>
    test(name, async (context) => {
      if (typeof server === 'string') return context.skip(server)
      await body(server.url)
    })

  run('values of every kind become cells', async (url) => {
    const table = await readSql(
      `select 7::bigint as big, 12.50::numeric(10, 2) as money, date '2024-01-31' as day, timestamp '2024-01-31 13:05' as clock,
        timestamptz '2024-01-31 13:05+02' as instant, true as open, null::int as hole, 'NaN'::float8 as nan, 1e-7::float8 as tiny,
        '{"low": 1}'::json as range, array[1, 2] as list, 'sun' as sky, 1 as big`,
      { url },
    )
    expect(table.columns).toEqual([
      ...['big', 'money', 'day', 'clock', 'instant', 'open', 'hole', 'nan', 'tiny', 'range', 'list', 'sky', 'big 2'],
    ])
    const first = (column: string) => table.text(column)[0]
    expect(['big', 'money', 'open', 'hole', 'tiny', 'sky'].map(first)).toEqual(['7', '12.5', '1', '', '1e-7', 'sun'])
    expect(['range', 'list'].map(first)).toEqual(['{"low": 1}', '{1,2}'])
    expect(['day', 'clock', 'instant'].map((column) => showTime(table.dates(column)[0]!))).toEqual([
      '2024-01-31',
      '2024-01-31T13:05:00Z',
      '2024-01-31T11:05:00Z',
    ])
    expect(table.numbersWithHoles('nan')[0]).toBeNaN()
  })

  run('many rows, some of their columns, clocks of a zone', async (url) => {
    const query = `select i, i % 3 as r, timestamp '2024-01-01' + i * interval '1 hour' as t from generate_series(0, 9999) as s(i)`
    const table = await readSql(query, { url, columns: ['r', 't'], timezone: 'Asia/Tokyo' })
    expect([table.rowCount, table.columns]).toEqual([10_000, ['r', 't']])
    expect(showTime(table.dates('t')[0]!)).toBe('2023-12-31T15:00:00Z')
    expect(panelOf(table).step?.label).toBe('hour')
  })

  run('what goes wrong is said in a sentence, and nothing is written', async (url) => {
    const refusal = (query: string, at = url) => expect(readSql(query, { url: at })).rejects
    await refusal('select nothing').toThrow(
      new InputError('the query \'select nothing\' failed: column "nothing" does not exist'),
    )
    await refusal('create table t (x int)').toThrow(/cannot execute CREATE TABLE in a read-only transaction/)
    await refusal('select 1 where false').toThrow("'query' has no rows")
    const { host, pathname } = new URL(url)
    await refusal('select 1', `postgres://me:secret@${host}/none`).toThrow(
      new InputError(
        `no connection to Postgres at ${host}/none: role "me" does not exist; check the URL and that the server runs`,
      ),
    )
    expect(pathname).toBe('/postgres')
  })

  test('no server, or no URL', async () => {
    await expect(readSql('select 1', { url: 'postgres://me:secret@127.0.0.1:1/base' })).rejects.toThrow(
      new InputError(
        'no connection to Postgres at 127.0.0.1:1/base: no server answers there; check the URL and that the server runs',
      ),
    )
    await expect(readSql('select 1', { url: 'postgres://me:a b@:x' })).rejects.toThrow(/^url: expected postgres:\/\//)
  })
})
