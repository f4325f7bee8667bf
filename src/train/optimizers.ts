import { InputError } from '../base/errors.ts'
import { flush, leaf, sqrt, square } from '../expr/index.ts'
import type { PointwiseProgram } from '../kernels/index.ts'

/**
 * An optimiser: one pointwise program over all parameters at once. Inputs are `weight`, `gradient` and a matrix for each
 * slot; outputs are the new weight and slots. The scalar `clip` multiplies the gradient.
 */
export interface Optimizer {
  readonly name: string
  readonly options: Readonly<Record<string, number>>
  /** What it remembers of each parameter, zero at first. */
  readonly slots: readonly string[]
  readonly program: PointwiseProgram
  /** The scalars of step n = 1, 2, … after `clip`. */
  scalars(step: number): number[]
}

const [weight, clip, rate] = [leaf('weight'), leaf('clip'), leaf('rate')]
const gradient = leaf('gradient').mul(clip)

function expectRate(name: string, value: number): void {
  if (!(value > 0 && Number.isFinite(value)))
    throw new InputError(`${name}: expected a learning rate above 0, got ${value}`)
}

/** Stochastic gradient descent: w ← w - rate·g. */
export function sgd(learningRate: number): Optimizer {
  expectRate('sgd', learningRate)
  return {
    name: 'sgd',
    options: { rate: learningRate },
    slots: [],
    program: {
      inputs: ['weight', 'gradient'],
      scalars: ['clip', 'rate'],
      outputs: [{ expr: weight.sub(rate.mul(gradient)) }],
    },
    scalars: () => [learningRate],
  }
}

/** The smallest normal float: where gradients cease, means of them stop there instead of creeping on. */
const SMALLEST = 2 ** -126

export interface AdamOptions {
  /** Decay of the mean of gradients; 0.9. */
  readonly beta1?: number
  /** Decay of the mean of squared gradients; 0.999. */
  readonly beta2?: number
  /** Keeps the division from zero; 1e-8. */
  readonly epsilon?: number
}

/**
 * Adam (Kingma & Ba 2015), as PyTorch computes it: m ← β₁m + (1-β₁)g, v ← β₂v + (1-β₂)g²,
 * w ← w - rate/(1-β₁ⁿ) · m / (√v/√(1-β₂ⁿ) + ε).
 * @throws InputError when the rate, a decay or epsilon is out of its range
 */
export function adam(learningRate = 1e-3, { beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8 }: AdamOptions = {}): Optimizer {
  expectRate('adam', learningRate)
  for (const [name, decay] of Object.entries({ beta1, beta2 }))
    if (!(decay >= 0 && decay < 1))
      throw new InputError(`adam: ${name}: expected a decay of at least 0 and below 1, got ${decay}`)
  if (!(epsilon > 0 && Number.isFinite(epsilon)))
    throw new InputError(`adam: epsilon: expected a number above 0, got ${epsilon}`)
  const correction = leaf('correction')
  const m = leaf('m')
    .mul(beta1)
    .add(gradient.mul(1 - beta1))
  const v = leaf('v')
    .mul(beta2)
    .add(square(gradient).mul(1 - beta2))
  const step = rate.mul(m).div(sqrt(v).mul(correction).add(epsilon))
  return {
    name: 'adam',
    options: { rate: learningRate, beta1, beta2, epsilon },
    slots: ['m', 'v'],
    program: {
      inputs: ['weight', 'gradient', 'm', 'v'],
      scalars: ['clip', 'rate', 'correction'],
      outputs: [{ expr: weight.sub(step) }, ...[m, v].map((slot) => ({ expr: flush(slot, SMALLEST) }))],
    },
    scalars: (n) => [learningRate / (1 - beta1 ** n), 1 / Math.sqrt(1 - beta2 ** n)],
  }
}
