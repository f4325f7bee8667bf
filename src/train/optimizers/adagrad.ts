import { leaf, sqrt, square } from '../../expr/index.ts'
import { expectNotNegative, expectPositive } from '../ranges.ts'
import type { Rate } from '../schedules.ts'
import { decayed, expectRate, type Optimizer, programOf, rate, weight } from './optimizer.ts'

export interface AdagradOptions {
  /** The rate of step n is divided by 1 + (n-1)·lrDecay; 0. */
  readonly lrDecay?: number
  /** λ of λ·w added to the gradient; 0. */
  readonly weightDecay?: number
  /** What the sums of squares begin with; 0. */
  readonly initialAccumulatorValue?: number
  /** Keeps the division from zero; 1e-10. */
  readonly epsilon?: number
}

/**
 * Adagrad (Duchi et al. 2011), as PyTorch computes it: s ← s + g², w ← w - rate·g/(√s + ε).
 * @throws InputError when the rate or an option is out of its range
 */
export function adagrad(
  learningRate: Rate = 1e-2,
  { lrDecay = 0, weightDecay = 0, initialAccumulatorValue = 0, epsilon = 1e-10 }: AdagradOptions = {},
): Optimizer {
  expectRate('adagrad', learningRate, weightDecay)
  expectNotNegative('adagrad', { lrDecay, initialAccumulatorValue })
  expectPositive('adagrad', { epsilon })
  const sum = leaf('sum').add(square(decayed))
  return {
    name: 'adagrad',
    rate: learningRate,
    options: { lrDecay, weightDecay, initialAccumulatorValue, epsilon },
    slots: { sum: initialAccumulatorValue },
    program: programOf(weight.sub(rate.mul(decayed).div(sqrt(sum).add(epsilon))), { sum }, ['rate', 'decay']),
    scalars: (n, rate, decay) => [rate / (1 + (n - 1) * lrDecay), decay],
  }
}
