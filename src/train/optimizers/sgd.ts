import { InputError } from '../../base/errors.ts'
import { type Expr, leaf } from '../../expr/index.ts'
import { expectNotNegative } from '../ranges.ts'
import type { Rate } from '../schedules.ts'
import { decayed, expectRate, type Optimizer, programOf, rate, weight, zeros } from './optimizer.ts'

export interface SgdOptions {
  /** How much of the last step's direction is kept; 0. */
  readonly momentum?: number
  /** How much of the gradient is left out of the direction; 0. */
  readonly dampening?: number
  /** Whether the gradient is added once more, ahead of the direction (Sutskever et al. 2013); false. */
  readonly nesterov?: boolean
  /** λ of λ·w added to the gradient; 0. */
  readonly weightDecay?: number
}

/**
 * Stochastic gradient descent, as PyTorch computes it: w ← w - rate·g; with momentum b ← μ·b + (1-dampening)·g, in the first
 * step b = g, and w ← w - rate·b, or rate·(g + μ·b) with `nesterov`.
 * @throws InputError when the rate or an option is out of its range
 */
export function sgd(
  learningRate: Rate = 1e-3,
  { momentum = 0, dampening = 0, nesterov = false, weightDecay = 0 }: SgdOptions = {},
): Optimizer {
  expectRate('sgd', learningRate, weightDecay)
  expectNotNegative('sgd', { momentum, dampening })
  if (nesterov && (momentum === 0 || dampening !== 0))
    throw new InputError(
      `sgd: nesterov takes a momentum above 0 and no dampening, got momentum ${momentum} and dampening ${dampening}`,
    )
  const direction = leaf('momentum')
    .mul(momentum)
    .add(decayed.mul(leaf('share')))
  const slots: Record<string, Expr> = momentum > 0 ? { momentum: direction } : {}
  const step = momentum === 0 ? decayed : nesterov ? decayed.add(direction.mul(momentum)) : direction
  return {
    name: 'sgd',
    rate: learningRate,
    options: { momentum, dampening, nesterov, weightDecay },
    slots: zeros(slots),
    program: programOf(weight.sub(rate.mul(step)), slots, ['rate', 'decay', 'share']),
    scalars: (n, rate, decay) => [rate, decay, n === 1 ? 1 : 1 - dampening],
  }
}
