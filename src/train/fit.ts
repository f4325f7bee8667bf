import type { Samples } from '../base/samples.ts'
import type { Model } from '../layers/index.ts'
import type { Epoch, FitOptions } from './fit-options.ts'
import { Run } from './run.ts'

/**
 * Trains a model, an epoch at a time: `for await (const epoch of fit(…))`. A `break` or the signal stops it cleanly: the model
 * has the weights of the last step, or their average (`ema`), or the best (`keepBest`, `earlyStopping`). Between batches the
 * page or process gets its turn.
 *
 * @param data samples to train on, and others that the validation loss is computed on
 * @throws InputError when the data does not fit the model, an option is out of its range, a step would not fit in the
 * memory; a `DivergenceError`, which says where, when the loss or the gradient stops being a number
 */
export async function* fit(
  model: Model,
  data: { readonly train: Samples; readonly validation?: Samples },
  options: FitOptions,
): AsyncGenerator<Epoch, void, undefined> {
  yield* new Run(model, data, options).epochs()
}
