import { InputError } from '../../../base/errors.ts'
import { node } from '../../../base/node.ts'
import { memory } from '../../numbers.ts'
import { Spill } from '../../spill.ts'
import type { Table } from '../../table.ts'
import { type RecordOptions, RecordReader } from '../records.ts'
import type { SpillOptions } from '../spilling.ts'

export interface SqlOptions extends Omit<RecordOptions, 'store'>, SpillOptions {
  /** `postgres://user:password@host/base`, or the path of a DuckDB data base; DuckDB without one unless given. */
  readonly url?: string
}

/**
 * The rows of a query as a table. Without a URL DuckDB runs it, and it may name files: `select * from 'sales/*.parquet'`. DuckDB
 * and Postgres are reached through `@duckdb/node-api` and `pg`, which are loaded now and installed by whoever uses them.
 *
 * @throws InputError where the package is not installed, the data base cannot be reached, the query fails, or gives no row
 */
export async function readSql(query: string, options: SqlOptions = {}): Promise<Table> {
  if (!node) throw new InputError('readSql: a page has no data bases; read a file with readTable')
  const { url = ':memory:', spill = false, ...rest } = options
  const reader = new RecordReader({ name: 'query', ...rest, store: spill ? new Spill() : memory })
  if (/^postgres(ql)?:\/\//i.test(url)) await (await import('./postgres.ts')).queryPostgres(query, url, reader)
  else await (await import('./duckdb.ts')).queryDuckdb(query, url, reader, options.timezone !== undefined)
  return reader.finish()
}
