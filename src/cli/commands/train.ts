import { basename, join } from 'node:path'
import { dataName } from '../../tasks/data-source.ts'
import { trainEnsemble } from '../../tasks/ensemble.ts'
import { evaluateForecaster, type Score, verdict } from '../../tasks/evaluation.ts'
import { forecasterMemory } from '../../tasks/forecaster.ts'
import type { ForecasterOptions } from '../../tasks/forecaster-options.ts'
import { calibration } from '../../tasks/intervals.ts'
import { writeMembers } from '../../tasks/members.ts'
import { formatReport } from '../../tasks/report.ts'
import { writeReport, writeRun } from '../../tasks/run-folder.ts'
import type { TrainingRun } from '../../tasks/training-run.ts'
import { lossCurves } from '../curves.ts'
import { dataWords } from '../data-flags.ts'
import { lastForecast } from '../last-forecast.ts'
import { optionWords } from '../option-words.ts'
import { commandName, counted, print, shellWord, style, wrapped } from '../output.ts'
import { watched } from '../progress.ts'
import { forecastsOf, scoreLines } from '../scores.ts'
import { begun, resumed, type TrainFlags, type TrainingRequest } from '../training-request.ts'
import { factsOf, introduction, splitOf } from '../training-text.ts'

export async function train(given: string | undefined, flags: TrainFlags): Promise<void> {
  const request = flags.resume === undefined ? await begun(given, flags) : await resumed(given, flags.resume, flags)
  const { folder, forecaster, plan } = request
  const { data, model, options } = forecaster
  if (!flags.json) {
    const looked = request.warnings.flatMap((warning) => wrapped(`${style('yellow', 'Look:')} ${warning}`))
    process.stdout.write(`${[...(await introduction(forecaster, request.from)), ...looked].join('\n')}\n`)
  }

  const stopping = new AbortController()
  const bar = { epochs: options.epochs, samples: options.batch * options.accumulate }
  const { first, models, stopped } = await trainEnsemble({
    ...request,
    tensorboard: flags.tensorboard,
    signal: stopping.signal,
    watch(member, run) {
      const what = options.ensemble > 1 ? `model ${member} of ${options.ensemble}, epoch` : 'epoch'
      return watched({ ...bar, what, interrupt: () => stopping.abort() }, run)
    },
  })
  const { epochs, best } = first
  const goOn = () => stoppedAt(request, epochs.length, flags)
  if (stopped || !best) return goOn()
  const interrupt = () => {
    goOn()
    process.exit()
  }
  const scored = { ...bar, what: 'baseline', interrupt }
  const uncalibrated = { ...forecaster, models }
  const conformal = calibration(uncalibrated, data.validation)
  const whole = { ...uncalibrated, conformal }
  const test =
    flags.test === false ? undefined : await watched(scored, (hooks) => evaluateForecaster(whole, data, hooks))
  await writeReport(folder, await reportOf(request, first, test))
  await writeMembers(folder, models)
  await writeRun(folder, { model, spec: data.spec, epochs, record: { ...plan, best, conformal, test } })

  const seconds = epochs.reduce((sum, epoch) => sum + epoch.seconds, 0)
  const memory = forecasterMemory(forecaster)
  print(
    flags.json ? { json: true } : {},
    { run: folder, seconds, memory, warnings: request.warnings, ...plan, best, conformal, test },
    () => [
      `Trained ${counted(epochs.length, 'epoch')} in ${seconds.toFixed(1)} s; kept epoch ${best.epoch}, the best on validation.`,
      '',
      ...lossCurves(epochs, best.epoch),
      ...(test
        ? [
            ...scoreLines(test, `Test part: ${forecastsOf(data.test.count, options)}`),
            '',
            ...wrapped(verdict(test)),
            '',
            ...lastForecast(whole, data),
          ]
        : [unseen]),
      '',
      ...wrapped(`Written to ${style('bold', folder)}, with ${join(folder, 'report.html')} to look at. Next:`),
      ...next(folder, options),
    ],
  )
}

const unseen = 'The test part was not looked at.'

/** Says how to go on, behind Ctrl-C, and leaves the exit code that shells know it by. */
function stoppedAt({ folder }: TrainingRequest, epochs: number, { tensorboard, json, test }: TrainFlags): void {
  const flags = [
    ...(tensorboard ? ['--tensorboard'] : []),
    ...(json ? ['--json'] : []),
    ...(test === false ? ['--no-test'] : []),
  ]
  const words = [commandName(), 'train', '--resume', shellWord(folder), ...flags]
  process.stderr.write(
    `Stopped after ${epochs === 0 ? 'no whole epoch' : counted(epochs, 'epoch')}. To go on: ${words.join(' ')}\n`,
  )
  process.exitCode = 130
}

function reportOf(
  { folder, data: request, forecaster, plan }: TrainingRequest,
  { epochs, best }: TrainingRun,
  scores: readonly Score[] | undefined,
): Promise<string> {
  const { data, options } = forecaster
  return formatReport({
    title: `${options.target} of ${basename(dataName(request))}`,
    verdict: scores ? verdict(scores) : unseen,
    command: commandLine(dataWords(request), options, folder),
    epochs,
    best: best!.epoch,
    split: splitOf(data),
    facts: factsOf(forecaster, plan),
    scores: scores ?? [],
    unit: options.unit ?? '',
  })
}

/** The command that makes this run again, whatever told its options. */
function commandLine(data: readonly string[], options: ForecasterOptions, folder: string): string {
  const words = [...data, ...optionWords(options), '--out', folder]
  return [commandName(), 'train', ...words.map(shellWord)].join(' ')
}

/** What to try next: the future, and the same with another cell, in a folder of its own. */
function next(folder: string, { cell }: ForecasterOptions): string[] {
  const other = cell === 'gru' ? 'lstm' : 'gru'
  const run = shellWord(folder)
  return [
    `  ${commandName()} forecast ${run}  # what comes after the last row`,
    `  ${commandName()} train --like ${run} --cell ${other} --out ${shellWord(`${folder}-${other}`)}`,
  ]
}
