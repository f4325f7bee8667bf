import { InputError } from '../base/errors.ts'
import type { Random } from '../base/random.ts'
import { fits, placeOf, type Shape, showShape } from '../base/shape.ts'
import { leaf, log } from '../expr/index.ts'
import type { PointwiseProgram, Rows } from '../kernels/index.ts'
import { takeZeros } from '../recurrence/elementwise.ts'
import { type Loss, sampleWeights, stretchesOf, withinLengths } from './loss.ts'
import { defineOp, type OpSamples } from './op.ts'
import { maxima, shifted } from './softmax.ts'
import type { Tape, Variable } from './tape.ts'

const [x, max, sum, picked] = [leaf('x'), leaf('max'), leaf('sum'), leaf('picked')]
const [share, scale, weight] = [leaf('share'), leaf('scale'), leaf('weight')]
// The target is `right` for the class that was right, a number for each row, and `soft` for each class besides.
const [right, soft, softs, besides] = [leaf('right'), leaf('soft'), leaf('softs'), leaf('besides')]

const sums: PointwiseProgram = {
  inputs: ['x'],
  perRow: ['max'],
  outputs: [],
  reductions: [{ expr: shifted, by: 'sum' }],
}
const softSums: PointwiseProgram = {
  inputs: ['x', 'soft'],
  perRow: ['max'],
  outputs: [],
  reductions: [{ expr: soft.mul(x.sub(max)), by: 'sum' }],
}
/** -Σ target · log softmax of each row by its weight, where `softs` = Σ soft and `besides` = Σ soft·(x - max). */
const surprises: PointwiseProgram = {
  inputs: ['max', 'sum', 'picked', 'right', 'weight', 'besides'],
  scalars: ['softs'],
  outputs: [],
  sum: log(sum).mul(right.add(softs)).add(max.sub(picked).mul(right)).sub(besides).mul(weight),
}
const shares: PointwiseProgram = {
  inputs: ['sum', 'right', 'weight'],
  scalars: ['scale', 'softs'],
  outputs: [{ expr: scale.mul(weight).mul(right.add(softs)).div(sum) }, { expr: scale.mul(weight).mul(right).neg() }],
}
const spread: PointwiseProgram = {
  inputs: ['x'],
  perRow: ['max', 'share'],
  outputs: [{ expr: shifted.mul(share), accumulate: true }],
}
const softSpread: PointwiseProgram = {
  inputs: ['soft'],
  perRow: ['weight'],
  scalars: ['scale'],
  outputs: [{ expr: scale.mul(weight).mul(soft).neg(), accumulate: true }],
}

export interface CrossEntropyLossOptions {
  /** How much of each target is spread evenly over all classes (Szegedy et al. 2016); 0 by default. */
  readonly smoothing?: number | undefined
  /** How much a target of each class counts; 1 by default. The mean is by these weights, as in PyTorch. */
  readonly weights?: readonly number[] | undefined
}

export interface CrossEntropyOptions extends CrossEntropyLossOptions {
  /** Steps of each sequence: of logits `[B, T, C]` those behind don't count. */
  readonly lengths?: ArrayLike<number> | undefined
  /** How much each sample counts, beside its class; 1 by default. */
  readonly sampleWeights?: ArrayLike<number> | undefined
}

/**
 * Softmax cross-entropy, -log softmax(logits)[class]: logits `[…, C]` against class indices `[…]` from 0; the mean over those
 * that count, a variable of one number. An index of -1 is padding: it counts neither in the mean nor in the gradient.
 * @throws InputError when a class is no whole number from -1 to C - 1
 */
export const crossEntropy = defineOp<CrossEntropyOptions>({
  name: 'cross entropy',
  data: [1],
  run(tape, [logits, target], options) {
    const { kernels } = tape
    const { memory } = kernels
    const { smoothing = 0, weights } = options
    const classes = logits!.shape.at(-1)!
    const { places, stretches, rowWeights, weight } = countedClasses(tape, logits!, target!, options)
    const count = places.length
    const softOf = Float64Array.from({ length: classes }, (_, c) => (smoothing / classes) * (weights?.[c] ?? 1))
    const index = memory.takeIndex(places)
    const [max, sum, picked, right] = [0, 1, 2, 3].map(() => memory.take(count)) as [number, number, number, number]
    const [besides, soft] = [takeZeros(kernels, count), tape.input({ data: softOf, shape: [classes] }).at]
    const rowWeight = tape.input({ data: rowWeights, shape: [count] }).at
    memory
      .view(right, count)
      .set(Float64Array.from(places, (place) => (1 - smoothing) * (weights?.[place % classes] ?? 1)))
    const softs = [softOf.reduce((sum, value) => sum + value, 0)]

    /** A matrix `[rows, C]`, a column of one number for each row that counts, or a row for all of them. */
    type Place = (from: number, row: number) => Rows
    const wide =
      (at: number): Place =>
      (from) => ({ at: at + from * classes, rowStride: classes })
    const narrow =
      (at: number): Place =>
      (_, row) => ({ at: at + row, rowStride: 1 })
    const same =
      (at: number): Place =>
      () => ({ at, rowStride: 0 })
    /** Runs a program over the rows that count. */
    const each = (program: PointwiseProgram, places: readonly Place[], scalars?: readonly number[]) => {
      let row = 0
      for (const { from, rows } of stretches) {
        kernels.pointwise(program)(
          rows,
          classes,
          places.map((place) => place(from, row)),
          scalars,
        )
        row += rows
      }
    }
    const row = (at: number) => ({ at, rowStride: count })
    const [input, highest] = [wide(logits!.at), narrow(max)]
    each(maxima, [input, highest])
    each(sums, [input, highest, narrow(sum)])
    if (smoothing > 0) each(softSums, [input, same(soft), highest, narrow(besides)])
    // Of the numbers one by one, as rows of a single column, those that stand at the right classes.
    kernels.gatherRows(picked, logits!.at, index, count, 1)
    const total = kernels.pointwise(surprises)(1, count, [max, sum, picked, right, rowWeight, besides].map(row), softs)
    const at = memory.take(1)
    memory.view(at, 1)[0] = weight === 0 ? 0 : total / weight

    return tape.result(at, [], [logits!], (gradient) => {
      const scale = weight === 0 ? 0 : memory.view(gradient, 1)[0]! / weight
      const [share, minus, into] = [memory.take(count), memory.take(count), tape.gradient(logits!)]
      kernels.pointwise(shares)(1, count, [sum, right, rowWeight, share, minus].map(row), [scale, ...softs])
      each(spread, [input, highest, narrow(share), wide(into)])
      if (smoothing > 0) each(softSpread, [same(soft), narrow(rowWeight), wide(into)], [scale])
      kernels.scatterAddRows(into, minus, index, count, 1)
    })
  },
})

