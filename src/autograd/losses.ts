import { expectOneOf, InputError } from '../base/errors.ts'
import { expectWhole } from '../base/shape.ts'
import { crossEntropyLoss } from './cross-entropy.ts'
import { elementLosses, pinball } from './element-loss.ts'
import {
  type GaussianScale,
  gaussian,
  gaussianScales,
  type Likelihood,
  type MixtureKind,
  mixture,
  negativeBinomial,
  studentT,
} from './likelihoods.ts'
import { type MeanLoss, meanLossOfElement } from './mean-loss.ts'

/** The mean of -log of a distribution's density at the targets. */
export interface LikelihoodLoss extends MeanLoss {
  /** The distribution's parameters by the model's numbers for one target; as many. */
  parameters(numbers: readonly number[]): number[]
}

/**
 * The negative log-likelihood of targets under normal distributions, (log σ² + (y - μ)²/σ²)/2; its constant log(2π)/2 comes
 * with `full`. For targets `[…, F]` a model gives `[…, 2·F]`: F means μ, then F numbers s that tell the deviations σ: by
 * default s = log σ²; with `'softplus'` σ = log(1 + e^s) + 0.001. `model.predict(samples, loss)` gives means and deviations σ
 * in the data's units.
 */
export function gaussianLoss({ scale = 'logVariance', full = false }: GaussianLossOptions = {}): LikelihoodLoss {
  expectOneOf('gaussianLoss: scale', scale, gaussianScales)
  return likelihoodLoss(gaussian(scale, full))
}

export interface GaussianLossOptions {
  /** How the second number tells the deviation. */
  readonly scale?: GaussianScale
  /** Counts the constant as well, so that means compare with those of other likelihoods. */
  readonly full?: boolean
}

/**
 * The negative log-likelihood, in nats, of targets under Student's t-distributions, whose tails are heavier than the normal's.
 * For targets `[…, F]` a model gives `[…, 3·F]`: F means μ, F numbers that tell the scales σ = log(1 + e^s) + 0.001 and F that
 * tell the degrees of freedom ν = 2 + log(1 + e^n). The deviation is σ·√(ν/(ν-2)). `model.predict(samples, loss)` gives μ
 * and σ in the data's units, and ν.
 */
export const studentTLoss = (): LikelihoodLoss => likelihoodLoss(studentT())

/**
 * The negative log-likelihood, in nats, of counts under negative binomial distributions of mean μ and variance μ + α·μ², as in
 * DeepAR (Salinas et al. 2020). For targets `[…, F]`, 0 or above and not scaled, a model gives `[…, 2·F]`: F numbers log μ and
 * F that tell α = log(1 + e^a) + 10⁻⁶. `model.predict(samples, loss)` gives μ and α.
 */
export const negativeBinomialLoss = (): LikelihoodLoss => likelihoodLoss(negativeBinomial())

export interface MixtureLossOptions {
  /** How many distributions are mixed; 8 where not given. */
  readonly components?: number
  /** Normal distributions of the targets, or of the logarithms of targets above 0. */
  readonly of?: MixtureKind
}

/**
 * The negative log-likelihood, in nats, of targets under mixtures of K distributions: normal ones, a mixture density network
 * (Bishop 1994), or log-normal ones, for times between events (Shchur et al. 2020, arXiv 1909.12127). For targets `[…, F]` a
 * model gives `[…, 3·K·F]`, in blocks of F: K logits of the weights, K means and K numbers that tell deviations
 * σ = log(1 + e^s) + 0.001, both of the logarithms where log-normal. `model.predict(samples, loss)` gives K weights, K means in
 * the data's units (log-normal: the components' medians) and K deviations (log-normal: still of the logarithms).
 * @throws InputError when components are not a whole number of at least 1
 */
export function mixtureLoss({ components = 8, of = 'gaussian' }: MixtureLossOptions = {}): LikelihoodLoss {
  expectWhole('mixtureLoss: components', components)
  expectOneOf('mixtureLoss: of', of, ['gaussian', 'logNormal'])
  return likelihoodLoss(mixture(components, of))
}

function likelihoodLoss({ element, measures, parameters }: Likelihood): LikelihoodLoss {
  return {
    ...meanLossOfElement(element),
    parameters,
    restore(outputs, columns, restore) {
      const count = outputs.length / measures.length
      /** Where the i-th target's numbers stand: a row has a block of `columns` for each of them. */
      const place = (i: number, block: number) =>
        (i - (i % columns)) * measures.length + (i % columns) + block * columns
      const restored = new Float64Array(outputs.length)
      for (let i = 0; i < count; i++) {
        const numbers = measures.map((_, block) => outputs[place(i, block)]!)
        for (const [block, parameter] of parameters(numbers).entries()) restored[place(i, block)] = parameter
      }
      const origin = restore(new Float64Array(count))
      for (const [block, measure] of measures.entries()) {
        if (measure === 'none') continue
        const values = restore(Float64Array.from(origin, (_, i) => restored[place(i, block)]!))
        for (const [i, value] of values.entries())
          restored[place(i, block)] = measure === 'distance' ? value - origin[i]! : value
      }
      return restored
    },
  }
}

/**
 * The pinball loss, whose least is at the quantiles: for each, an answer too low costs q a unit and one too high 1 - q; the
 * mean over all of them. For targets `[…, F]` a model gives `[…, Q·F]`: F answers for the first quantile, then for the next.
 * @throws InputError when a quantile is not between 0 and 1
 */
export function quantileLoss(quantiles: readonly number[]): MeanLoss {
  if (quantiles.length === 0)
    throw new InputError('quantileLoss: expected at least one quantile, such as [0.1, 0.5, 0.9]')
  for (const quantile of quantiles)
    if (!(quantile > 0 && quantile < 1))
      throw new InputError(`quantileLoss: expected quantiles above 0 and below 1, got ${quantile}`)
  return meanLossOfElement(pinball(quantiles))
}

const { mse, mae, huber, binaryCrossEntropy } = elementLosses

/** The losses that training knows by name; `binaryCrossEntropy` is of logits, whose probability is σ(logit). */
export const losses = {
  mse: meanLossOfElement(mse),
  mae: meanLossOfElement(mae),
  huber: meanLossOfElement(huber),
  binaryCrossEntropy: meanLossOfElement(binaryCrossEntropy),
  crossEntropy: crossEntropyLoss(),
}

export type LossName = keyof typeof losses
