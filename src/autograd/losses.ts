import { expectOneOf, InputError } from '../base/errors.ts'
import { crossEntropyLoss } from './cross-entropy.ts'
import { elementLosses, type GaussianScale, gaussian, LEAST_DEVIATION, pinball } from './element-loss.ts'
import { type MeanLoss, meanLossOfElement } from './mean-loss.ts'

/**
 * The negative log-likelihood of targets under normal distributions, (log σ² + (y - μ)²/σ²)/2 without its constant. For
 * targets `[…, F]` a model gives `[…, 2·F]`: F means μ, then F numbers s that tell the deviations σ: by default s = log σ²;
 * with `'softplus'` σ = log(1 + e^s) + 0.001. `model.predict(samples, loss)` gives means and deviations σ in the data's units.
 */
export function gaussianLoss({ scale = 'logVariance' }: { readonly scale?: GaussianScale } = {}): MeanLoss {
  expectOneOf('gaussianLoss: scale', scale, Object.keys(deviations))
  return {
    ...meanLossOfElement(gaussian(scale)),
    restore(outputs, columns, restore) {
      /** Where the i-th mean stands, or the deviation beside it. */
      const place = (i: number, half: 0 | 1) => 2 * i - (i % columns) + half * columns
      const zeros = new Float64Array(outputs.length / 2)
      const means = restore(zeros.map((_, i) => outputs[place(i, 0)]!))
      const reach = restore(zeros.map((_, i) => deviations[scale](outputs[place(i, 1)]!)))
      const origin = restore(zeros)
      const restored = new Float64Array(outputs.length)
      for (const i of zeros.keys()) {
        restored[place(i, 0)] = means[i]!
        restored[place(i, 1)] = reach[i]! - origin[i]!
      }
      return restored
    },
  }
}

/** σ by the number that tells it. */
const deviations: { readonly [S in GaussianScale]: (s: number) => number } = {
  logVariance: (s) => Math.exp(s / 2),
  softplus: (s) => Math.max(s, 0) + Math.log1p(Math.exp(-Math.abs(s))) + LEAST_DEVIATION,
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

/** The losses that training knows by name. */
export const losses = {
  mse: meanLossOfElement(mse),
  mae: meanLossOfElement(mae),
  huber: meanLossOfElement(huber),
  binaryCrossEntropy: meanLossOfElement(binaryCrossEntropy),
  crossEntropy: crossEntropyLoss(),
}

export type LossName = keyof typeof losses
