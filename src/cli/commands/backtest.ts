import { existsSync } from 'node:fs'
import { basename, join } from 'node:path'
import { type Backtest, backtest, trainingsOf } from '../../tasks/backtest.ts'
import { type Backtesting, backtestFolds } from '../../tasks/backtest-folds.ts'
import { dataName } from '../../tasks/data-source.ts'
import { measureOf, type Score, verdict } from '../../tasks/evaluation.ts'
import { print, round, style, wrapped } from '../output.ts'
import { watched } from '../progress.ts'
import { forecastsOf, inUnit, scoreLines } from '../scores.ts'
import { tableLines } from '../table.ts'
import { begun, type TrainFlags } from '../training-request.ts'

/** The flags of `backtest`, as commander reads them. */
export interface BacktestFlags extends TrainFlags, Partial<Omit<Backtesting, 'kernels'>> {}

export async function runBacktest(given: string | undefined, flags: BacktestFlags): Promise<void> {
  const { folds = 5, refit = false, every = 1, gap = 0, ...rest } = flags
  const run = given !== undefined && existsSync(join(given, 'run.json'))
  const request = run ? await begun(undefined, { ...rest, like: given }) : await begun(given, rest)
  const { forecaster, table, warnings } = request
  const { options, model } = forecaster
  const how = { folds, refit, every, gap, kernels: model.kernels.tier }
  const name = dataName(request.data)
  // Refuses what can't be ahead of the first word.
  backtestFolds(table, options, how).next()
  if (!flags.json) {
    const looked = warnings.flatMap((warning) => wrapped(`${style('yellow', 'Look:')} ${warning}`))
    process.stdout.write(
      `${[...wrapped(`${style('bold', basename(name))}: ${plan(how)}`), ...looked, ''].join('\n')}\n`,
    )
  }
  const bar = {
    epochs: options.epochs * trainingsOf(options, how),
    samples: options.batch * options.accumulate,
    what: 'epoch of all folds',
  }
  const result = await watched(bar, (hooks) => backtest(table, options, how, hooks))
  print(flags, { data: name, options, backtest: { folds, refit, every, gap }, ...result }, () => [
    ...foldLines(result, inUnit(options)),
    '',
    ...scoreLines(result.total, `All folds: ${forecastsOf(result.windows, options)}`),
    '',
    ...wrapped(`${verdict(result.total)} ${wins(result)}`),
  ])
}

function plan({ folds, refit, every, gap }: Backtesting): string {
  const when = refit ? 'trained anew ahead of each' : 'trained once, ahead of the first'
  return [
    `the test part in ${folds} ${folds === 1 ? 'fold' : 'folds'}, ${when}`,
    ...(every === 1 ? [] : [`a forecast every ${every} rows`]),
    ...(gap === 0 ? [] : [`the last ${gap} rows before a fold not trained on`]),
  ].join('; ')
}

/** A line a fold: where it begins, how many forecasts, the model, and the best of the baselines. */
function foldLines({ folds, total }: Backtest, target: string): string[] {
  const { key, name } = measureOf(total[0]!)
  const value = ({ metrics }: Score) => metrics?.[key]
  const rows = folds.map(({ from, windows, scores: [own, ...others] }, k) => {
    const best = bestOf(others, key)
    const mine = value(own!)!
    const shown = best && mine < value(best)! ? style('green', round(mine)) : round(mine)
    const beside = best ? [round(value(best)!), best.name] : ['–', '–']
    return [String(k + 1), String(from).replace(/T(.*):00Z$/, ' $1'), String(windows), shown, ...beside]
  })
  const header = ['fold', 'from', 'windows', total[0]!.name, 'best', 'baseline']
  return [
    `${name[0]!.toUpperCase()}${name.slice(1)} of ${target}, fold by fold:`,
    '',
    ...tableLines(header, rows).map((line) => `  ${line}`),
  ]
}

function bestOf(scores: readonly Score[], key: ReturnType<typeof measureOf>['key']): Score | undefined {
  const known = scores.filter(({ metrics }) => metrics?.[key] !== undefined)
  return known.reduce<Score | undefined>(
    (best, score) => (best && best.metrics![key]! <= score.metrics![key]! ? best : score),
    undefined,
  )
}

/** How often it did better than the best baseline of a fold, which nobody knows beforehand. */
function wins({ folds, total }: Backtest): string {
  const { key } = measureOf(total[0]!)
  const won = folds.filter(({ scores: [own, ...others] }) => {
    const best = bestOf(others, key)
    return best !== undefined && own!.metrics![key]! < best.metrics![key]!
  })
  return `It did better than the best of them in ${won.length} of ${folds.length} ${folds.length === 1 ? 'fold' : 'folds'}.`
}
