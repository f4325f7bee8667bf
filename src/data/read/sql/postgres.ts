import type * as Pg from 'pg'
import { InputError } from '../../../base/errors.ts'
import type { RecordReader } from '../records.ts'
import { failed, optional, unlike } from './outside.ts'

const BOOLEAN = 16

/** Runs a query on a Postgres server, in a session that only reads, row by row. Values come as the server writes them. */
export async function queryPostgres(query: string, url: string, into: RecordReader): Promise<void> {
  const { default: pg } = await optional<{ default: typeof Pg }>('pg', 'a postgres:// URL')
  const place = placeOf(url)
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 15_000 })
  client.on('error', () => {}) // a connection that breaks fails the query at hand, which tells
  try {
    await client.connect()
  } catch (error) {
    await client.end().catch(() => {})
    throw new InputError(
      `no connection to Postgres at ${place}: ${reasonOf(error)}; check the URL and that the server runs`,
    )
  }
  try {
    await client.query('set session characteristics as transaction read only; set datestyle to iso')
    await rowsOf(pg, client, query, into)
  } catch (error) {
    throw failed(query, error)
  } finally {
    await client.end().catch(() => {})
  }
}

function rowsOf(pg: typeof Pg, client: Pg.Client, text: string, into: RecordReader): Promise<void> {
  const parse = (type: number) => (type === BOOLEAN ? (cell: string) => cell === 't' : (cell: string) => cell)
  const types = { getTypeParser: parse } as unknown as Pg.CustomTypesConfig
  const config: Pg.QueryArrayConfig = { text, types, rowMode: 'array' }
  const running = client.query(new pg.Query(config))
  let count = 0
  let names: readonly string[] | undefined
  return new Promise((resolve, reject) => {
    running.on('row', (row: unknown[], result) => {
      names ??= unlike(result!.fields.map(({ name }) => name))
      names.forEach((name, j) => {
        into.addColumn(name, count, [row[j]])
      })
      count++
    })
    running.on('end', () => resolve())
    running.on('error', reject)
  })
}

/** Where a server is, without the password. */
function placeOf(url: string): string {
  try {
    const { host, pathname } = new URL(url)
    return `${host || 'localhost'}${pathname}`
  } catch {
    throw new InputError(
      'url: expected postgres://user:password@host:port/base; encode marks like @ or # of the password as %40 or %23',
    )
  }
}

function reasonOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException
  if (error instanceof AggregateError) return reasonOf(error.errors[0])
  return code === 'ECONNREFUSED' ? 'no server answers there' : code === 'ENOTFOUND' ? 'there is no such host' : message
}
