import { type Activation, activations, dense as denseOp, pointwise } from '../autograd/index.ts'
import { expectOneOf, InputError } from '../base/errors.ts'
import { expectWhole, type Shape, showShape } from '../base/shape.ts'
import { matrix, transposed } from '../kernels/index.ts'
import type { Layer } from './layer.ts'

export interface DenseOptions {
  /** Applied to each output; none by default. */
  readonly activation?: Activation
  /**
   * A parameter of the model that is its weight as well, such as `'0.weight'` for the table of an embedding that comes first
   * (Press & Wolf 2017): both learn the same numbers, and a model file holds them once.
   */
  readonly tie?: string
}

/**
 * y = activation(x·Wᵀ + b) over the last dimension: `[…, I]` → `[…, units]`. Parameters `weight [units, I]` and
 * `bias [units]`, both starting uniform in ±1/√I as in PyTorch's `nn.Linear`.
 */
export function dense(units: number, { activation, tie }: DenseOptions = {}): Layer {
  expectWhole('dense: units', units)
  if (activation !== undefined) expectOneOf('dense: activation', activation, Object.keys(activations))
  return {
    config: { kind: 'dense', units, ...(activation ? { activation } : {}), ...(tie === undefined ? {} : { tie }) },
    build(input: Shape) {
      const inputs = input.at(-1)!
      if (inputs < 0)
        throw new InputError(
          `dense: expected a known number of features, got ${showShape(input)}; token ids go through an embedding first`,
        )
      const initial = { bound: 1 / Math.sqrt(inputs) }
      return {
        output: [...input.slice(0, -1), units],
        parameters: [
          { name: 'weight', shape: [units, inputs], initial, tie },
          { name: 'bias', shape: [units], initial },
        ],
      }
    },
    forward(x, { tape, parameter }) {
      const y = denseOp.run(tape, [x, parameter('weight'), parameter('bias')], undefined)
      return activation ? pointwise.run(tape, [y], activations[activation]) : y
    },
    step(x, { kernels, parameter }) {
      const weight = kernels.pack(transposed(matrix(parameter('weight'), units, x.columns)))
      const y = matrix(kernels.memory.take(x.rows * units), x.rows, units)
      const bias = parameter('bias')
      return {
        output: y,
        states: new Map(),
        run() {
          kernels.multiply(y, x, weight, { bias })
          if (activation) kernels.pointwise(activations[activation].forward)(y.rows, units, [y, y])
        },
      }
    },
  }
}
