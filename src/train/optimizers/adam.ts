import { leaf, max, sqrt, square } from '../../expr/index.ts'
import { expectPositive, expectShares } from '../ranges.ts'
import type { Rate } from '../schedules.ts'
import { decay, decayed, expectRate, gradient, type Optimizer, programOf, rate, weight, zeros } from './optimizer.ts'

export interface AdamOptions {
  /** Decay of the mean of gradients; 0.9. */
  readonly beta1?: number
  /** Decay of the mean of squared gradients; 0.999. */
  readonly beta2?: number
  /** Keeps the division from zero; 1e-8. */
  readonly epsilon?: number
  /** λ of weight decay: 0 in `adam`, where λ·w is added to the gradient; 0.01 in `adamW`. */
  readonly weightDecay?: number
  /** Whether v never falls again (Reddi et al. 2018); false. */
  readonly amsgrad?: boolean
}

/**
 * Adam (Kingma & Ba 2015), as PyTorch computes it: m ← β₁m + (1-β₁)g, v ← β₂v + (1-β₂)g²,
 * w ← w - rate/(1-β₁ⁿ) · m / (√v/√(1-β₂ⁿ) + ε).
 * @throws InputError when the rate, a decay or epsilon is out of its range
 */
export const adam = (learningRate: Rate = 1e-3, options: AdamOptions = {}): Optimizer =>
  moments('adam', learningRate, { weightDecay: 0, ...options })

/**
 * Adam with decoupled weight decay (Loshchilov & Hutter 2019): ahead of Adam's step w ← w·(1 - rate·λ), and the decay is no part
 * of the gradient.
 * @throws InputError when the rate, a decay or epsilon is out of its range
 */
export const adamW = (learningRate: Rate = 1e-3, options: AdamOptions = {}): Optimizer =>
  moments('adamW', learningRate, { weightDecay: 0.01, ...options })

function moments(
  name: 'adam' | 'adamW',
  learningRate: Rate,
  {
    beta1 = 0.9,
    beta2 = 0.999,
    epsilon = 1e-8,
    amsgrad = false,
    weightDecay,
  }: AdamOptions & { readonly weightDecay: number },
): Optimizer {
  expectRate(name, learningRate, weightDecay)
  expectShares(name, { beta1, beta2 })
  expectPositive(name, { epsilon })
  const decoupled = name === 'adamW'
  const g = decoupled ? gradient : decayed
  const m = leaf('m')
    .mul(beta1)
    .add(g.mul(1 - beta1))
  const v = leaf('v')
    .mul(beta2)
    .add(square(g).mul(1 - beta2))
  const most = max(leaf('most'), v)
  const slots = { m, v, ...(amsgrad ? { most } : {}) }
  const step = rate.mul(m).div(
    sqrt(amsgrad ? most : v)
      .mul(leaf('correction'))
      .add(epsilon),
  )
  const kept = decoupled ? weight.mul(decay) : weight
  return {
    name,
    rate: learningRate,
    options: { beta1, beta2, epsilon, amsgrad, weightDecay },
    slots: zeros(slots),
    program: programOf(kept.sub(step), slots, ['rate', 'decay', 'correction']),
    scalars: (n, rate, decay) => [
      rate / (1 - beta1 ** n),
      decoupled ? 1 - rate * decay : decay,
      1 / Math.sqrt(1 - beta2 ** n),
    ],
  }
}
