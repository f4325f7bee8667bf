import { expectWhole } from '../../base/shape.ts'
import { writeWhole } from '../../formats/files.ts'
import { writeTable } from '../../formats/table-file.ts'
import { readData } from '../../tasks/data-source.ts'
import { forecast } from '../../tasks/forecast.ts'
import { formatForecastPage } from '../../tasks/forecast-page.ts'
import { asRows, forecastColumns } from '../../tasks/forecast-table.ts'
import { inLongForm } from '../../tasks/long-form.ts'
import { readRun, readRunData } from '../../tasks/run-folder.ts'
import { type DataFlags, dataAsked } from '../data-flags.ts'
import { forecastLines, seriesNamed } from '../forecast-text.ts'
import { print, wrapped } from '../output.ts'
import { forecastOf } from '../scores.ts'

export interface ForecastFlags extends DataFlags {
  readonly horizon?: number
  readonly series?: string
  readonly paths?: number
  readonly out?: string
  readonly html?: string
  readonly json?: boolean
}

export async function forecastRun(folder: string, path: string | undefined, flags: ForecastFlags): Promise<void> {
  const run = await readRun(folder)
  const { spec, options } = run
  const { paths = 0, series } = flags
  expectWhole('--paths', paths, 0, 10_000)
  const asked = dataAsked(path, flags)
  const table = asked ? await readData(asked) : await readRunData(run)
  const future = forecast(run, spec, inLongForm(table, options), flags.horizon ?? spec.horizon)
  const chosen = series === undefined ? future : { ...future, series: [seriesNamed(future, series)] }
  const { panel } = future
  const told = { levels: options.levels, paths, seed: options.seed }
  const names = { id: panel.idColumn ?? 'series', time: panel.timeColumn ?? 'row', value: spec.target }
  const { out, html } = flags
  if (out !== undefined) await writeTable(out, forecastColumns(chosen, { ...told, names }))
  if (html !== undefined)
    await writeWhole(
      html,
      await formatForecastPage({ future: chosen, options, label: forecastOf(options), run: folder }),
    )
  const written = [out, html].filter((file) => file !== undefined)
  const document = {
    run: folder,
    data: panel.table.name,
    target: spec.target,
    forecast: asRows(forecastColumns(chosen, { ...told, names: { id: 'series', time: 'time', value: 'value' } })),
    short: future.short,
  }
  print(flags, flags.json ? document : undefined, () => [
    ...forecastLines(chosen, options),
    ...(written.length > 0 ? ['', ...wrapped(`Written: ${written.join(' and ')}`)] : []),
  ])
}
