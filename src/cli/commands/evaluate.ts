import { InputError } from '../../base/errors.ts'
import { type Table, windowsFrom } from '../../data/index.ts'
import { type Baseline, baselines, lastValue } from '../../tasks/baselines/index.ts'
import { readData } from '../../tasks/data-source.ts'
import { scoreOn, verdict } from '../../tasks/evaluation.ts'
import { inLongForm } from '../../tasks/long-form.ts'
import { type Run, readRun, readRunData } from '../../tasks/run-folder.ts'
import { type DataFlags, dataAsked } from '../data-flags.ts'
import { print, wrapped } from '../output.ts'
import { watched } from '../progress.ts'
import { forecastsOf, scoreLines } from '../scores.ts'

export interface EvaluateFlags extends DataFlags {
  readonly json?: boolean
}

export async function evaluate(folder: string, path: string | undefined, flags: EvaluateFlags): Promise<void> {
  const run = await readRun(folder)
  const { spec, record } = run
  const asked = dataAsked(path, flags)
  const table = inLongForm(asked ? await readData(asked) : await readRunData(run), run.options)
  const data = windowsFrom(asked ? { ...spec, split: [0, 0, 1] } : spec, table)
  const others = await trainedBaselines(run, asked ? undefined : table)
  const test = scoreOn(run, data, others)
  const what = asked ? table.name : 'Test part'
  print(flags, { run: folder, data: table.name, windows: data.test.count, test }, () => [
    ...scoreLines(test, `${what}: ${forecastsOf(data.test.count, record.options)}`),
    '',
    ...wrapped(verdict(test)),
  ])
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
