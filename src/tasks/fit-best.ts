import type { WindowedData } from '../data/index.ts'
import type { Model } from '../layers/index.ts'
import { type Epoch, type FitOptions, fit, type Step } from '../train/index.ts'

/** The epoch whose weights a model was left with. */
export interface BestEpoch {
  readonly epoch: number
  /** Loss on the validation part, or on the train part where there is no validation. */
  readonly loss: number
}

/** Who wants to watch a training. */
export interface TrainingHooks {
  readonly onEpoch?: (epoch: Epoch) => void | Promise<void>
  readonly onStep?: (step: Step) => void
}

/**
 * Trains, and leaves the model with the weights of the epoch that did best on the validation part; the test part is
 * never looked at.
 */
export async function fitBest(
  model: Model,
  data: WindowedData,
  options: FitOptions,
  { onEpoch, onStep }: TrainingHooks = {},
): Promise<BestEpoch> {
  let best: BestEpoch = { epoch: 0, loss: Number.POSITIVE_INFINITY }
  let weights = model.parameters.read()
  for await (const epoch of fit(model, data, { ...options, ...(onStep ? { onStep } : {}) })) {
    await onEpoch?.(epoch)
    const loss = data.validation.count > 0 ? epoch.validation.loss : epoch.loss
    if (!(loss < best.loss)) continue
    best = { epoch: epoch.epoch, loss }
    weights = model.parameters.read()
  }
  model.parameters.write(weights)
  return best
}
