export type { ColumnKind } from './cells.ts'
export { type CsvOptions, parseCsv, readCsv } from './csv.ts'
export { showTime } from './dates.ts'
export { type PlainSamples, samplesFrom } from './samples-from.ts'
export { fitScaler, restored, type Scaler, type ScalerKind, scaled } from './scalers.ts'
export type { Split } from './split.ts'
export { addSteps, inferStep, type Step, type Unit } from './steps.ts'
export { type Cell, Table, tableOf } from './table.ts'
export { WindowSet } from './window-set.ts'
export type { WindowOptions, WindowSpec } from './window-source.ts'
export {
  type LatestWindow,
  latestWindow,
  type WindowedData,
  windows,
  windowsFrom,
} from './windows.ts'
