import { basename } from 'node:path'
import { expectOneOf, InputError } from '../../base/errors.ts'
import { type Table, windowsFrom } from '../../data/index.ts'
import { writeWhole } from '../../formats/files.ts'
import { type Baseline, baselines, lastValue } from '../../tasks/baselines/index.ts'
import { readData } from '../../tasks/data-source.ts'
import { type Score, scoreOn, verdict } from '../../tasks/evaluation.ts'
import { formatEvaluation } from '../../tasks/evaluation-page.ts'
import { PARTITIONS, type Partition, scoresBy, worstFirst } from '../../tasks/evaluation-parts.ts'
import { predict } from '../../tasks/forecaster.ts'
import { inLongForm } from '../../tasks/long-form.ts'
import { type Run, readRun, readRunData } from '../../tasks/run-folder.ts'
import { type DataFlags, dataAsked } from '../data-flags.ts'
import { print, wrapped } from '../output.ts'
import { watched } from '../progress.ts'
import { forecastOf, forecastsOf, metricLines, scoreLines } from '../scores.ts'

export interface EvaluateFlags extends DataFlags {
  readonly by?: Partition
  readonly html?: string
  readonly json?: boolean
}

export async function evaluate(folder: string, path: string | undefined, flags: EvaluateFlags): Promise<void> {
  const run = await readRun(folder)
  const { spec, record } = run
  const { by, html } = flags
  if (by !== undefined) expectOneOf('--by', by, PARTITIONS)
  const asked = dataAsked(path, flags)
  const table = inLongForm(asked ? await readData(asked) : await readRunData(run), run.options)
  const data = windowsFrom(asked ? { ...spec, split: [0, 0, 1] } : spec, table)
  const others = await trainedBaselines(run, asked ? undefined : table)
  const test = scoreOn(run, data, others)
  const own = predict(run, data.test)
  const parts = by && scoresBy(by, run, data, own)
  const label = forecastOf(run.options)
  if (html !== undefined) {
    const title = `${label}: ${asked ? basename(table.name) : `test part of ${basename(table.name)}`}`
    const page = { title, verdict: verdict(test), label, forecaster: run, data, own, scores: test }
    await writeWhole(html, await formatEvaluation(page))
  }
  const what = asked ? table.name : 'Test part'
  const series = new Set(Array.from({ length: data.test.count }, (_, i) => data.test.series(i).id)).size
  const document = {
    run: folder,
    data: table.name,
    windows: data.test.count,
    series,
    test,
    ...(by ? { by, parts } : {}),
  }
  print(flags, document, () => [
    ...scoreLines(test, `${what}: ${forecastsOf(data.test.count, record.options, series)}`),
    '',
    ...wrapped(verdict(test)),
    ...(by && parts ? ['', ...partLines(by, parts)] : []),
    ...(html === undefined ? [] : ['', ...wrapped(`Written: ${html}`)]),
  ])
}

/** Parts of a table on the terminal, at most. */
const MOST = 40

function partLines(by: Partition, parts: readonly Score[]): string[] {
  const shown = (by === 'series' ? worstFirst(parts) : parts).slice(0, MOST)
  const left = parts.length - shown.length
  return [
    by === 'series' ? 'By series, the worst first' : 'By rows ahead',
    '',
    ...metricLines(shown, by === 'series' ? 'series' : 'ahead').map((line) => `  ${line}`),
    ...(left > 0 ? ['', `There are ${left} more; --json tells all.`] : []),
  ]
}

/** All but the last value learn from the run's own train part; where that is gone they are left out, saying so. */
async function trainedBaselines(run: Run, known: Table | undefined): Promise<Baseline[]> {
  try {
    const data = windowsFrom(run.spec, known ?? inLongForm(await readRunData(run), run.options))
    const { options } = run.record
    return await watched({ epochs: options.epochs, samples: options.batch, what: 'baseline, epoch' }, (hooks) =>
      baselines(data, options, hooks),
    )
  } catch (error) {
    if (!(error instanceof InputError)) throw error
    return [lastValue(), { name: 'other baselines', reason: `they learn from the run's own data: ${error.message}` }]
  }
}
