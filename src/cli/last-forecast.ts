import { showTime, type WindowedData } from '../data/index.ts'
import { percentOf } from '../tasks/forecast-table.ts'
import { predict, type Trained } from '../tasks/forecaster.ts'
import { intervalOf } from '../tasks/intervals.ts'
import type { Place } from './canvas.ts'
import { rowTicks, shortTime } from './forecast-text.ts'
import { wrapped } from './output.ts'
import { chart } from './plot.ts'
import { forecastOf } from './scores.ts'

/** The last window of the test part, of the first series: some of its past, what was forecast, and what came. */
export function lastForecast(forecaster: Trained, { test, panel, spec }: WindowedData): string[] {
  const { horizon, target } = spec
  const { id, start } = test.series(0)
  let last = 0
  while (last + 1 < test.count && test.series(last + 1).id === id) last++
  const origin = test.origin(last)
  const said = predict(forecaster, test.take([last]))
  const level = Math.min(...forecaster.options.levels)
  const ends = Array.from({ length: horizon }, (_, ahead) => intervalOf(forecaster, said, 0, ahead, level))
  const end = (side: 0 | 1) => ends.map((interval, i): Place => [i + 1, interval![side]])
  const back = Math.min(origin - start, Math.max(14, 2 * horizon))
  const times = spec.timeColumn === undefined ? undefined : panel.table.dates(spec.timeColumn)
  const came = panel.numbers(target).subarray(origin - back, origin + horizon + 1)
  const of = id === '' ? '' : `, series ${id}`
  return [
    ...wrapped(
      `The last test forecast of ${forecastOf(forecaster.options)}${of}${times ? ` after ${showTime(times[origin]!)}` : ''}:`,
    ),
    ...chart({
      came: { name: 'came', points: Array.from(came, (value, i): Place => [i - back, value]) },
      forecast: { name: 'forecast', points: Array.from(said.means, (value, i): Place => [i + 1, value]) },
      band: ends[0] && { name: `${percentOf(level)} % interval`, lower: end(0), upper: end(1) },
      ticks: times
        ? [horizon, 0, -back].map((ahead) => [ahead, shortTime(times[origin + ahead]!)] as const)
        : rowTicks(back, horizon),
    }),
  ]
}
