import { sizeOf } from '../base/shape.ts'
import { leaf } from '../expr/index.ts'
import type { PointwiseProgram } from '../kernels/index.ts'
import { takeZeros } from '../recurrence/elementwise.ts'
import { expectLengths } from './loss.ts'
import { defineOp, type OpSamples } from './op.ts'

const adding: PointwiseProgram = {
  inputs: ['x'],
  scalars: ['share'],
  outputs: [{ expr: leaf('x').mul(leaf('share')), accumulate: true }],
}

export interface AverageOptions {
  /** Steps of each sample along its first dimension: those behind are never read. */
  readonly lengths?: ArrayLike<number> | undefined
}

/** The mean of each channel over all places: `[B, T, C]` or `[B, H, W, C]` gives `[B, C]`, zeros where there are none. */
export const average = defineOp<AverageOptions>({
  name: 'average',
  run(tape, [x], { lengths }) {
    const { kernels } = tape
    const { shape } = x!
    const [batch, steps, channels] = [shape[0]!, shape[1]!, shape.at(-1)!]
    if (lengths) expectLengths('average', lengths, batch, steps)
    const each = sizeOf(shape.slice(2))
    const at = takeZeros(kernels, batch * channels)
    /** Adds rows to rows, sample by sample; a row stride of 0 is one row for all. */
    const run = (from: number, fromEach: number, to: number, toEach: number) => {
      for (let b = 0; b < batch; b++) {
        const rows = ((lengths?.[b] ?? steps) * each) / channels
        const place = (at: number, size: number) => ({ at: at + b * size, rowStride: size === channels ? 0 : channels })
        if (rows > 0) kernels.pointwise(adding)(rows, channels, [place(from, fromEach), place(to, toEach)], [1 / rows])
      }
    }
    run(x!.at, steps * each, at, channels)
    return tape.result(at, [batch, channels], [x!], (gradient) => {
      run(gradient, channels, tape.gradient(x!), steps * each)
    })
  },
})

export const samples: OpSamples<AverageOptions> = () => [
  { shapes: [[1, 1, 1]], options: {} },
  { shapes: [[3, 5, 4]], options: { lengths: [5, 0, 2] } },
  { shapes: [[2, 3, 4, 5]], options: {} },
]
