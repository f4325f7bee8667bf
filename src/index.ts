export {
  crossEntropyLoss,
  ctcLoss,
  gaussianLoss,
  type Loss,
  type LossName,
  type MeanLoss,
  quantileLoss,
} from './autograd/index.ts'
export { InputError } from './base/errors.ts'
export type { Sample, Samples } from './base/samples.ts'
export type { PlainTensor, Shape } from './base/shape.ts'
export { type Cell, type CellSpec, defineCell, equations } from './cells/index.ts'
export * as cells from './cells/standard.ts'
export {
  type PlainSamples,
  parseCsv,
  readCsv,
  samplesFrom,
  type Table,
  tableOf,
  type WindowedData,
  type WindowOptions,
  type WindowSpec,
  windows,
  windowsFrom,
} from './data/index.ts'
export { formatModel, type LoadOptions, load, type ModelExtras, parseModel, save } from './formats/index.ts'
export { type GradientFlow, type GradientFlowOptions, gradientFlow } from './inspect/index.ts'
export {
  averagePool1d,
  averagePool2d,
  type BeamOptions,
  beamSearch,
  chronoBias,
  conv1d,
  conv2d,
  dense,
  dropout,
  type EncoderDecoder,
  type EncoderDecoderOptions,
  embedding,
  encoderDecoder,
  flatten,
  globalAveragePool,
  gru,
  type Hypothesis,
  type InspectedSample,
  type Layer,
  layerNorm,
  leaky,
  lstm,
  Model,
  maxPool1d,
  maxPool2d,
  type RecurrentLayer,
  type RecurrentLayerOptions,
  recurrent,
  repeat,
  reshape,
  rnn,
  type Seen,
  type SeenAttention,
  type Sequential,
  type StartOptions,
  type Stream,
  type StreamOptions,
  type StreamState,
  sequential,
} from './layers/index.ts'
export { type Tensor, type UnrollInput, type UnrollResult, unroll } from './recurrence/index.ts'
export {
  type CtcBeamOptions,
  type CtcDecodeOptions,
  type CtcGuess,
  ctcBeamSearch,
  ctcGreedy,
} from './tasks/ctc-decode.ts'
export {
  adam,
  type Epoch,
  type FitOptions,
  fit,
  type MemoryOptions,
  type MemoryPlan,
  memoryPlan,
  type Optimizer,
  type Step,
  sgd,
} from './train/index.ts'
