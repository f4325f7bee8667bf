import { InputError } from '../base/errors.ts'
import { expectWhole, showShape } from '../base/shape.ts'
import { defineOp, type OpSamples } from './op.ts'

export interface TimeStepsOptions {
  /** The first step, counted from 0; below 0 the first of all stands in place of those before it. */
  readonly from: number
  /** The step behind the last one; beyond the end the last of all stands in place of those behind it. */
  readonly to: number
}

/** Some steps of every sequence: `[B, T, F]` gives `[B, to - from, F]`. */
export const timeSteps = defineOp<TimeStepsOptions>({
  name: 'time steps',
  run(tape, [x], { from, to }) {
    const { kernels } = tape
    const [batch, steps, columns] = x!.shape as [number, number, number]
    if (x!.shape.length !== 3)
      throw new InputError(`time steps: expected sequences [batch, time, features], got ${showShape(x!.shape)}`)
    const count = to - from
    expectWhole('time steps: to - from', count)
    if (from === 0 && to === steps) return x!
    const stepAt = (i: number) => Math.min(Math.max(from + i, 0), steps - 1)
    const rows = batch * count
    const places = Int32Array.from({ length: rows }, (_, row) => Math.floor(row / count) * steps + stepAt(row % count))
    const index = kernels.memory.takeIndex(places)
    const at = kernels.memory.take(rows * columns)
    kernels.gatherRows(at, x!.at, index, rows, columns)
    return tape.result(at, [batch, count, columns], [x!], (gradient) => {
      kernels.scatterAddRows(tape.gradient(x!), gradient, index, rows, columns)
    })
  },
})

export const samples: OpSamples<TimeStepsOptions> = () => [
  { shapes: [[2, 3, 4]], options: { from: 1, to: 3 } },
  { shapes: [[3, 4, 1]], options: { from: -2, to: 3 } },
  { shapes: [[2, 3, 5]], options: { from: 1, to: 6 } },
  { shapes: [[2, 3, 2]], options: { from: 0, to: 3 } },
]
