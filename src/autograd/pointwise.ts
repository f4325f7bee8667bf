import { InputError } from '../base/errors.ts'
import { showShape } from '../base/shape.ts'
import { differentiate, type Expr, leaf, relu, sigmoid, tanh } from '../expr/index.ts'
import type { PointwiseProgram } from '../kernels/index.ts'
import { defineOp, type OpSamples } from './op.ts'

/** An expression of the elements of equally large variables, with the programs made from it. */
export interface Pointwise {
  readonly forward: PointwiseProgram
  /** For each input, the program that adds to its gradient. */
  readonly backward: readonly PointwiseProgram[]
}

/** Compiles an expression over `inputs` (leaves) for the operation `pointwise`; once, to be kept. */
export function pointwiseOf(inputs: readonly Expr[], expr: Expr): Pointwise {
  const names = inputs.map((input) => input.name)
  const partials = differentiate([{ of: expr, adjoint: leaf('adjoint') }], inputs)
  return {
    forward: { inputs: names, outputs: [{ expr }] },
    backward: partials.map((partial) => ({
      inputs: [...names, 'adjoint'],
      outputs: [{ expr: partial, accumulate: true }],
    })),
  }
}

const [x, y] = [leaf('x'), leaf('y')]

/** Activations by the names that layers give them. */
export const activations = {
  tanh: pointwiseOf([x], tanh(x)),
  sigmoid: pointwiseOf([x], sigmoid(x)),
  relu: pointwiseOf([x], relu(x)),
}

export type Activation = keyof typeof activations

/** Two equally large variables, element by element. */
export const arithmetic = {
  add: pointwiseOf([x, y], x.add(y)),
  sub: pointwiseOf([x, y], x.sub(y)),
  mul: pointwiseOf([x, y], x.mul(y)),
}

/** Any expression, element by element. */
export const pointwise = defineOp<Pointwise>({
  name: 'pointwise',
  run(tape, inputs, { forward, backward }) {
    const [first] = inputs
    const { size, shape } = first!
    for (const input of inputs)
      if (input.size !== size)
        throw new InputError(`pointwise: expected equal shapes, got ${showShape(shape)} and ${showShape(input.shape)}`)
    const rows = (at: number) => ({ at, rowStride: size })
    const at = tape.kernels.memory.take(size)
    tape.kernels.pointwise(forward)(1, size, [...inputs.map((input) => rows(input.at)), rows(at)])
    return tape.result(at, shape, inputs, (gradient) => {
      for (const [i, input] of inputs.entries()) {
        if (!input.differentiable) continue
        const sources = [...inputs.map((other) => rows(other.at)), rows(gradient), rows(tape.gradient(input))]
        tape.kernels.pointwise(backward[i]!)(1, size, sources)
      }
    })
  },
})

export const samples: OpSamples<Pointwise> = () => [
  ...Object.values(activations).flatMap((options) =>
    [[1], [3, 7], [2, 3, 11]].map((shape) => ({ shapes: [shape], options })),
  ),
  ...[...Object.values(arithmetic), pointwiseOf([x, y], x.mul(y).sub(tanh(x).div(y.mul(y).add(2))))].map((options) => ({
    shapes: [
      [2, 5],
      [2, 5],
    ],
    options,
  })),
]
