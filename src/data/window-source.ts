import type { Numbers } from './numbers.ts'
import { type Rowwise, seriesAt } from './rowwise.ts'
import type { Scaler } from './scalers.ts'
import { featuresIn, ownOf, scaleInto, scalerOf } from './window-features.ts'
import type { WindowSpec } from './window-spec.ts'

/** The columns of a table that windows are read from, scaled once; in memory or in a file, as the table is. */
export interface WindowSource extends Pick<WindowSpec, 'past' | 'horizon' | 'reads' | 'normalise'> {
  readonly rows: Rowwise
  /** Numbers of a row: inputs, columns known ahead, the calendar, and with reads: 'known' a mark. */
  readonly features: number
  /** Where those known ahead begin, and end. */
  readonly known: readonly [start: number, end: number]
  /** Which feature is the target, -1 where it is not seen; which are the target of rows before. */
  readonly targetFeature: number
  readonly lagged: readonly [start: number, end: number]
  /** Scaled inputs `[rows, features]`, so that the past of a window is one run of numbers. */
  readonly inputs: Numbers
  /** Target in the table's own units `[rows]`. */
  readonly target: Numbers
  /** Scaled target `[rows]`. */
  readonly scaledTarget: Numbers
  /** The target's scaler as an answer, by series. */
  readonly targetScalers: readonly Scaler[]
  /** As an input, where that is another. */
  readonly inputScalers?: readonly Scaler[] | undefined
}

/**
 * Reads and scales the columns of a spec.
 *
 * @throws InputError for an unknown column, a cell that is not a number, or a column without a scaler
 */
export function sourceOf(spec: WindowSpec, rows: Rowwise): WindowSource {
  const { answers, past, horizon, reads, normalise } = spec
  const { series, store, count } = rows
  const { width, known, lagged, target: targetFeature, fill } = featuresIn(spec, rows)
  const target = rows.numbers(spec.target)
  const inputScalers = series.map(({ id }) => scalerOf(spec, id, spec.target))
  const targetScalers = answers ? series.map(({ id }) => ownOf(answers.bySeries, id) ?? answers.all) : inputScalers
  const scaledTarget = store.make(count, 1, (from, to, into) => {
    for (let s = seriesAt(series, from), row = from; row < to; s++) {
      const end = Math.min(series[s]!.end, to)
      scaleInto(target.part(row, end), targetScalers[s]!, into, row - from, 1)
      row = end
    }
  })
  return {
    ...{ rows, past, horizon, reads, normalise, features: width, known, lagged, targetFeature },
    inputs: store.make(count, width, fill),
    ...{ target, scaledTarget, targetScalers },
    inputScalers: answers && inputScalers,
  }
}
