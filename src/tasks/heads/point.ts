import { losses } from '../../autograd/index.ts'
import { meanOf, quantileOf } from '../../base/statistics.ts'
import type { Distribution } from './distribution.ts'
import type { Head } from './head.ts'

export type PointLoss = 'mse' | 'mae' | 'huber'

/** All probability on one value. */
export const pointAt = (value: number): Distribution => ({
  mean: value,
  quantile: () => value,
  sample: () => value,
  logDensity: (y) => (y === value ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY),
  crps: (y) => Math.abs(y - value),
})

/** One number a target. */
export const point = (loss: PointLoss = 'mse'): Head => ({
  name: 'point',
  outputs: 1,
  loss: losses[loss],
  scaling: 'any',
  bias: (targets) => [loss === 'mse' ? meanOf(targets) : quantileOf(targets.slice().sort(), 0.5)],
  distribution: (outputs, at, shift, scale) => pointAt(shift + scale * outputs[at]!),
})
