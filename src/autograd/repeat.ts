import { InputError } from '../base/errors.ts'
import { expectWhole, showShape, sizeOf } from '../base/shape.ts'
import { defineOp, type OpSamples } from './op.ts'

export interface RepeatOptions {
  /** Which dimension of the result is new. */
  readonly at: number
  readonly times: number
}

/** The same numbers several times over, along a new dimension: `[B, F]` with `{ at: 1, times: T }` gives `[B, T, F]`. */
export const repeat = defineOp<RepeatOptions>({
  name: 'repeat',
  run(tape, [x], { at: dimension, times }) {
    const { shape, size } = x!
    const { kernels } = tape
    expectWhole('repeat: times', times)
    if (!(Number.isInteger(dimension) && dimension >= 0 && dimension <= shape.length))
      throw new InputError(
        `repeat: expected a dimension from 0 to ${shape.length} for ${showShape(shape)}, got ${dimension}`,
      )
    const [before, after] = [shape.slice(0, dimension), shape.slice(dimension)]
    const columns = sizeOf(after)
    const rows = (size / columns) * times
    const index = kernels.memory.takeIndex(Int32Array.from({ length: rows }, (_, i) => Math.floor(i / times)))
    const at = kernels.memory.take(rows * columns)
    kernels.gatherRows(at, x!.at, index, rows, columns)
    return tape.result(at, [...before, times, ...after], [x!], (gradient) => {
      kernels.scatterAddRows(tape.gradient(x!), gradient, index, rows, columns)
    })
  },
})

export const samples: OpSamples<RepeatOptions> = () => [
  { shapes: [[1]], options: { at: 0, times: 1 } },
  { shapes: [[3, 4]], options: { at: 1, times: 5 } },
  { shapes: [[2, 3, 7]], options: { at: 3, times: 2 } },
]