export const samples: OpSamples<CrossEntropyOptions> = () =>
  [
    { shapes: [[1, 1], [1]], options: {} },
    { shapes: [[3], []], options: { smoothing: 0.3 } },
    { shapes: [[9, 5], [9]], options: { smoothing: 0.1, weights: [1, 0.5, 3, 0, 2] } },
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
      options: { lengths: [2, 0, 4], weights: [1, 0.5, 3, 0.1, 2, 1], smoothing: 0.2, sampleWeights: [0.5, 1, 3] },
    },
  ].map((sample) => ({
    ...sample,
    draw: (random: Random, i: number) =>
      i === 0 ? random.between(-3, 3) : random.below(sample.shapes[0]!.at(-1)! + 1) - 1,
  }))

/**
 * Softmax cross-entropy as training uses it: outputs `[…, C]` against class indices `[…]`.
 * @throws InputError when the smoothing is not from 0 to below 1, or a weight is below 0
 */
export function crossEntropyLoss({ smoothing = 0, weights }: CrossEntropyLossOptions = {}): Loss {
  if (!(smoothing >= 0 && smoothing < 1))
    throw new InputError(`crossEntropyLoss: smoothing: expected a share of at least 0 and below 1, got ${smoothing}`)
  const wrong = weights?.find((weight) => !(weight >= 0 && Number.isFinite(weight)))
  if (wrong !== undefined)
    throw new InputError(`crossEntropyLoss: weights: expected numbers of at least 0, got ${wrong}`)
  return {
    expectFits(output: Shape, target: Shape) {
      const wanted = output.slice(0, -1)
      if (!fits(wanted, target))
        throw new InputError(
          `crossEntropy: a model that gives ${showShape(output)} takes class indices of ${showShape(wanted)}, ` +
            `the data's targets are ${showShape(target)}`,
        )
    },
    targetShape: (output) => output.slice(0, -1),
    run: (tape, prediction, target, lengths, sampleWeights) =>
      crossEntropy.run(tape, [prediction, target], { lengths, smoothing, weights, sampleWeights }),
    count: (tape, prediction, target, lengths, sampleWeights) =>
      countedClasses(tape, prediction, target, { lengths, weights, sampleWeights }).weight,
  }
}

/** The rows of logits that count, where in all of them the number of the right class stands, and what the rows weigh. */
function countedClasses(
  { kernels }: Tape,
  { shape, size }: Variable,
  target: Variable,
  { lengths, weights, sampleWeights: ofSamples }: CrossEntropyOptions,
) {
  const classes = shape.at(-1)!
  if (target.size * classes !== size)
    throw new InputError(
      `crossEntropy: logits of ${showShape(shape)} take class indices of ${showShape(shape.slice(0, -1))}, ` +
        `got ${showShape(target.shape)}`,
    )
  if (weights && weights.length !== classes)
    throw new InputError(`crossEntropy: expected a weight for each of ${classes} classes, got ${weights.length}`)
  const indices = kernels.memory.copy(target.at, target.size)
  const within = withinLengths(shape[1]!, shape.length === 3 ? lengths : undefined)
  const weighs = sampleWeights('crossEntropy', ofSamples, shape.length > 1 ? shape[0]! : 1, target.size)
  const stretches = stretchesOf(target.size, (row) => {
    const index = indices[row]!
    if (!within(row) || weighs(row) === 0) return false
    if (Number.isInteger(index) && index >= -1 && index < classes) return index >= 0
    throw new InputError(
      `crossEntropy: expected a class from 0 to ${classes - 1}, or -1 for padding, ` +
        `got ${index} at ${showShape(placeOf(row, target.shape))} of the batch's targets`,
    )
  })
  const rows = stretches.flatMap(({ from, rows }) => Array.from({ length: rows }, (_, i) => from + i))
  const places = Int32Array.from(rows, (row) => row * classes + indices[row]!)
  const weight = rows.reduce((sum, row) => sum + weighs(row) * (weights?.[indices[row]!] ?? 1), 0)
  return { places, stretches, rowWeights: rows.map(weighs), weight }
}
