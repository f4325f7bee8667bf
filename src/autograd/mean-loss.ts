import { InputError } from '../base/errors.ts'
import type { Random } from '../base/random.ts'
import { fits, placeOf, type Shape, showShape } from '../base/shape.ts'
import type { Expr } from '../expr/index.ts'
import { type Kernels, matrix, type PointwiseProgram, type Rows, transposed } from '../kernels/index.ts'
import { type ElementLoss, elementLosses, elementLossOf, pinball } from './element-loss.ts'
import { gaussian, mixture, negativeBinomial, studentT } from './likelihoods.ts'
import { type Loss, sampleWeights, stretchesOf, weightOf, withinLengths } from './loss.ts'
import { defineOp, type OpSamples } from './op.ts'
import type { Tape, Variable } from './tape.ts'

/** A loss that is the mean over all targets of an expression of prediction and target. */
export interface MeanLoss extends Loss {
  readonly element: ElementLoss
}

/** Compiles the loss of one element, an expression of the leaves it is given. */
export const meanLossOf = (element: (prediction: Expr, target: Expr) => Expr): MeanLoss =>
  meanLossOfElement(elementLossOf(1, ([prediction], target) => element(prediction!, target)))

/** A loss of several numbers for each target stands beside others as one of a single number does. */
export function meanLossOfElement(element: ElementLoss): MeanLoss {
  const { blocks } = element
  return {
    element,
    expectFits(output, target) {
      if (fits(output, widened(target, blocks))) return
      const wanted =
        blocks === 1
          ? 'of that size, such as dense(horizon)'
          : `of ${showShape(widened(target, blocks))}: this loss takes ${blocks} numbers for each target`
      throw new InputError(
        `the model gives ${showShape(output)}, the data's targets are ${showShape(target)}; end it with a layer ${wanted}`,
      )
    },
    targetShape(output) {
      const target = [...output.slice(0, -1), output.at(-1)! / blocks]
      if (Number.isInteger(target.at(-1))) return target
      throw new InputError(
        `this loss takes ${blocks} numbers for each target, so a multiple of them: got ${showShape(output)}`,
      )
    },
    run: (tape, prediction, target, lengths, weights) =>
      meanLoss.run(tape, [prediction, target], { ...element, lengths, weights }),
    count: (_, __, target, lengths, weights) => counted(target, { lengths, weights }).count,
  }
}

const widened = (target: Shape, blocks: number): Shape => [...target.slice(0, -1), blocks * (target.at(-1) ?? 1)]

/** What of targets counts: of `[B, T, F]` the steps within each sequence's length, of any other shape all. */
function counted({ shape, size }: Variable, { lengths, weights }: Pick<MeanLossOptions, 'lengths' | 'weights'>) {
  const columns = shape.at(-1)!
  const rows = size / columns
  const ragged = shape.length === 3 ? lengths : undefined
  const within = withinLengths(shape[1]!, ragged)
  const weighs = sampleWeights('loss', weights, shape.length > 1 ? shape[0]! : 1, rows)
  const stretches =
    ragged || weights ? stretchesOf(rows, (row) => within(row) && weighs(row)) : [{ from: 0, rows, weight: 1 }]
  return { stretches, columns, count: weightOf(stretches) * columns }
}

export interface MeanLossOptions extends ElementLoss {
  /** Steps of each sequence: of targets `[B, T, F]` those behind don't count. */
  readonly lengths?: ArrayLike<number> | undefined
  /** How much each sample counts: the mean is by these. */
  readonly weights?: ArrayLike<number> | undefined
}

/**
 * The mean loss of predictions against targets; a variable of one number. Predictions are of the targets' shape, or, with
 * several blocks, `[…, blocks·F]` for targets `[…, F]`: the first F of a row are the first block, and so on.
 * @throws InputError when a target that counts is out of the loss's range
 */
