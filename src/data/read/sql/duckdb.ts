import type * as DuckDb from '@duckdb/node-api'
import { InputError } from '../../../base/errors.ts'
import type { RecordReader } from '../records.ts'
import { failed, optional, unlike } from './outside.ts'

/** Runs a query in DuckDB, chunk by chunk. @param asClocks keeps timestamps without a zone as text, to be read in one */
export async function queryDuckdb(query: string, path: string, into: RecordReader, asClocks: boolean): Promise<void> {
  const { DuckDBInstance, JSDuckDBValueConverter } = await optional<typeof DuckDb>(
    '@duckdb/node-api',
    'a query without a URL',
  )
  const inMemory = path === ':memory:'
  const instance = await DuckDBInstance.create(path, inMemory ? {} : { access_mode: 'READ_ONLY' }).catch((error) => {
    throw new InputError(
      `'${path}' cannot be opened by DuckDB: ${(error as Error).message.split('\n')[0]}; check the path`,
    )
  })
  const connection = await instance.connect()
  try {
    const result = await connection.stream(query)
    const columns = unlike(result.columnNames()).map((name, j) => ({ name, type: String(result.columnType(j)) }))
    let row = 0
    for await (const chunk of result) {
      columns.forEach(({ name, type }, j) => {
        const asText = /^(TIME|INTERVAL|UUID)\b/.test(type) || (asClocks && /^TIMESTAMP(_\w+)?$/.test(type))
        const values = asText
          ? chunk.getColumnValues(j).map((value) => (value === null ? null : String(value)))
          : chunk.convertColumnValues(j, JSDuckDBValueConverter)
        into.addColumn(name, row, values)
      })
      row += chunk.rowCount
    }
  } catch (error) {
    throw failed(query, error)
  } finally {
    connection.closeSync()
    instance.closeSync()
  }
}
