import { crossEntropyLoss, type Loss, type LossName } from '../autograd/index.ts'
import { InputError } from '../base/errors.ts'
import type { Samples } from '../base/samples.ts'
import { expectWhole } from '../base/shape.ts'
import type { Model } from '../layers/index.ts'
import type { FitOptions } from './fit-options.ts'
import { adam } from './optimizers/index.ts'
import { expectNotNegative, expectPositive, expectShares } from './ranges.ts'
import { lossOf } from './trainer.ts'

/** The options of `fit` with what is taken where nothing is said. @throws InputError when one is out of its range */
export function checkedOptions(
  model: Model,
  { train, validation }: { readonly train: Samples; readonly validation?: Samples },
  given: FitOptions,
) {
  const options = {
    ...given,
    batch: given.batch ?? 32,
    accumulate: given.accumulate ?? 1,
    optimizer: given.optimizer ?? adam(),
    shuffle: given.shuffle ?? true,
    seed: given.seed ?? 0,
    keepBest: given.keepBest ?? given.earlyStopping !== undefined,
    patience: given.earlyStopping?.patience ?? Number.POSITIVE_INFINITY,
    minDelta: given.earlyStopping?.minDelta ?? 0,
    /** What is validated on, if anything. */
    validation: validation && validation.count > 0 ? validation : undefined,
  }
  const { epochs, batch, accumulate, clipNorm, clipValue, ema, window, validateEvery, sampleWeights } = options
  for (const [name, value] of Object.entries({ epochs, batch, accumulate })) expectWhole(`fit: ${name}`, value)
  if (clipNorm !== undefined) expectPositive('fit', { clipNorm }, 'a norm')
  if (clipValue !== undefined) expectPositive('fit', { clipValue })
  if (ema !== undefined) expectShares('fit', { ema })
  if (given.earlyStopping) {
    expectWhole('fit: earlyStopping: patience', options.patience)
    expectNotNegative('fit: earlyStopping', { minDelta: options.minDelta })
    if (given.keepBest === false) throw new InputError('fit: earlyStopping keeps the best: leave keepBest: false out')
  }
  if (train.count === 0) throw new InputError('fit: there are no samples to train on')
  if (sampleWeights) expectWeights(sampleWeights, train.count)
  const loss = weighted(options.loss ?? 'mse', given.classWeights)
  model.expectFits(train, loss)
  if (window !== undefined) expectWindow(model, window)
  if (validateEvery !== undefined) {
    expectWhole('fit: validateEvery', validateEvery)
    if (!options.validation)
      throw new InputError('fit: validateEvery: expected samples to validate on, as { train, validation }, got none')
  }
  return { ...options, loss }
}

export type CheckedOptions = ReturnType<typeof checkedOptions>

/** The loss with weights for its classes. */
function weighted(loss: LossName | Loss, weights: readonly number[] | undefined): Loss {
  if (weights === undefined) return lossOf(loss)
  if (loss === 'crossEntropy') return crossEntropyLoss({ weights })
  throw new InputError(
    `fit: classWeights go with the loss 'crossEntropy', got ${typeof loss === 'string' ? `'${loss}'` : 'a made one'}` +
      '; a made one takes them itself, as crossEntropyLoss({ weights })',
  )
}

function expectWeights(weights: ArrayLike<number>, count: number): void {
  if (weights.length !== count)
    throw new InputError(
      `fit: sampleWeights: expected one for each of the ${count} training samples, got ${weights.length}`,
    )
  const wrong = Array.from(weights).findIndex((weight) => !(weight >= 0 && Number.isFinite(weight)))
  if (wrong >= 0)
    throw new InputError(
      `fit: sampleWeights: expected numbers of at least 0, got ${weights[wrong]} for sample ${wrong}`,
    )
}

function expectWindow(model: Model, window: number): void {
  expectWhole('fit: window', window)
  model.expectCarries('fit: window')
  if (model.inputShape[0] !== -1 || model.outputShape[0] !== -1)
    throw new InputError(
      'fit: window cuts sequences, so the model must be made for any number of steps (init without steps) ' +
        "and give an output at each (returns: 'all')",
    )
}