export const meanLoss = defineOp<MeanLossOptions>({
  name: 'mean loss',
  data: [1],
  run(tape, [prediction, target], { blocks, sum, backward, range, ...options }) {
    const [p, t] = [prediction!, target!]
    if (p.size !== blocks * t.size)
      throw new InputError(
        `loss: the model gives ${showShape(p.shape)}, the targets are ${showShape(t.shape)}` +
          (blocks === 1 ? '' : `, each of which takes ${blocks} numbers`),
      )
    const { kernels } = tape
    const { stretches, columns, count } = counted(t, options)
    if (range)
      expectWithin(tape, t, range, (row) => stretches.some(({ from, rows }) => row >= from && row < from + rows))
    const turned = columns === 1 && blocks > 1 ? turning(kernels, t.size, blocks) : undefined
    const rowStride = turned ? 1 : blocks * columns
    const blockStride = turned ? t.size : columns
    /** Where each block of a matrix of predictions lies, from a row on. */
    const blocksOf = (at: number, row: number) =>
      Array.from({ length: blocks }, (_, i) => ({ at: at + row * rowStride + i * blockStride, rowStride }))
    /** The sum over what counts, each stretch by its weight. */
    const each = (program: PointwiseProgram, more: (row: number) => readonly Rows[] = () => [], scale?: number) =>
      stretches.reduce((total, { from, rows, weight }) => {
        const targets = { at: t.at + from * columns, rowStride: columns }
        const places = [...blocksOf(predictions, from), targets, ...more(from)]
        const scalars = scale === undefined ? [] : [scale * weight]
        return total + weight * kernels.pointwise(program)(rows, columns, places, scalars)
      }, 0)
    const at = kernels.memory.take(1)
    const predictions = turned?.forth(p.at) ?? p.at
    const total = each(sum)
    kernels.memory.view(at, 1)[0] = count === 0 ? 0 : total / count
    return tape.result(at, [], [p], (gradient) => {
      const scale = kernels.memory.view(gradient, 1)[0]! / count
      const into = turned?.room() ?? tape.gradient(p)
      each(backward, (row) => blocksOf(into, row), scale)
      turned?.back(into, tape.gradient(p))
    })
  },
})

/**
 * Turns `[rows, blocks]` to `[blocks, rows]`, where kernels run along the rows, and gradients back: products with ones on the
 * diagonal, which change no number.
 */
function turning(kernels: Kernels, rows: number, blocks: number) {
  const { memory } = kernels
  const size = rows * blocks
  const ones = matrix(memory.take(blocks * blocks), blocks, blocks)
  kernels.zero(ones.at, blocks * blocks)
  const diagonal = memory.view(ones.at, blocks * blocks)
  for (let i = 0; i < blocks; i++) diagonal[i * (blocks + 1)] = 1
  const room = () => {
    const at = memory.take(size)
    kernels.zero(at, size)
    return at
  }
  return {
    room,
    forth(from: number): number {
      const at = memory.take(size)
      const right = kernels.pack(transposed(matrix(from, rows, blocks)))
      kernels.multiply(matrix(at, blocks, rows), ones, right, 'zero')
      return at
    },
    back(from: number, to: number): void {
      const left = transposed(matrix(from, blocks, rows))
      kernels.multiply(matrix(to, rows, blocks), left, kernels.pack(ones), 'accumulate')
    },
  }
}

export const samples: OpSamples<MeanLossOptions> = () =>
  [
    ...Object.values(elementLosses),
    pinball([0.1, 0.5, 0.9]),
    ...[gaussian('logVariance'), gaussian('softplus'), studentT(), negativeBinomial()].map(({ element }) => element),
    ...(['gaussian', 'logNormal'] as const).map((of) => mixture(3, of).element),
  ].flatMap(({ range, ...element }) =>
    [[1], [3, 5], [17, 3], [3, 4, 2], [3, 4, 1]].map((shape) => ({
      shapes: [widened(shape, element.blocks), shape],
      options: {
        ...element,
        range,
        ...(shape.length === 3 ? { lengths: [2, 0, 4] } : {}),
        ...(shape[0] === 3 ? { weights: [0.5, 2, 3] } : {}),
      },
      draw: (random: Random, i: number) =>
        i === 1 && range ? random.between(Math.max(range[0], 0), Math.min(range[1], 9)) : random.between(-3, 3),
    })),
  )

function expectWithin(
  { kernels: { memory } }: Tape,
  { at, size, shape }: Variable,
  range: readonly [number, number],
  counts: (row: number) => boolean,
): void {
  const columns = shape.at(-1)!
  const [least, most] = range
  // Kernels that only count room have no numbers to look at: their view is empty.
  for (const [i, value] of memory.view(at, size).entries())
    if (!(value >= least && value <= most) && counts(Math.floor(i / columns)))
      throw new InputError(
        `loss: expected targets ${showRange(range)}, got ${value} at ${showShape(placeOf(i, shape))} of the batch's targets`,
      )
}

function showRange([least, most]: readonly [number, number]): string {
  if (most < Number.MAX_VALUE) return `from ${least} to ${most}`
  return least > 0 ? 'above 0' : `of at least ${least}`
}
