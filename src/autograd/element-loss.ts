import { abs, differentiate, type Expr, leaf, max, min, softplus, square } from '../expr/index.ts'
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
