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
  const { panel, series } = forecast(run, run.spec, source, flags.horizon ?? horizon)
  const [{ means, times, end }] = series as [(typeof series)[0]]
  const when = (i: number) => (times ? showTime(times[i]!) : `+${i + 1}`)
  const rows = Array.from(means, (value, i) => ({ time: when(i), value }))
  const document = { run: folder, data: panel.table.name, target, forecast: rows }
  print(flags, document, () => {
    const known = panel.numbers(target).subarray(0, end)
    const back = Math.min(known.length - 1, Math.max(21, 2 * means.length))
    return [
      ...tableLines(
        [times ? 'time' : 'row', inUnit(run.record.options)],
        rows.map(({ time, value }) => [time, round(value)]),
      ),
      '',
      ...chart(
        { name: target, points: Array.from(known.slice(-back - 1), (value, i) => [i - back, value]) },
        { name: 'forecast', points: Array.from(means, (value, i) => [i + 1, value]) },
        { x: 'rows from the last one known' },
      ),
    ]
  })
}
