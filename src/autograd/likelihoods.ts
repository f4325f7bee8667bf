import { HALF_LOG_TAU } from '../base/gamma.ts'
import { logSoftmax } from '../base/logarithms.ts'
import { add, constant, type Expr, exp, log, logGammaRatio, max, neg, softplus, square } from '../expr/index.ts'
import { type ElementLoss, elementLossOf } from './element-loss.ts'

/** What a parameter of a distribution is measured in: a value of the targets, a distance between two, or neither. */
export type Measure = 'value' | 'distance' | 'none'

/** A distribution of each target by some numbers of the model; the loss is -log of its density. */
export interface Likelihood {
  readonly element: ElementLoss
  /** What each parameter is measured in. */
  readonly measures: readonly Measure[]
  /** The parameters by the model's numbers for one target. */
  parameters(numbers: readonly number[]): number[]
}

/** The least standard deviation that comes of `softplus`: its square is the least variance of PyTorch's GaussianNLLLoss. */
const LEAST_DEVIATION = 1e-3
/** log(1 + e^x) of a number. */
const softplusOf = (x: number): number => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)))
const deviationOf = (raw: number) => softplusOf(raw) + LEAST_DEVIATION
const deviation = (raw: Expr) => softplus(raw).add(LEAST_DEVIATION)

/** How many degrees of freedom there are at least: above two a variance exists. */
const LEAST_FREEDOM = 2
/** The least dispersion: counts with less are as good as Poisson's. */
const LEAST_DISPERSION = 1e-6

/** How a model's second number of each target tells its standard deviation. */
export type GaussianScale = keyof typeof gaussians

/** -log of a normal distribution's density without its constant: (log σ² + (y - μ)²/σ²)/2. */
const gaussians = {
  logVariance: {
    element: (mean: Expr, logVariance: Expr, target: Expr) =>
      square(target.sub(mean))
        .mul(exp(neg(logVariance)))
        .add(logVariance)
        .mul(0.5),
    deviationOf: (logVariance: number) => Math.exp(logVariance / 2),
  },
  softplus: {
    element: (mean: Expr, raw: Expr, target: Expr) => {
      const sigma = deviation(raw)
      return square(target.sub(mean).div(sigma)).mul(0.5).add(log(sigma))
    },
    deviationOf,
  },
}
export const gaussianScales = Object.keys(gaussians)

/** μ and what tells σ; `full`: with the constant log(2π)/2. */
export function gaussian(scale: GaussianScale, full = false): Likelihood {
  const { element, deviationOf } = gaussians[scale]
  return {
    element: elementLossOf(2, ([mean, raw], target) => element(mean!, raw!, target).add(full ? HALF_LOG_TAU : 0)),
    measures: ['value', 'distance'],
    parameters: ([mean, raw]) => [mean!, deviationOf(raw!)],
  }
}

/** μ, σ = log(1 + e^s) + 0.001 and ν = 2 + log(1 + e^n): as a normal distribution's, and what heavier tails add. */
export const studentT = (): Likelihood => ({
  element: elementLossOf(3, ([mean, raw, rawFreedom], target) => {
    const sigma = deviation(raw!)
    const freedom = softplus(rawFreedom!).add(LEAST_FREEDOM)
    const error = square(target.sub(mean!).div(sigma)).div(freedom)
    return freedom
      .add(1)
      .mul(0.5)
      .mul(log(error.add(1)))
      .add(log(sigma))
      .add(HALF_LOG_TAU)
      .sub(logGammaRatio(freedom.mul(0.5), 0.5))
  }),
  measures: ['value', 'distance', 'none'],
  parameters: ([mean, raw, freedom]) => [mean!, deviationOf(raw!), softplusOf(freedom!) + LEAST_FREEDOM],
})

/** log μ and α = log(1 + e^a) + 10⁻⁶: with r = 1/α the density is Γ(y+r)/(Γ(r)·y!)·(αμ)^y / (1+αμ)^(y+r). */
export const negativeBinomial = (): Likelihood => ({
  element: elementLossOf(
    2,
    ([logMean, raw], count) => {
      const alpha = softplus(raw!).add(LEAST_DISPERSION)
      const r = constant(1).div(alpha)
      return r
        .add(count)
        .mul(softplus(log(alpha).add(logMean!)))
        .sub(logMean!.mul(count))
        .sub(logGammaRatio(r, count))
        .add(logGammaRatio(constant(1), count))
    },
    [0, Number.MAX_VALUE],
  ),
  measures: ['value', 'none'],
  parameters: ([logMean, raw]) => [Math.exp(logMean!), softplusOf(raw!) + LEAST_DISPERSION],
})

/** What a mixture is of. */
export type MixtureKind = 'gaussian' | 'logNormal'

/** K logits of the weights, K means and K numbers that tell deviations, of the targets or of their logarithms. */
export function mixture(components: number, of: MixtureKind): Likelihood {
  const isLog = of === 'logNormal'
  const third = <T>(list: readonly T[], i: number) => list.slice(i * components, (i + 1) * components)
  const measures: readonly Measure[] = isLog ? ['none', 'value', 'none'] : ['none', 'value', 'distance']
  return {
    element: elementLossOf(
      3 * components,
      (predictions, target) => {
        const [logits, means, raws] = [0, 1, 2].map((i) => third(predictions, i))
        const value = isLog ? log(target) : target
        const joint = logits!.map((logit, k) => {
          const sigma = deviation(raws![k]!)
          const error = value.sub(means![k]!).div(sigma)
          return logit.sub(square(error).mul(0.5)).sub(log(sigma))
        })
        const loss = logSumExp(logits!).sub(logSumExp(joint)).add(HALF_LOG_TAU)
        return isLog ? loss.add(value) : loss
      },
      isLog ? [Number.MIN_VALUE, Number.MAX_VALUE] : undefined,
    ),
    measures: measures.flatMap((measure) => Array<Measure>(components).fill(measure)),
    parameters: (numbers) => [
      ...logSoftmax(third(numbers, 0), components).map(Math.exp),
      ...third(numbers, 1).map(isLog ? Math.exp : (mean) => mean),
      ...third(numbers, 2).map(deviationOf),
    ],
  }
}

/** log Σ e^x, the largest taken out first so that nothing overflows. */
function logSumExp(terms: readonly Expr[]): Expr {
  const most = terms.reduce((a, b) => max(a, b))
  return most.add(log(terms.map((term) => exp(term.sub(most))).reduce((a, b) => add(a, b))))
}
