import { availableParallelism } from 'node:os'
import { basename, join } from 'node:path'
import { InputError } from '../../base/errors.ts'
import { expectWhole } from '../../base/shape.ts'
import { hasPart, windowsFrom } from '../../data/index.ts'
import { writeWhole } from '../../formats/files.ts'
import { chooseTier, type KernelChoice } from '../../kernels/index.ts'
import { dataName } from '../../tasks/data-source.ts'
import { evaluateForecaster, type Score, verdict } from '../../tasks/evaluation.ts'
import { inLongForm } from '../../tasks/long-form.ts'
import { readRun, readRunData } from '../../tasks/run-folder.ts'
import { formatSweep } from '../../tasks/sweep/page.ts'
import { runSweep } from '../../tasks/sweep/run.ts'
import { rungsOfPlan, type Sweep, type SweepPlan, trialFolder, writeSweep } from '../../tasks/sweep/state.ts'
import { bestOf, resultsOf } from '../../tasks/sweep/table.ts'
import { commandName, print, shellWord, style, wrapped } from '../output.ts'
import { watched } from '../progress.ts'
import { scoreLines } from '../scores.ts'
import { SweepBar } from '../sweep-bar.ts'
import { declaredSweep, type SweepFlags, stoppedSweep } from '../sweep-plan.ts'
import { tableLines } from '../table.ts'
import { runTrial } from '../trial.ts'

/** Rows of the table in the terminal; the page has all. */
const MOST = 30

export async function sweep(given: string | undefined, flags: SweepFlags): Promise<void> {
  const { resume, parallel = 1, json = false } = flags
  expectWhole('--parallel', parallel)
  const asked = resume === undefined ? await declaredSweep(given, flags) : await stoppedSweep(given, resume, flags)
  const { folder } = asked
  const { plan } = asked.sweep
  // One kernel set for all trials and sittings, whatever a self-test would say in each.
  process.env.UNROLLED_KERNELS = chooseTier(plan.kernels as KernelChoice).tier
  const name = `${plan.options.target} of ${basename(dataName(plan.data))}`
  if (!json) process.stdout.write(`${[style('bold', name), ...wrapped(summaryOf(plan)), ''].join('\n')}\n`)

  await writeSweep(folder, asked.sweep)
  const run = await runAll(asked, parallel)
  if (!run) return
  const best = bestOf(run)
  if (!best)
    throw new InputError(`none of the ${plan.trials} trials came to a loss; the first: ${run.trials[0]!.failed}`)
  const own = trialFolder(folder, best.trial)
  // Looked at for the one that validation has chosen, once.
  const test = run.test ?? (!hasPart(plan.options.split, 'test') ? undefined : await testOf(own, plan))
  const done: Sweep = test ? { ...run, test } : run
  await writeSweep(folder, done)
  const again = `${commandName()} train --like ${shellWord(own)} --out runs/best`
  const told = test ? verdict(test) : ''
  const page = formatSweep(done, { title: `Sweep: ${name}`, summary: summaryOf(plan), verdict: told, command: again })
  await writeWhole(join(folder, 'sweep.html'), page)

  const { header, rows, failures } = resultsOf(done)
  const left = rows.length - MOST
  const lines = tableLines(header, rows.slice(0, MOST))
  print({ json }, { sweep: folder, best: best.trial, ...done }, () => [
    ...lines.map((line, i) => (i === 2 ? style('green', line) : line)),
    ...(left > 0 ? [`and ${left} more in ${join(folder, 'sweep.html')}`] : []),
    ...failures.flatMap((failure) => ['', ...wrapped(failure)]),
    '',
    ...(test ? [...scoreLines(test, `Trial ${best.trial} on the test part:`), '', ...wrapped(told), ''] : []),
    `Written to ${style('bold', folder)}, with ${join(folder, 'sweep.html')} to look at. Next:`,
    `  ${commandName()} forecast ${shellWord(own)}  # what comes after the last row`,
    `  ${again}`,
  ])
}

/** Runs what is left, so many trials at once; nothing comes back where it was stopped, which it then says. */
async function runAll(
  { folder, sweep }: { folder: string; sweep: Sweep },
  parallel: number,
): Promise<Sweep | undefined> {
  const { plan } = sweep
  const stopping = new AbortController()
  const { signal } = stopping
  const interrupt = () => stopping.abort()
  process.once('SIGINT', interrupt)
  const bar = new SweepBar(sweep)
  const cores = Number(process.env.UNROLLED_THREADS) || availableParallelism()
  const threads = Math.max(1, Math.floor(cores / parallel))
  try {
    const run = await runSweep(sweep, {
      ...{ parallel, signal },
      async run(trial, epochs) {
        const outcome = await runTrial(trial, epochs, { folder, plan, threads, signal })
        if (!outcome) stopping.abort() // somebody ended its process
        return outcome
      },
      async save(now) {
        bar.show(now)
        await writeSweep(folder, now)
      },
    })
    if (!signal.aborted) return run
  } finally {
    process.off('SIGINT', interrupt)
    bar.stop()
  }
  process.stderr.write(`Stopped. To go on: ${commandName()} sweep --resume ${shellWord(folder)}\n`)
  process.exitCode = 130
  return undefined
}

/** `9 trials by random search with seed 1, halved by 3: 9 have 3 epochs, 3 have 9, 1 has 27; chosen on validation.` */
function summaryOf(plan: SweepPlan): string {
  const { trials, search, halving, options } = plan
  const how = search === 'grid' ? 'on a grid' : `by random search with seed ${options.seed}`
  const counted = (epochs: number) => (epochs === 1 ? '1 epoch' : `${epochs} epochs`)
  if (halving === undefined) return `${trials} trials ${how}, ${counted(options.epochs)} each; chosen on validation.`
  const rungs = rungsOfPlan(plan).map(
    (rung, k) => `${rung.trials} ${rung.trials === 1 ? 'has' : 'have'} ${k === 0 ? counted(rung.epochs) : rung.epochs}`,
  )
  return `${trials} trials ${how}, halved by ${halving}: ${rungs.join(', ')}; chosen on validation.`
}

/** A run and the baselines on the test part; they learn at the rate that was not swept, which was not chosen against them. */
async function testOf(folder: string, plan: SweepPlan): Promise<Score[]> {
  const run = await readRun(folder)
  const forecaster = { ...run, options: { ...plan.options, cell: run.options.cell } }
  const data = windowsFrom(run.spec, inLongForm(await readRunData(run), run.options))
  const { epochs, batch } = plan.options
  const bar = { epochs, samples: batch, what: 'baseline, epoch' }
  return watched(bar, (hooks) => evaluateForecaster(forecaster, data, hooks))
}
