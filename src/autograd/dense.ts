import { InputError } from '../base/errors.ts'
import { showShape } from '../base/shape.ts'
import { matrix, transposed } from '../kernels/index.ts'
import { addColumnSums } from '../recurrence/elementwise.ts'
import { defineOp, type OpSamples } from './op.ts'

/** y = x·Wᵀ + b over the last dimension: x `[…, I]`, W `[O, I]`, b `[O]` or none, y `[…, O]`. */
export const dense = defineOp<undefined>({
  name: 'dense',
  run(tape, [x, weight, bias]) {
    const { kernels } = tape
    const [outputs, inputs] = weight!.shape as [number, number]
    if (x!.shape.at(-1) !== inputs)
      throw new InputError(`dense: expected ${inputs} features, got shape ${showShape(x!.shape)}`)
    const rows = x!.size / inputs
    const [left, w] = [matrix(x!.at, rows, inputs), matrix(weight!.at, outputs, inputs)]
    const at = kernels.memory.take(rows * outputs)
    kernels.multiply(matrix(at, rows, outputs), left, kernels.pack(transposed(w)), bias ? { bias: bias.at } : 'zero')

    return tape.result(at, [...x!.shape.slice(0, -1), outputs], [x!, weight!, ...(bias ? [bias] : [])], (gradient) => {
      const dy = matrix(gradient, rows, outputs)
      if (x!.differentiable)
        kernels.multiply(matrix(tape.gradient(x!), rows, inputs), dy, kernels.pack(w), 'accumulate')
      const dw = matrix(tape.gradient(weight!), outputs, inputs)
      kernels.multiply(dw, transposed(dy), kernels.pack(left), 'accumulate')
      if (bias) addColumnSums(kernels, tape.gradient(bias), dy)
    })
  },
})

export const samples: OpSamples<undefined> = () => [
  { shapes: [[1, 1], [1, 1], [1]], options: undefined },
  { shapes: [[5, 3], [4, 3], [4]], options: undefined },
  { shapes: [[17, 9], [21, 9], [21]], options: undefined },
  { shapes: [[2, 3, 6], [1, 6], [1]], options: undefined },
  {
    shapes: [
      [4, 5],
      [3, 5],
    ],
    options: undefined,
  },
]
