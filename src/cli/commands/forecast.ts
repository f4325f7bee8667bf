import { readCsv, showTime } from '../../data/index.ts'
import { forecast } from '../../tasks/forecast.ts'
import { readRun, readRunData } from '../../tasks/run-folder.ts'
import { print, round } from '../output.ts'
import { chart } from '../plot.ts'
import { inUnit } from '../scores.ts'
import { tableLines } from '../table.ts'

export async function forecastRun(
  folder: string,
  path: string | undefined,
  flags: { horizon?: number; json?: boolean },
): Promise<void> {
  const run = await readRun(folder)
  const { target, horizon } = run.spec
  const source = path === undefined ? await readRunData(run) : await readCsv(path)
  const { values, times, table } = forecast(run.model, run.spec, source, flags.horizon ?? horizon)
  const when = (i: number) => (times ? showTime(times[i]!) : `+${i + 1}`)
  const rows = Array.from(values, (value, i) => ({ time: when(i), value }))
  const document = { run: folder, data: table.name, target, forecast: rows }
  print(flags, document, () => {
    const known = table.numbers(target)
    const back = Math.min(known.length - 1, Math.max(21, 2 * values.length))
    return [
      ...tableLines(
        [times ? 'time' : 'row', inUnit(run.record.options)],
        rows.map(({ time, value }) => [time, round(value)]),
      ),
      '',
      ...chart(
        { name: target, points: Array.from(known.slice(-back - 1), (value, i) => [i - back, value]) },
        { name: 'forecast', points: Array.from(values, (value, i) => [i + 1, value]) },
        { x: 'rows from the last one known' },
      ),
    ]
  })
}
