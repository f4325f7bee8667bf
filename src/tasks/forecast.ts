import { InputError } from '../base/errors.ts'
import type { Random } from '../base/random.ts'
import { expectWhole } from '../base/shape.ts'
import { latestWindows, type Panel, type Table, type ToCome, tableOf, type WindowSpec } from '../data/index.ts'
import { predict, type Trained } from './forecaster.ts'
import type { Distribution } from './heads/index.ts'
import { type Interval, intervalOf } from './intervals.ts'

/** A series and what is said of its rows to come, in the target's own units. */
export interface FutureSeries extends ToCome {
  readonly means: Float64Array
  /** Of a row ahead, from 0; absent beyond the model's own horizon. */
  at(ahead: number): Distribution | undefined
  /** What is to hold a share of what comes; absent beyond the model's own horizon, and where nothing is known of it. */
  interval(ahead: number, level: number): Interval | undefined
  /** A course that the rows ahead may take, as far as the model's own horizon. */
  path(random: Random): Float64Array
}

/** What is to come. */
export interface Future {
  /** The rows known, in the order of series and time. */
  readonly panel: Panel
  readonly series: readonly FutureSeries[]
  /** Series too short to be forecast. */
  readonly short: readonly string[]
}

/**
 * Forecasts what follows the last row of each series of a table. Beyond the model's own horizon it goes on from its own forecasts,
 * which is possible only if the target is all it sees.
 *
 * @throws InputError when a longer horizon needs inputs that are not known yet, or the table does not fit
 */
export function forecast(forecaster: Trained, spec: WindowSpec, table: Table, steps = spec.horizon): Future {
  expectWhole('horizon', steps)
  const recursive = forecaster.options.strategy === 'recursive'
  const { inputs, future, lags, calendar, target, horizon, past } = spec
  const alone = inputs.length === 1 && inputs[0] === target && future.length + lags.length + calendar.length === 0
  if (steps > horizon && !recursive && !alone)
    throw new InputError(
      `horizon: this model forecasts ${horizon} steps, and ${steps} would need its inputs ` +
        `${[...new Set([...inputs, ...future, ...calendar])].join(', ')} of the future; train with --horizon ${steps}, or with ` +
        'the target as the only input',
    )
  const latest = latestWindows(spec, table, recursive ? steps : Math.max(horizon, steps))
  const first = recursive ? latest : latestWindows(spec, table)
  const own = predict(forecaster, first.samples)
  const column = latest.panel.numbers(target)
  const series = latest.series.map((one, s): FutureSeries => {
    const means = [...own.means.subarray(s * own.horizon, (s + 1) * own.horizon)]
    const known = Array.from(column.subarray(one.end - past, one.end))
    while (means.length < steps) means.push(...onwards(forecaster, spec, one.id, [...known, ...means].slice(-past)))
    return {
      ...one,
      ...(one.times ? { times: one.times.slice(0, steps) } : {}),
      means: Float64Array.from(means.slice(0, steps)),
      at: (ahead) => (ahead < own.horizon ? own.at(s, ahead) : undefined),
      interval: (ahead, level) => (ahead < own.horizon ? intervalOf(forecaster, own, s, ahead, level) : undefined),
      path: (random) => own.path(s, random).slice(0, steps),
    }
  })
  return { panel: latest.panel, series, short: latest.short }
}

/** What follows some values of a series. */
function onwards(
  forecaster: Trained,
  { timeColumn: _, missing: __, ...spec }: WindowSpec,
  id: string,
  values: readonly number[],
): Float64Array {
  const named = spec.id === undefined ? {} : { [spec.id]: values.map(() => id) }
  const { samples } = latestWindows(spec, tableOf({ ...named, [spec.target]: values }, 'the forecast so far'))
  return predict(forecaster, samples).means
}
