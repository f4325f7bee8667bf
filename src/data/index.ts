export { type CalendarFeature, calendarFeatures } from './calendar.ts'
export type { ColumnKind } from './cells.ts'
export type { Column } from './columns.ts'
export { showTime } from './dates.ts'
export { derived, derivedForms, rowsWhere } from './derive.ts'
export type { Duplicates } from './duplicates.ts'
export type { Missing } from './fill.ts'
export type { Series } from './groups.ts'
export { type LatestWindows, latestWindows, type ToCome } from './latest.ts'
export { type MeltOptions, melt } from './melt.ts'
export type { Normalisation } from './normalise.ts'
export type { Numbers } from './numbers.ts'
export { type Panel, type PanelOptions, panelOf } from './panel.ts'
export {
  type CsvOptions,
  parseCsv,
  type ReadOptions,
  readCsv,
  readSql,
  readTable,
  type Source,
  type SqlOptions,
  type TableFormat,
} from './read/index.ts'
export { type PlainSamples, samplesFrom } from './samples-from.ts'
export { fitScaler, restored, restoredOne, type Scaler, type ScalerKind, scaled, type Units } from './scalers.ts'
export { cutRows, hasPart, PARTS, type Part, type Rows, type Split } from './split.ts'
export { addSteps, inferStep, type Step, stepsBetween, type Unit } from './steps.ts'
export { type Cell, Table, type TableFacts, tableOf } from './table.ts'
export { WindowSet } from './window-set.ts'
export { featuresOf, isWindowSpec, type Reads, type WindowOptions, type WindowSpec } from './window-spec.ts'
export { type WindowedData, windows, windowsFrom } from './windows.ts'
