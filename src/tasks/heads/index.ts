import { losses } from '../../autograd/index.ts'
import type { Distribution, Head, HeadOptions } from './head.ts'

export const pooled = (all: readonly Distribution[]): Distribution => all[0]!

export type { Distribution, Head, HeadOptions } from './head.ts'
export { startNear } from './start.ts'
export { empirical, inUnits } from './units.ts'

export function headOf({ loss }: HeadOptions): Head {
  return {
    name: 'point',
    outputs: 1,
    loss: losses[loss],
    scaling: 'any',
    distribution(outputs, at, shift, scale) {
      const value = shift + scale * outputs[at]!
      return {
        mean: value,
        quantile: () => value,
        sample: () => value,
        logDensity: () => Number.NaN,
        crps: (y) => Math.abs(y - value),
      }
    },
  }
}
