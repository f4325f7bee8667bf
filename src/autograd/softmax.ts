import { exp, leaf } from '../expr/index.ts'
import type { PointwiseProgram } from '../kernels/index.ts'
import { takeZeros } from '../recurrence/elementwise.ts'
import { expectLengths } from './loss.ts'
import { defineOp, type OpSamples } from './op.ts'

const [x, y, dy] = [leaf('x'), leaf('y'), leaf('dy')]
const [max, sum, dot, scale] = [leaf('max'), leaf('sum'), leaf('dot'), leaf('scale')]
/** e^(x - max): at most 1, so that nothing overflows. */
export const shifted = exp(x.sub(max))
const scaled = exp(x.sub(max).mul(scale))

/** The largest number of each row. */
export const maxima: PointwiseProgram = { inputs: ['x'], outputs: [], reductions: [{ expr: x, by: 'max' }] }
const exponentials: PointwiseProgram = {
  inputs: ['x'],
  perRow: ['max'],
  scalars: ['scale'],
  outputs: [{ expr: scaled }],
  reductions: [{ expr: scaled, by: 'sum' }],
}
const shares: PointwiseProgram = { inputs: ['x'], perRow: ['sum'], outputs: [{ expr: x.div(sum) }] }
const dots: PointwiseProgram = { inputs: ['y', 'dy'], outputs: [], reductions: [{ expr: y.mul(dy), by: 'sum' }] }
const backward: PointwiseProgram = {
  inputs: ['y', 'dy'],
  perRow: ['dot'],
  scalars: ['scale'],
  outputs: [{ expr: y.mul(dy.sub(dot)).mul(scale), accumulate: true }],
}

export interface SoftmaxOptions {
  /** Multiplies x first; above 0, 1 by default. */
  readonly scale?: number | undefined
  /** How many numbers count in the rows of each sample `[B, …, C]`: those behind are never read, and become 0. */
  readonly lengths?: ArrayLike<number> | undefined
}

/** y = e^x / Σ e^x over the last dimension: numbers above 0 that add up to 1. */
export const softmax = defineOp<SoftmaxOptions>({
  name: 'softmax',
  run(tape, [input], { scale = 1, lengths }) {
    const { kernels } = tape
    const { size, shape } = input!
    const width = shape.at(-1)!
    const rows = size / width
    if (lengths) expectLengths('softmax', lengths, shape[0]!, width)
    const each = rows / (lengths ? shape[0]! : 1)
    const samples = lengths ? Array.from(lengths) : [width]
    const column = kernels.memory.take(rows)
    const at = lengths ? takeZeros(kernels, size) : kernels.memory.take(size)
    /** Runs a program over the numbers that count, between matrices and the column. */
    const run = (program: PointwiseProgram, matrices: readonly number[], scalars?: readonly number[]) => {
      for (const [i, columns] of samples.entries()) {
        const from = i * each
        const places = matrices.map((matrix) =>
          matrix === column ? { at: column + from, rowStride: 1 } : { at: matrix + from * width, rowStride: width },
        )
        if (columns > 0) kernels.pointwise(program)(each, columns, places, scalars)
      }
    }
    run(maxima, [input!.at, column])
    run(exponentials, [input!.at, column, at, column], [scale])
    run(shares, [at, column, at])

    return tape.result(at, shape, [input!], (gradient) => {
      run(dots, [at, gradient, column])
      run(backward, [at, gradient, column, tape.gradient(input!)], [scale])
    })
  },
})

export const samples: OpSamples<SoftmaxOptions> = () => [
  ...[[1], [3], [4, 5], [2, 3, 17]].map((shape) => ({ shapes: [shape], options: {} })),
  { shapes: [[3, 2, 5]], options: { scale: 0.3, lengths: [2, 0, 5] } },
]
