import { InputError } from '../base/errors.ts'
import type { Samples } from '../base/samples.ts'
import { addSteps, inferStep, latestWindow, type Table, tableOf, type WindowSpec } from '../data/index.ts'
import type { Model } from '../layers/index.ts'

/** The values to come, in the target's own units. */
export interface Future {
  readonly values: Float64Array
  /** When each is due, in milliseconds since 1970 in UTC; absent where the table has no column of dates. */
  readonly times?: Float64Array
  /** The table in order of time, which ends where the future begins. */
  readonly table: Table
}

/**
 * Forecasts what follows the last row of a table. Beyond the model's own horizon it goes on from its own forecasts, which
 * is possible only if the target is all it sees.
 *
 * @throws InputError when a longer horizon needs inputs that are not known yet, or the table does not fit
 */
export function forecast(model: Model, spec: WindowSpec, table: Table, steps = spec.horizon): Future {
  if (!Number.isSafeInteger(steps) || steps < 1)
    throw new InputError(`horizon: expected a whole number of at least 1, got ${steps}`)
  const { inputs, target, horizon, past, timeColumn } = spec
  if (steps > horizon && (inputs.length > 1 || inputs[0] !== target))
    throw new InputError(
      `horizon: this model forecasts ${horizon} steps, and ${steps} would need its inputs ${inputs.join(', ')} of the ` +
        `future; train with --horizon ${steps}, or with the target as the only input`,
    )
  const latest = latestWindow(spec, table)
  const values = [...predictOne(model, latest.samples)]
  const series = Array.from(latest.table.numbers(target).slice(-past))
  while (values.length < steps) {
    const { timeColumn: _, ...untimed } = spec
    const next = latestWindow(untimed, tableOf({ [target]: [...series, ...values].slice(-past) }, table.name))
    values.push(...predictOne(model, next.samples))
  }
  const kept = Float64Array.from(values.slice(0, steps))
  if (timeColumn === undefined) return { values: kept, table: latest.table }
  const known = latest.table.dates(timeColumn)
  const step = inferStep(known)
  if (!step) return { values: kept, table: latest.table }
  const times = kept.map((_, i) => addSteps(known.at(-1)!, step, i + 1))
  return { values: kept, times, table: latest.table }
}

const predictOne = (model: Model, samples: Samples) => model.predict(samples).data
