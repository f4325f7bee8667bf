import { InputError } from '../base/errors.ts'
import { cutRows, PARTS, type WindowedData } from '../data/index.ts'
import { type Leak, leaks } from './leakage.ts'

/** What the windows of a table may know that they could not have known. */
export function leaksOf(data: WindowedData): Leak[] {
  const { spec, panel, table } = data
  const { target, inputs, future, horizon, scalers, missing } = spec
  const column = (name: string) => ({ name, values: panel.numbers(name) })
  const seen = [...new Set([...inputs, ...future])]
  const cuts = panel.series.map((series) => cutRows(series, spec.split))
  const others = panel.timeColumn === undefined ? table.columns.filter((name) => table.kind(name) === 'number') : []
  return leaks({
    target: column(target),
    inputs: seen.map((name) => ({ ...column(name), known: future.includes(name) })),
    horizon,
    series: panel.series,
    parts: PARTS.map((name) => ({
      name,
      rows: cuts.map((cut) => cut[name]),
      origins: Array.from({ length: data[name].count }, (_, i) => data[name].origin(i)),
    })),
    scalers,
    timeColumn: panel.timeColumn,
    columns: others.map((name) => ({ name, values: table.numbersWithHoles(name) })),
    missing,
  })
}

/**
 * Sentences of what is to be looked at.
 * @throws InputError for a leak that makes figures mean nothing, unless leaks are allowed, which then are told
 */
export function expectNoLeaks(data: WindowedData, allowed = false): string[] {
  const found = leaksOf(data)
  const worst = found.find(({ severity }) => severity === 'refuse')
  if (worst && !allowed)
    throw new InputError(`${worst.sentence.replace(/\.$/, '')}; to train all the same, give --allow-leaks`)
  return found.map(({ sentence }) => sentence)
}
