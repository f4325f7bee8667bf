import { InputError } from '../base/errors.ts'
import { type Shape, showShape, sizeOf } from '../base/shape.ts'
import { addInto } from '../recurrence/elementwise.ts'
import { defineOp, type OpSamples } from './op.ts'

/** The same numbers under another shape; nothing is copied. */
export const reshape = defineOp<{ readonly shape: Shape }>({
  name: 'reshape',
  run(tape, [x], { shape }) {
    if (sizeOf(shape) !== x!.size)
      throw new InputError(
        `reshape: ${showShape(x!.shape)} has ${x!.size} numbers, ${showShape(shape)} ${sizeOf(shape)}`,
      )
    return tape.result(x!.at, shape, [x!], (gradient) => addInto(tape.kernels, tape.gradient(x!), gradient, x!.size))
  },
})

export const samples: OpSamples<{ readonly shape: Shape }> = () => [
  { shapes: [[2, 3, 4]], options: { shape: [2, 12] } },
]
