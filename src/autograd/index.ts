export { additiveAttention } from './additive-attention.ts'
export { type AttentionOptions, attention, type DotAttentionOptions } from './attention.ts'
export { type AverageOptions, average } from './average.ts'
export { concat } from './concat.ts'
export { convolution } from './convolution.ts'
export { type CrossEntropyLossOptions, crossEntropy, crossEntropyLoss } from './cross-entropy.ts'
export { type CtcLossOptions, ctc, ctcLoss } from './ctc.ts'
export { dense } from './dense.ts'
export { dropout } from './dropout.ts'
export type { ElementLoss } from './element-loss.ts'
export { embedding, expectToken } from './embedding.ts'
export { layerNorm, normalise, normPlaces } from './layer-norm.ts'
export type { GaussianScale, MixtureKind } from './likelihoods.ts'
export type { Loss } from './loss.ts'
export {
  type GaussianLossOptions,
  gaussianLoss,
  type LikelihoodLoss,
  type LossName,
  losses,
  type MixtureLossOptions,
  mixtureLoss,
  negativeBinomialLoss,
  quantileLoss,
  studentTLoss,
} from './losses.ts'
export { type MeanLoss, meanLoss, meanLossOf } from './mean-loss.ts'
export { defineOp, type Op, type OpSample, type OpSamples } from './op.ts'
export { placesAlong, type Window, type WindowedOptions, windowOf } from './patches.ts'
export { type Activation, activations, arithmetic, type Pointwise, pointwise, pointwiseOf } from './pointwise.ts'
export { type PoolingOptions, pooling } from './pooling.ts'
export { type ProductOptions, product } from './product.ts'
export { type RecurrentInputs, type RecurrentOptions, recur, recurrent } from './recurrent.ts'
export { type RepeatOptions, repeat } from './repeat.ts'
export { reshape } from './reshape.ts'
export { type SoftmaxOptions, softmax } from './softmax.ts'
export { type Parameter, type Place, Tape, type Variable } from './tape.ts'
export { type TimeStepOptions, timeStep } from './time-step.ts'
export { type TimeStepsOptions, timeSteps } from './time-steps.ts'
export type { Found } from './watching-tape.ts'
