import { InputError } from '../../base/errors.ts'
import { readCsv, type Table, windowsFrom } from '../../data/index.ts'
import { type Baseline, baselines, lastValue } from '../../tasks/baselines.ts'
import { scoreOn, verdict } from '../../tasks/evaluation.ts'
import { type Run, readRun, readRunData } from '../../tasks/run-folder.ts'
import { print, wrapped } from '../output.ts'
import { watched } from '../progress.ts'
import { forecastsOf, scoreLines } from '../scores.ts'

export async function evaluate(folder: string, path: string | undefined, flags: { json?: boolean }): Promise<void> {
  const run = await readRun(folder)
  const { spec, record } = run
  const table = path === undefined ? await readRunData(run) : await readCsv(path)
  const data = windowsFrom(path === undefined ? spec : { ...spec, split: [0, 0, 1] }, table)
  const others = await trainedBaselines(run, path === undefined ? table : undefined)
  const test = scoreOn(run, data, others)
  const what = path === undefined ? 'Test part' : table.name
  print(flags, { run: folder, data: table.name, windows: data.test.count, test }, () => [
    ...scoreLines(test, `${what}: ${forecastsOf(data.test.count, record.options)}`),
    '',
    ...wrapped(verdict(test)),
  ])
}

/** All but the last value learn from the run's own train part; where that is gone they are left out, saying so. */
async function trainedBaselines(run: Run, known: Table | undefined): Promise<Baseline[]> {
  try {
    const data = windowsFrom(run.spec, known ?? (await readRunData(run)))
    const { options } = run.record
    return await watched({ epochs: options.epochs, samples: options.batch, what: 'baseline, epoch' }, (hooks) =>
      baselines(data, options, hooks),
    )
  } catch (error) {
    if (!(error instanceof InputError)) throw error
    return [lastValue(run), { name: 'other baselines', reason: `they learn from the run's own data: ${error.message}` }]
  }
}
