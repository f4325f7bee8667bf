import { InputError } from '../base/errors.ts'
import { type Scaler, type ScalerKind, scaled } from './scalers.ts'
import type { Split } from './split.ts'
import type { Table } from './table.ts'

export interface WindowOptions {
  /** Columns the model sees; the target alone unless given. They may or may not contain the target. */
  readonly inputs?: readonly string[]
  /** The column to forecast. */
  readonly target: string
  /** How many rows the model sees. */
  readonly past: number
  /** How many rows after them it forecasts. */
  readonly horizon: number
  /** Chronological shares of the rows for training, validation and test; `[0.7, 0.15, 0.15]` unless given. */
  readonly split?: Split
  /** How every column is scaled; `'standard'` unless given. */
  readonly scale?: ScalerKind
}

/** What windows are made of, as plain JSON beside a model: enough to make the same ones from new rows. */
export interface WindowSpec extends Required<WindowOptions> {
  /** By column, fitted on the rows of the train part alone. */
  readonly scalers: Readonly<Record<string, Scaler>>
  /** The column the rows are ordered by, where there is one. */
  readonly timeColumn?: string
}

/** The columns of a table that windows are read from, scaled once. */
export interface WindowSource {
  /** The table in the order of time, for messages. */
  readonly table: Table
  readonly timeColumn: string | undefined
  readonly past: number
  readonly horizon: number
  readonly features: number
  /** Scaled inputs `[rows, features]`, so that the past of a window is one run of numbers. */
  readonly inputs: Float64Array
  /** Target in the table's own units `[rows]`. */
  readonly target: Float64Array
  /** Scaled target `[rows]`. */
  readonly scaledTarget: Float64Array
  readonly targetScaler: Scaler
}

/**
 * Reads and scales the columns of a spec.
 *
 * @throws InputError for an unknown column, a cell that is not a number, or a column without a scaler
 */
export function sourceOf(spec: WindowSpec, table: Table): WindowSource {
  const { inputs: columns, target, past, horizon } = spec
  const features = columns.length
  const inputs = new Float64Array(table.rowCount * features)
  columns.forEach((column, f) => {
    scaled(scalerOf(spec, column), table.numbers(column)).forEach((value, row) => {
      inputs[row * features + f] = value
    })
  })
  const targetScaler = scalerOf(spec, target)
  const values = table.numbers(target)
  const scaledTarget = scaled(targetScaler, values)
  return {
    table,
    timeColumn: spec.timeColumn,
    past,
    horizon,
    features,
    inputs,
    target: values,
    scaledTarget,
    targetScaler,
  }
}

function scalerOf(spec: WindowSpec, column: string): Scaler {
  const scaler = spec.scalers[column]
  if (scaler === undefined)
    throw new InputError(
      `windows: expected a scaler for column '${column}', got those of ${Object.keys(spec.scalers).join(', ')}; ` +
        'make the spec with windows()',
    )
  return scaler
}
