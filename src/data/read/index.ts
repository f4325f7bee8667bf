export { type CsvOptions, parseCsv, readCsv } from './csv.ts'
export { type ReadOptions, readTable, type TableFormat } from './read-table.ts'
export type { Source } from './source.ts'
export { readSql, type SqlOptions } from './sql/index.ts'
