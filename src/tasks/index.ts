export { type SegmentOptions, segmentRecurrent } from '../layers/index.ts'
export { type Baseline, baselines, type Predict } from './baselines/index.ts'
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
export { type Metrics, metricsOf } from './metrics.ts'
export type { Prediction } from './prediction.ts'
