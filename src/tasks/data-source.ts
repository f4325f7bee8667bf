import { createHash } from 'node:crypto'
import { createReadStream, existsSync } from 'node:fs'
import { relative, resolve } from 'node:path'
import { InputError } from '../base/errors.ts'
import { readSql, readTable, type Table } from '../data/index.ts'

/** Where a table is to be read from: a file, or a query. */
export interface DataRequest {
  readonly path?: string | undefined
  /** A query of DuckDB, which may name files, or of the data base at `url`. */
  readonly sql?: string | undefined
  readonly url?: string | undefined
  /** The zone of clocks that name none, as `Europe/Rome`; UTC unless given. */
  readonly timezone?: string | undefined
  /** Numbers are kept in a temporary file, read in pieces: for a file larger than memory. */
  readonly spill?: boolean | undefined
}

/** Where a run's data came from, and how to know it again. */
export interface DataSource extends Omit<DataRequest, 'url'> {
  /** Relative to the run folder, so that both can move together. */
  readonly path?: string | undefined
  /** Without its password, which `PGPASSWORD` tells. */
  readonly url?: string | undefined
  readonly sha256: string
  readonly rows: number
}

/** @throws InputError when nothing tells where to read, or two things do, and as `readTable` and `readSql` */
export async function readData({ path, sql, url, timezone, spill }: DataRequest): Promise<Table> {
  const zone = timezone === undefined ? {} : { timezone }
  if (path !== undefined && sql !== undefined)
    throw new InputError(
      `a file and a query both tell the data; leave '${path}' away, or name it in the query: from '${path}'`,
    )
  if (sql !== undefined) return readSql(sql, { ...zone, ...(url === undefined ? {} : { url }) })
  if (url !== undefined)
    throw new InputError(`--url: expected a query of that data base as well, such as --sql 'select * from sales'`)
  if (path === undefined) throw new InputError('expected a data file or a query')
  if (/^postgres(ql)?:/i.test(path))
    throw new InputError(`expected a file, got the address of a data base; give it as --url, with --sql and a query`)
  return readTable(path, { ...zone, ...(spill ? { spill } : {}) })
}

/** What a request is called in messages and folders. */
export const dataName = ({ path }: DataRequest): string => path ?? 'query'

/** What data is known by. @throws InputError when a file can't be read */
export async function dataSource(request: DataRequest, folder: string, table: Table): Promise<DataSource> {
  const { path, sql, url, timezone, spill } = request
  const found = { sha256: await fingerprint(request, table), rows: table.rowCount }
  if (path !== undefined)
    return {
      path: relative(resolve(folder), resolve(path)),
      ...(timezone ? { timezone } : {}),
      ...(spill ? { spill } : {}),
      ...found,
    }
  return { sql, ...(url ? { url: withoutPassword(url) } : {}), ...(timezone ? { timezone } : {}), ...found }
}

/** The request that a source came of, as seen from here. */
export const requestOf = ({ path, sql, url, timezone, spill }: DataSource, folder: string): DataRequest => ({
  ...(path === undefined ? {} : { path: relative('.', resolve(folder, path)) }),
  ...{ sql, url, timezone },
  ...(spill ? { spill } : {}),
})

/** The same data once more. @throws InputError, with a way out, when it is gone or has changed since */
export async function readAgain(source: DataSource, folder: string, wayOut: string): Promise<Table> {
  const request = requestOf(source, folder)
  const { path } = request
  if (path !== undefined && !existsSync(path))
    throw new InputError(`'${path}', which the run was trained on, is gone; ${wayOut}`)
  const table = await readData(request)
  if ((await fingerprint(request, table)) !== source.sha256)
    throw new InputError(
      `${path === undefined ? 'what the query gives' : `'${path}'`} has changed since the run was trained; ${wayOut}`,
    )
  return table
}

/** Of a file all its bytes, of a query all its cells. */
async function fingerprint({ path }: DataRequest, table: Table): Promise<string> {
  const hash = createHash('sha256')
  if (path !== undefined) for await (const piece of createReadStream(path)) hash.update(piece as Uint8Array)
  else
    for (const name of table.columns) {
      const cells = table.column(name)
      hash.update(JSON.stringify(name))
      for (let row = 0; row < table.rowCount; row++) hash.update(`${cells.text(row)}\n`)
    }
  return hash.digest('hex')
}

function withoutPassword(url: string): string {
  return url.replace(/^(\w+:\/\/[^:/@]+):[^@]*@/, '$1@')
}
