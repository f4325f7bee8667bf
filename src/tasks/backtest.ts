import type { Table } from '../data/index.ts'
import type { TrainingHooks } from '../train/index.ts'
import { type BacktestFold, type Backtesting, backtestFolds } from './backtest-folds.ts'
import { type Baseline, baselines, learnedBaselines } from './baselines/index.ts'
import { type Score, scoreOn } from './evaluation.ts'
import { prepareForecaster, type Trained, trainForecaster } from './forecaster.ts'
import type { ForecasterOptions, ForecasterRequest } from './forecaster-options.ts'
import { calibration } from './intervals.ts'
import { meanMetrics } from './metrics/index.ts'

/** What a model and the baselines came to on a stretch. */
export interface FoldScores extends Pick<BacktestFold, 'from' | 'to' | 'rows'> {
  /** Forecasts made, of `horizon` rows each. */
  readonly windows: number
  readonly scores: readonly Score[]
}

/** What a backtest came to; plain JSON. */
export interface Backtest {
  readonly folds: readonly FoldScores[]
  /** The mean over the folds, each by its windows. */
  readonly total: readonly Score[]
  readonly windows: number
}

/** Trainings of a backtest: of the models, and of the baselines that learn. */
export const trainingsOf = (
  { ensemble, head }: Pick<ForecasterOptions, 'ensemble' | 'head'>,
  { folds, refit }: Pick<Backtesting, 'folds' | 'refit'>,
): number => (refit ? folds : 1) * (ensemble + learnedBaselines({ head }))

/**
 * Rolling-origin evaluation (Tashman 2000): forecasts from one row after another of the test part, stretch by stretch, by a model
 * trained on what lies before. Without `refit` that is what lies before the first stretch; with it the model is trained from the
 * start ahead of each stretch, on all rows up to the validation part right before it, and so are scalers and baselines.
 *
 * @param hooks watch all trainings as one: their epochs are counted on, `trainingsOf` times as many as one has
 * @throws InputError as `prepareForecaster` and `fit`, and where a stretch is shorter than the horizon
 */
export async function backtest(
  table: Table,
  request: ForecasterRequest,
  how: Backtesting,
  hooks: TrainingHooks = {},
): Promise<Backtest> {
  const folds: FoldScores[] = []
  const watch = inTurn(hooks)
  let last: (Fitted & Pick<BacktestFold, 'forecaster'>) | undefined
  for (const { forecaster, test, table: own, ...place } of backtestFolds(table, request, how)) {
    if (last?.forecaster !== forecaster) last = { forecaster, ...(await fitted({ forecaster, table: own }, watch)) }
    const scores = scoreOn(last.trained, { ...forecaster.data, test }, last.others)
    folds.push({ ...place, windows: test.count, scores })
  }
  const windows = folds.reduce((sum, fold) => sum + fold.windows, 0)
  return { folds, total: totalOf(folds), windows }
}

interface Fitted {
  readonly trained: Trained
  readonly others: readonly Baseline[]
}

/** Trains a forecaster, its ensemble and the baselines. */
async function fitted(
  { forecaster, table }: Pick<BacktestFold, 'forecaster' | 'table'>,
  watch: (epochs: number) => TrainingHooks,
): Promise<Fitted> {
  const { options, model, head, data } = forecaster
  const models = [model]
  await trainForecaster(forecaster, watch(options.epochs))
  for (let member = 1; member < options.ensemble; member++) {
    const next = prepareForecaster(table, { ...options, seed: options.seed + member }, model.kernels.tier)
    await trainForecaster(next, watch(options.epochs))
    models.push(next.model)
  }
  const uncalibrated = { options, head, models }
  const trained = { ...uncalibrated, conformal: calibration(uncalibrated, data.validation) }
  return { trained, others: await baselines(data, options, watch(options.epochs)) }
}

/** Hooks for trainings one after another, whose epochs are counted on. */
function inTurn({ onStep, onEpoch }: TrainingHooks): (epochs: number) => TrainingHooks {
  let begun = 0
  return (epochs) => {
    const before = begun
    begun += epochs
    return {
      onStep: (step, run) => onStep?.({ ...step, epoch: before + step.epoch }, run),
      onEpoch: (epoch, run) => onEpoch?.({ ...epoch, epoch: before + epoch.epoch }, run),
    }
  }
}

/** The mean over the folds of each that is scored in all of them. */
function totalOf(folds: readonly FoldScores[]): Score[] {
  const weights = folds.map(({ windows }) => windows)
  return folds[0]!.scores.map((_, row): Score => {
    const own = folds.map(({ scores }) => scores[row]!)
    // Training anew may find another season.
    const name = [...new Set(own.map(({ name }) => name))].join(' or ')
    if (own.every(({ metrics }) => metrics))
      return {
        name,
        metrics: meanMetrics(
          own.map(({ metrics }) => metrics!),
          weights,
        ),
      }
    const absent = own.findIndex(({ metrics }) => !metrics)
    const where = own.some(({ metrics }) => metrics) ? ` (in fold ${absent + 1})` : ''
    return { name, reason: `${own[absent]!.reason}${where}` }
  })
}
