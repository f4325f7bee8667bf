import type { Samples } from '../../base/samples.ts'
import type { Model } from '../../layers/index.ts'
import type { Head } from './head.ts'

/** Training targets looked at. */
const MOST = 2000

/** Sets the last biases of a model so that, before training, it says of every target what there is to say of all of them. */
export function startNear(model: Model, head: Head, train: Samples): void {
  if (!head.bias) return
  const each = train.targetShape.reduce((product, size) => product * size, 1)
  const stride = Math.max(1, Math.ceil((train.count * each) / MOST))
  const rows = Int32Array.from({ length: Math.ceil(train.count / stride) }, (_, i) => i * stride)
  const targets = new Float64Array(rows.length * each)
  train.fillTargets(rows, targets)
  const bias = head.bias(targets)
  const tensors = model.parameters.read()
  const last = [...tensors.keys()].findLast((name) => name.endsWith('bias'))
  const { data } = tensors.get(last!)!
  for (let i = 0; i < data.length; i++) data[i] = bias[i % head.outputs]!
  model.parameters.write(tensors)
}
