import { InputError } from '../base/errors.ts'
import { showShape } from '../base/shape.ts'
import { takeZeros } from '../recurrence/elementwise.ts'
import { expectLengths, stretchesOf } from './loss.ts'
import { defineOp, type OpSamples } from './op.ts'

export interface TimeStepOptions {
  /** Counted from 0, or from the end of each sequence: -1 is its last. */
  readonly step: number
  /** Steps of each sequence; without them all run to the end. A sequence that has no such step gives zeros. */
  readonly lengths?: ArrayLike<number> | undefined
}

/** One step of each sequence: `[B, T, F]` gives `[B, F]`. */
export const timeStep = defineOp<TimeStepOptions>({
  name: 'time step',
  run(tape, [x], { step, lengths }) {
    const { kernels } = tape
    const [batch, steps, columns] = x!.shape as [number, number, number]
    if (x!.shape.length !== 3)
      throw new InputError(`time step: expected sequences [batch, time, features], got ${showShape(x!.shape)}`)
    if (!(Number.isInteger(step) && step >= -steps && step < steps))
      throw new InputError(`time step: expected a step from ${-steps} to ${steps - 1}, got ${step}`)
    if (lengths) expectLengths('time step', lengths, batch, steps)
    const length = (b: number) => lengths?.[b] ?? steps
    const stepOf = (b: number) => (step < 0 ? length(b) + step : step)
    const stretches = stretchesOf(batch, (b) => stepOf(b) >= 0 && stepOf(b) < length(b))
    const index = kernels.memory.takeIndex(Int32Array.from({ length: batch }, (_, b) => b * steps + stepOf(b)))
    const at = takeZeros(kernels, batch * columns)
    for (const { from, rows } of stretches) kernels.gatherRows(at + from * columns, x!.at, index + from, rows, columns)
    return tape.result(at, [batch, columns], [x!], (gradient) => {
      const into = tape.gradient(x!)
      for (const { from, rows } of stretches)
        kernels.scatterAddRows(into, gradient + from * columns, index + from, rows, columns)
    })
  },
})

export const samples: OpSamples<TimeStepOptions> = () => [
  { shapes: [[2, 3, 4]], options: { step: 1 } },
  { shapes: [[4, 3, 5]], options: { step: -1, lengths: [2, 0, 3, 1] } },
  { shapes: [[4, 3, 5]], options: { step: -2, lengths: [2, 0, 3, 1] } },
]
