import { InputError } from '../base/errors.ts'
import type { FloatArray, Sample, Samples } from '../base/samples.ts'
import type { Series } from './groups.ts'
import { type Level, levels, normalise } from './normalise.ts'
import type { Numbers } from './numbers.ts'
import { seriesAt } from './rowwise.ts'
import { restoredOne, scaled, type Units } from './scalers.ts'
import type { WindowSource } from './window-source.ts'

/** Overlapping windows, one a row: `past` rows of inputs and the `horizon` targets after them. Copied out on demand. */
export class WindowSet implements Samples {
  readonly count: number
  readonly inputShape: readonly [number, number]
  readonly targetShape: readonly number[]
  private readonly source: WindowSource
  private readonly origins: Uint32Array

  /** @param origins the row of each window's last past step */
  constructor(source: WindowSource, origins: Uint32Array, targetShape: readonly number[] = [source.horizon]) {
    const { past, horizon, reads, features } = source
    this.source = source
    this.origins = origins
    this.count = origins.length
    this.inputShape = [past + { past: 0, known: horizon, all: horizon - 1 }[reads], features]
    this.targetShape = targetShape
  }

  /**
   * The table row of window `i`'s last past step: the first target is one row further. Rows count from 0.
   *
   * @throws InputError when there is no window `i`
   */
  origin(i: number): number {
    if (!Number.isInteger(i) || i < 0 || i >= this.count)
      throw new InputError(`window: expected a whole number from 0 to ${this.count - 1}, got ${i}`)
    return this.origins[i]!
  }

  /** The series of window `i`: all its rows lie in it. */
  series(i: number): Series {
    const { series } = this.source.rows
    return series[seriesAt(series, this.origin(i))]!
  }

  /** The place of window `i`'s series. */
  private seriesOf(i: number): number {
    return seriesAt(this.source.rows.series, this.origin(i))
  }

  /** The rows of window `i`, its past and its targets, as the file has them. */
  describe(i: number): string {
    const { past, horizon, rows } = this.source
    const origin = this.origin(i)
    const { id, end } = this.series(i)
    const shown = rows.show(origin - past + 1, Math.min(end, origin + 1 + horizon))
    return id === '' ? shown : `${shown}, of '${id}'`
  }

  /** Which feature of a row is the target, -1 where it is not seen. */
  get targetFeature(): number {
    return this.source.targetFeature
  }

  /** The same windows with each target in a row of its own, `[horizon, 1]`: for models that give several numbers for each. */
  get stepwise(): WindowSet {
    return new WindowSet(this.source, this.origins, [this.source.horizon, 1])
  }

  /** Those of some windows. */
  take(windows: ArrayLike<number>): WindowSet {
    const origins = Uint32Array.from(windows, (i) => this.origin(i))
    return new WindowSet(this.source, origins, this.targetShape)
  }

  /** Copies the scaled inputs `[rows.length, steps, features]`. */
  fillInputs(rows: ArrayLike<number>, into: FloatArray): void {
    const { inputs, features, past, horizon, reads, known, targetFeature, lagged } = this.source
    const [steps] = this.inputShape
    for (let r = 0; r < rows.length; r++) {
      const end = this.origin(rows[r]!) + 1
      const at = r * steps * features
      const read = reads === 'all' ? steps : past
      inputs.copy((end - past) * features, (end - past + read) * features, into, at)
      for (let step = 0; reads === 'known' && step < horizon; step++) {
        const ahead = at + (past + step) * features
        into.fill(0, ahead, ahead + features)
        const row = (end + step) * features
        inputs.copy(row + known[0], row + known[1], into, ahead + known[0])
        into[ahead + features - 1] = 1
      }
      if (this.source.normalise === 'none') continue
      const level = this.level(rows[r]!)
      if (targetFeature >= 0) normalise(into, level, at + targetFeature, at + read * features, features)
      for (let lag = lagged[0]; lag < lagged[1]; lag++)
        normalise(into, level, at + lag, at + steps * features, features)
    }
  }

  /**
   * Copies the scaled targets `[rows.length, horizon]`.
   *
   * @throws InputError for the latest window of a table, whose targets are still to come
   */
  fillTargets(rows: ArrayLike<number>, into: FloatArray): void {
    const { horizon } = this.source
    this.copyTargets(this.source.scaledTarget, rows, into)
    if (this.source.normalise === 'none') return
    for (let r = 0; r < rows.length; r++) normalise(into, this.level(rows[r]!), r * horizon, (r + 1) * horizon, 1)
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
    const x = new Float64Array(this.inputShape[0] * this.inputShape[1])
    const y = new Float64Array(this.source.horizon)
    this.fillInputs([i], x)
    this.fillTargets([i], y)
    return { x: { data: x, shape: this.inputShape }, y: { data: y, shape: this.targetShape } }
  }

  /** What takes scaled numbers of window `i`'s target to the table's own units. */
  units(i: number): Units {
    const { shift, scale, log } = this.source.targetScalers[this.seriesOf(i)]!
    const level = this.level(i)
    return { shift: shift + level.shift * scale, scale: scale * level.scale, ...(log ? { log } : {}) }
  }

  /** A scaled answer of window `i` as an input of the row after it. */
  asInput(i: number, answer: number): number {
    const { inputScalers } = this.source
    if (!inputScalers) return answer
    const own = restoredOne(this.units(i), answer)
    return scaled(inputScalers[this.seriesOf(i)]!, [own])[0]!
  }

  /** Outputs for all windows `[count, …]` in the target's own units. */
  restore(outputs: ArrayLike<number>): Float64Array {
    const each = outputs.length / this.count
    let [window, units] = [-1, undefined as Units | undefined]
    return Float64Array.from(outputs, (value, i) => {
      const own = Math.floor(i / each)
      if (own !== window) [window, units] = [own, this.units(own)]
      return restoredOne(units!, value)
    })
  }

  /** What window `i`'s target is normalised by. */
  private level(i: number): Level {
    const { past, scaledTarget } = this.source
    const end = this.origin(i) + 1
    return levels[this.source.normalise](scaledTarget.part(end - past, end))
  }

  private copyTargets(from: Numbers, windows: ArrayLike<number>, into: FloatArray): void {
    const { horizon, rows } = this.source
    for (let r = 0; r < windows.length; r++) {
      const first = this.origin(windows[r]!) + 1
      const { end } = rows.series[seriesAt(rows.series, first - 1)]!
      const isThere = first + horizon <= end
      if (isThere) from.copy(first, first + horizon, into, r * horizon)
      if (!isThere || Number.isNaN(into[r * horizon]))
        throw new InputError(
          `'${rows.name}': the targets of window ${windows[r]} are still to come; only its inputs can be read`,
        )
    }
  }
}
