import { abs, differentiate, type Expr, exp, leaf, log, max, min, neg, square } from '../expr/index.ts'
import type { PointwiseProgram } from '../kernels/index.ts'

/** A loss of one number of the targets, with the programs made from it. */
export interface ElementLoss {
  /** How many numbers a model gives for each of the targets. */
  readonly blocks: number
  readonly sum: PointwiseProgram
  readonly backward: PointwiseProgram
  /** The least and the most a target may be. */
  readonly range?: readonly [number, number] | undefined
}

/** Compiles the loss of one element: an expression of the model's numbers for it, and of the target. */
export function elementLossOf(
  blocks: number,
  element: (predictions: readonly Expr[], target: Expr) => Expr,
  range?: ElementLoss['range'],
): ElementLoss {
  const predictions = Array.from({ length: blocks }, (_, i) => leaf(`prediction ${i}`))
  const inputs = [...predictions.map(({ name }) => name), 'target']
  const expr = element(predictions, leaf('target'))
  const partials = differentiate([{ of: expr, adjoint: leaf('scale') }], predictions)
  return {
    blocks,
    range,
    sum: { inputs, outputs: [], sum: expr },
    backward: { inputs, scalars: ['scale'], outputs: partials.map((expr) => ({ expr, accumulate: true })) },
  }
}

/** Of one prediction and its target. */
const single = (element: (prediction: Expr, target: Expr) => Expr, range?: ElementLoss['range']) =>
  elementLossOf(1, ([prediction], target) => element(prediction!, target), range)

/** Huber (1964): within δ = 1 half the square, beyond it δ·(|e| - δ/2), written without a branch: q²/2 + |e| - q. */
function huber(error: Expr): Expr {
  const inner = min(max(error, -1), 1)
  return square(inner).mul(0.5).add(abs(error)).sub(abs(inner))
}

/** log(1 + e^x) = (x + |x|)/2 + log(1 + e^-|x|): nothing overflows, and at 0 the derivative is a half. */
const softplus = (x: Expr) =>
  x
    .add(abs(x))
    .mul(0.5)
    .add(log(exp(neg(abs(x))).add(1)))

/** The least standard deviation that comes of `softplus`: its square is the least variance of PyTorch's GaussianNLLLoss. */
export const LEAST_DEVIATION = 1e-3

/** -log of a normal distribution's density without its constant: (log σ² + (y - μ)²/σ²)/2. */
const gaussians = {
  logVariance: () =>
    elementLossOf(2, ([mean, logVariance], target) =>
      square(target.sub(mean!))
        .mul(exp(neg(logVariance!)))
        .add(logVariance!)
        .mul(0.5),
    ),
  softplus: () =>
    elementLossOf(2, ([mean, raw], target) => {
      const deviation = softplus(raw!).add(LEAST_DEVIATION)
      return square(target.sub(mean!).div(deviation)).mul(0.5).add(log(deviation))
    }),
}

/** How a model's second number of each target tells its standard deviation. */
export type GaussianScale = keyof typeof gaussians
export const gaussian = (scale: GaussianScale): ElementLoss => gaussians[scale]()

/** Koenker & Bassett (1978): too low an answer costs q for each unit, too high a one 1 - q; the mean over the quantiles. */
export const pinball = (quantiles: readonly number[]): ElementLoss =>
  elementLossOf(quantiles.length, (predictions, target) =>
    quantiles
      .map((quantile, i) => {
        const error = target.sub(predictions[i]!)
        return max(error.mul(quantile), error.mul(quantile - 1))
      })
      .reduce((sum, cost) => sum.add(cost))
      .mul(1 / quantiles.length),
  )

/** One number for each target, by the names that training knows. */
export const elementLosses = {
  mse: single((prediction, target) => square(prediction.sub(target))),
  mae: single((prediction, target) => abs(prediction.sub(target))),
  huber: single((prediction, target) => huber(prediction.sub(target))),
  /** -t·log σ(x) - (1 - t)·log(1 - σ(x)) = log(1 + e^x) - t·x, of logits and targets from 0 to 1. */
  binaryCrossEntropy: single((logit, target) => softplus(logit).sub(logit.mul(target)), [0, 1]),
}
