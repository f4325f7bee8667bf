import { InputError } from '../base/errors.ts'
import { fits, showShape } from '../base/shape.ts'
import { leaf } from '../expr/index.ts'
import type { PointwiseProgram } from '../kernels/index.ts'
import { defineOp, type OpSamples } from './op.ts'

const x = leaf('x')
const copying: PointwiseProgram = { inputs: ['x'], outputs: [{ expr: x }] }
const adding: PointwiseProgram = { inputs: ['x'], outputs: [{ expr: x, accumulate: true }] }

/** Side by side along the last dimension: `[…, F]`, `[…, G]`, … give `[…, F + G + …]`. */
export const concat = defineOp<undefined>({
  name: 'concat',
  run(tape, inputs) {
    const { kernels } = tape
    const before = inputs[0]!.shape.slice(0, -1)
    if (inputs.some(({ shape }) => !fits(before, shape.slice(0, -1))))
      throw new InputError(
        `concat: expected shapes that differ in the last dimension alone, got ${inputs.map(({ shape }) => showShape(shape)).join(', ')}`,
      )
    const widths = inputs.map(({ shape }) => shape.at(-1)!)
    const width = widths.reduce((sum, columns) => sum + columns, 0)
    const rows = inputs[0]!.size / widths[0]!
    const at = kernels.memory.take(rows * width)
    /** Of each input: its numbers, and where they stand in a result. */
    const places = (result: number) => {
      let next = result
      return inputs.map((input, i) => {
        const columns = widths[i]!
        const inside = { at: next, rowStride: width }
        next += columns
        return { input, columns, own: (at: number) => ({ at, rowStride: columns }), inside }
      })
    }
    for (const { input, columns, own, inside } of places(at))
      kernels.pointwise(copying)(rows, columns, [own(input.at), inside])
    return tape.result(at, [...before, width], inputs, (gradient) => {
      for (const { input, columns, own, inside } of places(gradient))
        if (input.differentiable) kernels.pointwise(adding)(rows, columns, [inside, own(tape.gradient(input))])
    })
  },
})

export const samples: OpSamples<undefined> = () => [
  { shapes: [[3]], options: undefined },
  {
    shapes: [
      [4, 5],
      [4, 1],
      [4, 17],
    ],
    options: undefined,
  },
  {
    shapes: [
      [2, 3, 4],
      [2, 3, 6],
    ],
    options: undefined,
  },
]
