export { accuracy, brier, logLoss, type Reliability, type ReliabilityBin, reliability } from './events.ts'
export { mae, mape, mase, perSeries, pinball, rmse, seasonalError, smape } from './numbers.ts'
export { type IntervalScore, type Metrics, type Scored, scoresOf } from './scores.ts'
export { centralInterval, coverage, crps, meanWidth, nats } from './spread.ts'
