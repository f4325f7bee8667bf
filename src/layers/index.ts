export { type BeamOptions, beamSearch, type Hypothesis } from './beam-search.ts'
export { buildLayers } from './build.ts'
export { type ConvolutionOptions, conv1d, conv2d } from './convolution.ts'
export { type DenseOptions, dense } from './dense.ts'
export { type EmbeddingLayerOptions, embedding } from './embedding.ts'
export { type EncoderDecoder, type EncoderDecoderOptions, encoderDecoder } from './encoder-decoder.ts'
export { layerFromConfig } from './from-config.ts'
export type {
  Architecture,
  Layer,
  LayerConfig,
  LayerScope,
  LayerStep,
  ParameterSpec,
  StateSpec,
  StepScope,
} from './layer.ts'
export { type LayerNormLayerOptions, layerNorm } from './layer-norm.ts'
export { type AdvanceOptions, type InspectedSample, Model } from './model.ts'
export { gru, leaky, lstm, rnn } from './named.ts'
export { expectParameters } from './parameters.ts'
export {
  averagePool1d,
  averagePool2d,
  globalAveragePool,
  maxPool1d,
  maxPool2d,
  type PoolOptions,
} from './pooling.ts'
export { type RecurrentLayer, recurrent } from './recurrent.ts'
export type { Merge, RecurrentLayerOptions, VariationalRates } from './recurrent-options.ts'
export type { Seen, SeenAttention, SeenCell } from './seen.ts'
export { type SegmentOptions, segmentRecurrent } from './segment-recurrent.ts'
export { type InitOptions, type Sequential, sequential } from './sequential.ts'
export { dropout, flatten, lastSteps, repeat, reshape } from './shape-layers.ts'
export { expectOnce } from './stack.ts'
export { chronoBias, type StartOptions } from './start.ts'
export { Stream, type StreamOptions } from './stream.ts'
export type { StreamState } from './stream-state.ts'
