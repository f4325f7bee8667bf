export { type SegmentOptions, segmentRecurrent } from '../layers/index.ts'
export { type Backtest, backtest, type FoldScores } from './backtest.ts'
export { type BacktestFold, type Backtesting, backtestFolds } from './backtest-folds.ts'
export { type Baseline, baselines, type Predict, type Say } from './baselines/index.ts'
export { evaluateForecaster, type Score, scoreOn, verdict } from './evaluation.ts'
export { type Future, type FutureSeries, forecast } from './forecast.ts'
export { type Forecaster, predict, prepareForecaster, type Trained, trained, trainForecaster } from './forecaster.ts'
export {
  type ForecasterOptions,
  type ForecasterRequest,
  forecasterDefaults,
  type Strategy,
  strategies,
} from './forecaster-options.ts'
export { type Distribution, type Head, headNames, headOf } from './heads/index.ts'
export { calibration, type Interval, intervalOf } from './intervals.ts'
export { type Metrics, metricsOf } from './metrics.ts'
export type { Prediction } from './prediction.ts'
export { inSampleErrors, type Season, seasonOf } from './season.ts'
