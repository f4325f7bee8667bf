import { InputError } from '../base/errors.ts'
import type { Random } from '../base/random.ts'
import { fits, placeOf, type Shape, showShape } from '../base/shape.ts'
import { leaf, log } from '../expr/index.ts'
import type { PointwiseProgram } from '../kernels/index.ts'
import { type Loss, rowsOf, stretchesOf, withinLengths } from './loss.ts'
import { defineOp } from './op.ts'
import { maxima, shifted } from './softmax.ts'
import type { Tape, Variable } from './tape.ts'

const [max, sum, picked, share] = [leaf('max'), leaf('sum'), leaf('picked'), leaf('share')]

const sums: PointwiseProgram = {
  inputs: ['x'],
  perRow: ['max'],
  outputs: [],
  reductions: [{ expr: shifted, by: 'sum' }],
}
/** -log softmax of the class that was right. */
const surprises: PointwiseProgram = {
  inputs: ['max', 'sum', 'picked'],
  outputs: [],
  sum: log(sum).add(max.sub(picked)),
}
const shares: PointwiseProgram = { inputs: ['sum'], scalars: ['scale'], outputs: [{ expr: leaf('scale').div(sum) }] }
const spread: PointwiseProgram = {
  inputs: ['x'],
  perRow: ['max', 'share'],
  outputs: [{ expr: shifted.mul(share), accumulate: true }],
}

export interface CrossEntropyOptions {
  /** Steps of each sequence: of logits `[B, T, C]` those behind don't count. */
  readonly lengths?: ArrayLike<number> | undefined
}

/**
 * Softmax cross-entropy, -log softmax(logits)[class]: logits `[…, C]` against class indices `[…]` from 0; the mean over those
 * that count, a variable of one number. An index of -1 is padding: it counts neither in the mean nor in the gradient.
 * @throws InputError when a class is no whole number from -1 to C - 1
 */
export const crossEntropy = defineOp<CrossEntropyOptions>({
  name: 'cross entropy',
  data: [1],
  run(tape, [logits, target], { lengths }) {
    const { kernels } = tape
    const { memory } = kernels
    const classes = logits!.shape.at(-1)!
    const { places, stretches } = countedClasses(tape, logits!, target!, lengths)
    const count = places.length
    const index = memory.takeIndex(places)
    const [max, sum, picked] = [memory.take(count), memory.take(count), memory.take(count)]
    /** Runs a program over the rows that count, beside columns of one number for each of them. */
    const each = (program: PointwiseProgram, x: number, columns: readonly number[], to?: number) => {
      let row = 0
      for (const { from, rows } of stretches) {
        const wide = (at: number) => ({ at: at + from * classes, rowStride: classes })
        const narrow = columns.map((at) => ({ at: at + row, rowStride: 1 }))
        kernels.pointwise(program)(rows, classes, [wide(x), ...narrow, ...(to === undefined ? [] : [wide(to)])])
        row += rows
      }
    }
    const row = (at: number) => ({ at, rowStride: count })
    each(maxima, logits!.at, [max])
    each(sums, logits!.at, [max, sum])
    // Of the numbers one by one, as rows of a single column, those that stand at the right classes.
    kernels.gatherRows(picked, logits!.at, index, count, 1)
    const total = kernels.pointwise(surprises)(1, count, [row(max), row(sum), row(picked)])
    const at = memory.take(1)
    memory.view(at, 1)[0] = count === 0 ? 0 : total / count

    return tape.result(at, [], [logits!], (gradient) => {
      const scale = memory.view(gradient, 1)[0]! / count
      const [share, right, into] = [memory.take(count), memory.take(count), tape.gradient(logits!)]
      kernels.pointwise(shares)(1, count, [row(sum), row(share)], [scale])
      each(spread, logits!.at, [max, share], into)
      memory.view(right, count).fill(-scale)
      kernels.scatterAddRows(into, right, index, count, 1)
    })
  },
  samples: [
    { shapes: [[1, 1], [1]], options: {} },
    { shapes: [[3], []], options: {} },
    { shapes: [[9, 5], [9]], options: {} },
    {
      shapes: [
        [2, 3, 17],
        [2, 3],
      ],
      options: {},
    },
    {
      shapes: [
        [3, 4, 6],
        [3, 4],
      ],
      options: { lengths: [2, 0, 4] },
    },
  ].map((sample) => ({
    ...sample,
    draw: (random: Random, i: number) =>
      i === 0 ? random.between(-3, 3) : random.below(sample.shapes[0]!.at(-1)! + 1) - 1,
  })),
})

/** Softmax cross-entropy as training uses it: outputs `[…, C]` against class indices `[…]`. */
export const crossEntropyLoss: Loss = {
  expectFits(output: Shape, target: Shape) {
    const wanted = output.slice(0, -1)
    if (!fits(wanted, target))
      throw new InputError(
        `crossEntropy: a model that gives ${showShape(output)} takes class indices of ${showShape(wanted)}, ` +
          `the data's targets are ${showShape(target)}`,
      )
  },
  targetShape: (output) => output.slice(0, -1),
  run: (tape, prediction, target, lengths) => crossEntropy.run(tape, [prediction, target], { lengths }),
  count: (tape, prediction, target, lengths) => countedClasses(tape, prediction, target, lengths).places.length,
}

/** The rows of logits that count, and where in all of them the number of the right class stands. */
function countedClasses(
  { kernels }: Tape,
  { shape, size }: Variable,
  target: Variable,
  lengths: ArrayLike<number> | undefined,
) {
  const classes = shape.at(-1)!
  if (target.size * classes !== size)
    throw new InputError(
      `crossEntropy: logits of ${showShape(shape)} take class indices of ${showShape(shape.slice(0, -1))}, ` +
        `got ${showShape(target.shape)}`,
    )
  const indices = kernels.memory.copy(target.at, target.size)
  const within = withinLengths(shape[1]!, shape.length === 3 ? lengths : undefined)
  const stretches = stretchesOf(target.size, (row) => {
    const index = indices[row]!
    if (!within(row)) return false
    if (Number.isInteger(index) && index >= -1 && index < classes) return index >= 0
    throw new InputError(
      `crossEntropy: expected a class from 0 to ${classes - 1}, or -1 for padding, ` +
        `got ${index} at ${showShape(placeOf(row, target.shape))} of the batch's targets`,
    )
  })
  const places = new Int32Array(rowsOf(stretches))
  let next = 0
  for (const { from, rows } of stretches)
    for (let row = from; row < from + rows; row++) places[next++] = row * classes + indices[row]!
  return { places, stretches }
}
