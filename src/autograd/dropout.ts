import { leaf } from '../expr/index.ts'
import { defineOp, type OpSamples } from './op.ts'
import { pointwiseOf } from './pointwise.ts'

const [x, mask] = [leaf('x'), leaf('mask')]
const { forward, backward } = pointwiseOf([x, mask], x.mul(mask))

export interface DropoutOptions {
  readonly rate: number
  /** Of `[B, T, F]` the same in all steps of a sequence (Gal & Ghahramani 2016). */
  readonly shared?: boolean
}

/**
 * Each number is zero with probability `rate`, else divided by 1 - rate, so that the mean stays (Srivastava et al. 2014).
 * Outside training everything passes.
 */
export const dropout = defineOp<DropoutOptions>({
  name: 'dropout',
  run(tape, [input], { rate, shared = false }) {
    const { random, kernels } = tape
    const { at, shape, size } = input!
    if (!random || rate === 0) return input!
    const rows = shared && shape.length === 3 ? shape[1]! : 1
    const groups = rows === 1 ? 1 : shape[0]!
    const columns = size / (groups * rows)
    const kept = tape.filled([groups, columns], (into) => {
      for (let i = 0; i < into.length; i++) into[i] = random.uniform() < rate ? 0 : 1 / (1 - rate)
    })
    const result = kernels.memory.take(size)
    const each = (program: typeof forward, places: readonly number[]) => {
      for (let group = 0; group < groups; group++) {
        const [own, ...others] = places.map((place) => ({ at: place + group * rows * columns, rowStride: columns }))
        kernels.pointwise(program)(rows, columns, [own!, { at: kept.at + group * columns, rowStride: 0 }, ...others])
      }
    }
    each(forward, [at, result])
    return tape.result(result, shape, [input!], (gradient) => each(backward[0]!, [at, gradient, tape.gradient(input!)]))
  },
})

export const samples: OpSamples<DropoutOptions> = () => [
  { shapes: [[4, 5]], options: { rate: 0.4 } },
  { shapes: [[3, 4, 5]], options: { rate: 0.4, shared: true } },
]
