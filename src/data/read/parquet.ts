import type { SchemaElement } from 'hyparquet'
import { InputError } from '../../base/errors.ts'
import type { Table } from '../table.ts'
import { type RecordOptions, RecordReader } from './records.ts'
import type { Value } from './values.ts'

/**
 * Reads a Parquet file, one column of one row group at a time.
 *
 * @throws InputError for a damaged file or an encoding that is not known
 */
export async function readParquet(bytes: Blob, options: RecordOptions): Promise<Table> {
  const [{ parquetMetadataAsync, parquetRead, parquetSchema }, { compressors }] = await Promise.all([
    import('hyparquet'),
    import('hyparquet-compressors'),
  ])
  const file = { byteLength: bytes.size, slice: (start: number, end?: number) => bytes.slice(start, end).arrayBuffer() }
  const reader = new RecordReader(options)
  try {
    const metadata = await parquetMetadataAsync(file)
    const columns = parquetSchema(metadata).children.map(({ element }) => element)
    let rowStart = 0
    for (const { num_rows } of metadata.row_groups) {
      const rowEnd = rowStart + Number(num_rows)
      for (const { name, ...element } of columns) {
        const wanted = options.columns?.some((column) => column === name || column.startsWith(`${name}.`)) ?? true
        if (!wanted) reader.addColumn(name, 0, [])
        else
          await parquetRead({
            ...{ file, metadata, compressors, columns: [name], rowStart, rowEnd },
            onChunk: ({ rowStart, columnData }) =>
              reader.addColumn(name, rowStart, mended(columnData, element, options.timezone !== undefined)),
          })
      }
      rowStart = rowEnd
    }
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new InputError(`'${options.name}' cannot be read as Parquet (${reason}); write it again, or as CSV`)
  }
  return reader.finish()
}

/** Decimals come multiplied by a power of ten that binary numbers miss by a little, and clocks without a zone as of UTC. */
function mended(values: ArrayLike<Value>, element: Omit<SchemaElement, 'name'>, asClocks: boolean): ArrayLike<Value> {
  const { converted_type, logical_type, scale = 0 } = element
  if (converted_type === 'DECIMAL' && scale > 0)
    return Array.from(values, (value) => (typeof value === 'number' ? Number(value.toFixed(scale)) : value))
  if (asClocks && logical_type?.type === 'TIMESTAMP' && !logical_type.isAdjustedToUTC)
    return Array.from(values, (value) => (value instanceof Date ? value.toISOString().replace('Z', '') : value))
  return values
}
