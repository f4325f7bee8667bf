import { type Expr, leaf, max, sqrt, square } from '../../expr/index.ts'
import { expectNotNegative, expectPositive, expectShares } from '../ranges.ts'
import type { Rate } from '../schedules.ts'
import { decayed, expectRate, type Optimizer, programOf, rate, weight, zeros } from './optimizer.ts'

export interface RmspropOptions {
  /** Decay of the mean of squared gradients; 0.99. */
  readonly alpha?: number
  /** Keeps the division from zero; 1e-8. */
  readonly epsilon?: number
  /** λ of λ·w added to the gradient; 0. */
  readonly weightDecay?: number
  /** How much of the last step's direction is kept; 0. */
  readonly momentum?: number
  /** Whether gradients are divided by their deviation, not by their root mean square (Graves 2013); false. */
  readonly centered?: boolean
}

/**
 * RMSprop (Tieleman & Hinton 2012), as PyTorch computes it: v ← αv + (1-α)g², w ← w - rate·g/(√v + ε); `centered` takes the
 * square of the mean gradient from v, and with momentum b ← μ·b + g/(√v + ε), w ← w - rate·b.
 * @throws InputError when the rate or an option is out of its range
 */
export function rmsprop(
  learningRate: Rate = 1e-2,
  { alpha = 0.99, epsilon = 1e-8, weightDecay = 0, momentum = 0, centered = false }: RmspropOptions = {},
): Optimizer {
  expectRate('rmsprop', learningRate, weightDecay)
  expectShares('rmsprop', { alpha })
  expectPositive('rmsprop', { epsilon })
  expectNotNegative('rmsprop', { momentum })
  const mean = (slot: string, of: Expr) =>
    leaf(slot)
      .mul(alpha)
      .add(of.mul(1 - alpha))
  const [v, m] = [mean('v', square(decayed)), mean('m', decayed)]
  // Where a gradient hardly changes, rounding may leave less than nothing.
  const spread = centered ? max(v.sub(square(m)), 0) : v
  const step = decayed.div(sqrt(spread).add(epsilon))
  const direction = leaf('momentum').mul(momentum).add(step)
  const slots = { v, ...(centered ? { m } : {}), ...(momentum > 0 ? { momentum: direction } : {}) }
  return {
    name: 'rmsprop',
    rate: learningRate,
    options: { alpha, epsilon, weightDecay, momentum, centered },
    slots: zeros(slots),
    program: programOf(weight.sub(rate.mul(momentum > 0 ? direction : step)), slots, ['rate', 'decay']),
    scalars: (_, rate, decay) => [rate, decay],
  }
}
