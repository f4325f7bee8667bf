export { formatModel, type LoadOptions, load, type ModelExtras, parseModel, save } from './model-file.ts'
export { type Columns, formatCsv, writeTable } from './table-file.ts'
