import { InputError } from '../base/errors.ts'
import type { Random } from '../base/random.ts'
import { fits, type Shape, showShape } from '../base/shape.ts'
import { abs, differentiate, type Expr, leaf, max, min, square } from '../expr/index.ts'
import type { Address, PointwiseProgram } from '../kernels/index.ts'
import { type Loss, rowsOf, stretchesOf, withinLengths } from './loss.ts'
import { defineOp } from './op.ts'
import type { Variable } from './tape.ts'

/** A loss that is the mean over all elements of an expression of prediction and target. */
export interface MeanLoss extends Loss {
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
  const programs = {
    sum: { inputs, outputs: [], sum: expr },
    backward: { inputs, scalars: ['scale'], outputs: [{ expr: partial!, accumulate: true }] },
  }
  return {
    ...programs,
    expectFits: expectEqual,
    targetShape: (output) => output,
    run: (tape, prediction, target, lengths) => meanLoss.run(tape, [prediction, target], { ...programs, lengths }),
    count: (_, prediction, __, lengths) => counted(prediction, lengths).count,
  }
}

const error = prediction.sub(target)
/** Within δ = 1 half the square, beyond it δ·(|e| - δ/2) (Huber 1964), written without a branch: q²/2 + |e| - q. */
const inner = min(max(error, -1), 1)

export const meanLosses = {
  mse: meanLossOf(() => square(error)),
  mae: meanLossOf(() => abs(error)),
  huber: meanLossOf(() => square(inner).mul(0.5).add(abs(error)).sub(abs(inner))),
}

function expectEqual(output: Shape, target: Shape): void {
  if (!fits(output, target))
    throw new InputError(
      `the model gives ${showShape(output)}, the data's targets are ${showShape(target)}; ` +
        'end it with a layer of that size, such as dense(horizon)',
    )
}

/** What of a prediction counts: of `[B, T, F]` the steps within each sequence's length, of any other shape all. */
function counted({ shape, size }: Variable, lengths: ArrayLike<number> | undefined) {
  if (lengths === undefined || shape.length !== 3)
    return { stretches: [{ from: 0, rows: 1 }], columns: size, count: size }
  const [batch, steps, columns] = shape as [number, number, number]
  const stretches = stretchesOf(batch * steps, withinLengths(steps, lengths))
  return { stretches, columns, count: rowsOf(stretches) * columns }
}

export interface MeanLossOptions extends Pick<MeanLoss, 'sum' | 'backward'> {
  /** Steps of each sequence: of predictions `[B, T, F]` those behind don't count. */
  readonly lengths?: ArrayLike<number> | undefined
}

/** The mean loss of predictions against targets of the same shape; a variable of one number. */
export const meanLoss = defineOp<MeanLossOptions>({
  name: 'mean loss',
  data: [1],
  run(tape, [prediction, target], { sum, backward, lengths }) {
    const [p, t] = [prediction!, target!]
    if (p.size !== t.size)
      throw new InputError(`loss: the model gives ${showShape(p.shape)}, the targets are ${showShape(t.shape)}`)
    const { kernels } = tape
    const { stretches, columns, count } = counted(p, lengths)
    /** Runs a program over each stretch as one long row; returns what the sums come to. */
    const each = (program: PointwiseProgram, places: readonly Address[], scalars?: readonly number[]) =>
      stretches.reduce((total, { from, rows }) => {
        const rowStride = rows * columns
        const matrices = places.map((at) => ({ at: at + from * columns, rowStride }))
        return total + kernels.pointwise(program)(1, rowStride, matrices, scalars)
      }, 0)
    const at = kernels.memory.take(1)
    const total = each(sum, [p.at, t.at])
    kernels.memory.view(at, 1)[0] = count === 0 ? 0 : total / count
    return tape.result(at, [], [p], (gradient) => {
      const scale = kernels.memory.view(gradient, 1)[0]! / count
      each(backward, [p.at, t.at, tape.gradient(p)], [scale])
    })
  },
  samples: Object.values(meanLosses).flatMap((options) =>
    [[1], [3, 5], [17, 3], [3, 4, 2]].map((shape) => ({
      shapes: [shape, shape],
      options: shape.length === 3 ? { ...options, lengths: [2, 0, 4] } : options,
      draw: (random: Random) => random.between(-3, 3),
    })),
  ),
})
