import { InputError } from '../base/errors.ts'
import type { FloatArray, Sample, Samples } from '../base/samples.ts'
import { restored } from './scalers.ts'
import type { WindowSource } from './window-source.ts'

/** Overlapping windows, one a row: `past` rows of inputs and the `horizon` targets after them. Copied out on demand. */
export class WindowSet implements Samples {
  readonly count: number
  readonly inputShape: readonly [number, number]
  readonly targetShape: readonly [number]
  private readonly source: WindowSource
  private readonly firstOrigin: number

  /**
   * @param firstOrigin the table row of the first window's last past step
   * @param count how many windows: each begins one row after the one before
   */
  constructor(source: WindowSource, firstOrigin: number, count: number) {
    this.source = source
    this.firstOrigin = firstOrigin
    this.count = count
    this.inputShape = [source.past, source.features]
    this.targetShape = [source.horizon]
  }

  /**
   * The table row of window `i`'s last past step: the first target is one row further. Rows count from 0.
   *
   * @throws InputError when there is no window `i`
   */
  origin(i: number): number {
    if (!Number.isInteger(i) || i < 0 || i >= this.count)
      throw new InputError(`window: expected a whole number from 0 to ${this.count - 1}, got ${i}`)
    return this.firstOrigin + i
  }

  /** The rows of window `i`, its past and its targets, as the file has them. */
  describe(i: number): string {
    const { past, horizon, table, timeColumn } = this.source
    const origin = this.origin(i)
    return table.showRows(origin - past + 1, Math.min(table.rowCount, origin + 1 + horizon), timeColumn)
  }

  /** Copies the scaled pasts `[rows.length, past, features]`. */
  fillInputs(rows: ArrayLike<number>, into: FloatArray): void {
    const { inputs, features, past } = this.source
    for (let r = 0; r < rows.length; r++) {
      const end = this.origin(rows[r]!) + 1
      into.set(inputs.subarray((end - past) * features, end * features), r * past * features)
    }
  }

  /**
   * Copies the scaled targets `[rows.length, horizon]`.
   *
   * @throws InputError for the latest window of a table, whose targets are still to come
   */
  fillTargets(rows: ArrayLike<number>, into: FloatArray): void {
    this.copyTargets(this.source.scaledTarget, rows, into)
  }

  /** The targets of all windows `[count · horizon]` in the table's own units, exactly as they were read. */
  targets(): Float64Array {
    const into = new Float64Array(this.count * this.source.horizon)
    this.copyTargets(
      this.source.target,
      Array.from({ length: this.count }, (_, i) => i),
      into,
    )
    return into
  }

  /** Window `i`, to look at. */
  at(i: number): Sample {
    const x = new Float64Array(this.source.past * this.source.features)
    const y = new Float64Array(this.source.horizon)
    this.fillInputs([i], x)
    this.fillTargets([i], y)
    return { x: { data: x, shape: this.inputShape }, y: { data: y, shape: this.targetShape } }
  }

  /** Model outputs `[n, horizon]` in the target's own units. */
  restore(outputs: ArrayLike<number>): Float64Array {
    return restored(this.source.targetScaler, outputs)
  }

  private copyTargets(from: Float64Array, rows: ArrayLike<number>, into: FloatArray): void {
    const { horizon, table } = this.source
    for (let r = 0; r < rows.length; r++) {
      const first = this.origin(rows[r]!) + 1
      if (first + horizon > from.length)
        throw new InputError(
          `'${table.name}' ends at row ${from.length}: the targets of this window are still to come; only its inputs can be read`,
        )
      into.set(from.subarray(first, first + horizon), r * horizon)
    }
  }
}
