import { losses } from '../../autograd/index.ts'
import type { WindowedData } from '../../data/index.ts'
import { dense, flatten, sequential } from '../../layers/index.ts'
import { fit, type TrainingHooks } from '../../train/index.ts'
import { trainingOptions } from '../training.ts'
import type { Baseline, BaselineOptions } from './baseline.ts'
import { flatWindows } from './flat-windows.ts'

/** A multilayer perceptron on the same windows, trained and chosen as the model is. */
export async function windowMlp(
  data: WindowedData,
  options: BaselineOptions,
  hooks: TrainingHooks = {},
): Promise<Baseline> {
  const [train, validation] = [flatWindows(data.train, data), flatWindows(data.validation, data)]
  const [steps, inputs] = train.inputShape as [number, number]
  const layers = [flatten(), dense(32, { activation: 'relu' }), dense(data.spec.horizon)]
  const model = sequential(layers).init({ inputs, steps, seed: options.seed })
  const loss = losses[options.head === 'point' ? options.loss : 'mse']
  const training = { ...trainingOptions(options, train.count), loss, ...hooks }
  for await (const _ of fit(model, { train, validation }, training));
  return { name: 'window MLP', predict: (set, of) => model.predict(flatWindows(set, of)).data }
}
