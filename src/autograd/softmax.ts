import { exp, leaf } from '../expr/index.ts'
import type { PointwiseProgram } from '../kernels/index.ts'
import { defineOp } from './op.ts'

const [x, y, dy] = [leaf('x'), leaf('y'), leaf('dy')]
const [max, sum, dot] = [leaf('max'), leaf('sum'), leaf('dot')]
/** e^(x - max): at most 1, so that nothing overflows. */
export const shifted = exp(x.sub(max))

/** The largest number of each row. */
export const maxima: PointwiseProgram = { inputs: ['x'], outputs: [], reductions: [{ expr: x, by: 'max' }] }
const exponentials: PointwiseProgram = {
  inputs: ['x'],
  perRow: ['max'],
  outputs: [{ expr: shifted }],
  reductions: [{ expr: shifted, by: 'sum' }],
}
const shares: PointwiseProgram = { inputs: ['x'], perRow: ['sum'], outputs: [{ expr: x.div(sum) }] }
const dots: PointwiseProgram = { inputs: ['y', 'dy'], outputs: [], reductions: [{ expr: y.mul(dy), by: 'sum' }] }
const backward: PointwiseProgram = {
  inputs: ['y', 'dy'],
  perRow: ['dot'],
  outputs: [{ expr: y.mul(dy.sub(dot)), accumulate: true }],
}

/** y = e^x / Σ e^x over the last dimension: numbers above 0 that add up to 1. */
export const softmax = defineOp<undefined>({
  name: 'softmax',
  run(tape, [input]) {
    const { kernels } = tape
    const { size, shape } = input!
    const columns = shape.at(-1)!
    const rows = size / columns
    const all = (at: number) => ({ at, rowStride: columns })
    const [column, at] = [{ at: kernels.memory.take(rows), rowStride: 1 }, kernels.memory.take(size)]
    kernels.pointwise(maxima)(rows, columns, [all(input!.at), column])
    kernels.pointwise(exponentials)(rows, columns, [all(input!.at), column, all(at), column])
    kernels.pointwise(shares)(rows, columns, [all(at), column, all(at)])

    return tape.result(at, shape, [input!], (gradient) => {
      kernels.pointwise(dots)(rows, columns, [all(at), all(gradient), column])
      kernels.pointwise(backward)(rows, columns, [all(at), all(gradient), column, all(tape.gradient(input!))])
    })
  },
  samples: [[1], [3], [4, 5], [2, 3, 17]].map((shape) => ({ shapes: [shape], options: undefined })),
})
