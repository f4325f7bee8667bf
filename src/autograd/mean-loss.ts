import { InputError } from '../base/errors.ts'
import type { Random } from '../base/random.ts'
import { showShape } from '../base/shape.ts'
import { abs, differentiate, type Expr, leaf, max, min, square } from '../expr/index.ts'
import type { PointwiseProgram } from '../kernels/index.ts'
import { defineOp } from './op.ts'

/** A loss that is the mean over all elements of an expression of prediction and target. */
export interface MeanLoss {
  readonly sum: PointwiseProgram
  readonly backward: PointwiseProgram
}

const [prediction, target] = [leaf('prediction'), leaf('target')]

/** Compiles the loss of one element, an expression of the leaves it is given. */
export function meanLossOf(element: (prediction: Expr, target: Expr) => Expr): MeanLoss {
  const expr = element(prediction, target)
  const scale = leaf('scale')
  const [partial] = differentiate([{ of: expr, adjoint: scale }], [prediction])
  const inputs = ['prediction', 'target']
  return {
    sum: { inputs, outputs: [], sum: expr },
    backward: { inputs, scalars: ['scale'], outputs: [{ expr: partial!, accumulate: true }] },
  }
}

const error = prediction.sub(target)
/** Within δ = 1 half the square, beyond it δ·(|e| - δ/2) (Huber 1964), written without a branch: q²/2 + |e| - q. */
const inner = min(max(error, -1), 1)

export const losses = {
  mse: meanLossOf(() => square(error)),
  mae: meanLossOf(() => abs(error)),
  huber: meanLossOf(() => square(inner).mul(0.5).add(abs(error)).sub(abs(inner))),
}

export type LossName = keyof typeof losses

/** The mean loss of predictions against targets of the same shape; a variable of one number. */
export const meanLoss = defineOp<MeanLoss>({
  name: 'mean loss',
  run(tape, [prediction, target], { sum, backward }) {
    const [p, t] = [prediction!, target!]
    if (p.size !== t.size)
      throw new InputError(`loss: the model gives ${showShape(p.shape)}, the targets are ${showShape(t.shape)}`)
    const { kernels } = tape
    const rows = (at: number) => ({ at, rowStride: p.size })
    const at = kernels.memory.take(1)
    const total = kernels.pointwise(sum)(1, p.size, [rows(p.at), rows(t.at)])
    kernels.memory.view(at, 1)[0] = total / p.size
    return tape.result(at, [], [p], (gradient) => {
      const scale = kernels.memory.view(gradient, 1)[0]! / p.size
      kernels.pointwise(backward)(1, p.size, [rows(p.at), rows(t.at), rows(tape.gradient(p))], [scale])
    })
  },
  samples: Object.values(losses).flatMap((options) =>
    [[1], [3, 5], [17, 3]].map((shape) => ({
      shapes: [shape, shape],
      options,
      draw: (random: Random) => random.between(-3, 3),
    })),
  ),
})
