import { InputError } from '../base/errors.ts'
import { showShape } from '../base/shape.ts'
import { type Cell, gru, leaky, lstm } from '../cells/index.ts'
import { RecurrentRun } from '../recurrence/run.ts'
import { weightSpecs } from '../recurrence/weights.ts'
import { defineOp } from './op.ts'

export interface RecurrentOptions {
  readonly cell: Cell
  readonly hidden: number
  /** The output of every step `[B, T, H]`, or of each sequence's last `[B, H]`. */
  readonly returns: 'all' | 'last'
  readonly reverse?: boolean
  readonly lengths?: ArrayLike<number>
  /** Called after the forward run, for a look inside. */
  readonly observe?: (run: RecurrentRun) => void
}

/** A cell over a batch of sequences: x `[B, T, I]`, then its weights in the order of `weightSpecs`. */
export const recurrent = defineOp<RecurrentOptions>({
  name: 'recurrent',
  run(tape, [x, ...weights], { cell, hidden, returns, reverse, lengths, observe }) {
    const { kernels } = tape
    if (x!.shape.length !== 3)
      throw new InputError(`${cell.name}: expected sequences [batch, time, features], got shape ${showShape(x!.shape)}`)
    const [batch, steps, inputs] = x!.shape as [number, number, number]
    const index = new Map(weightSpecs(cell, inputs, hidden).map(({ name }, i) => [name, weights[i]!]))
    const none = cell.states.map(() => undefined)
    const run = new RecurrentRun(
      kernels,
      cell,
      { batch, steps, inputs, hidden, x: x!.at, initial: none, lengths, reverse },
      (name) => index.get(name)!.at,
    )
    observe?.(run)
    const [at, shape] =
      returns === 'all' ? [run.outputs(), [batch, steps, hidden]] : [run.finalState(0), [batch, hidden]]

    return tape.result(at, shape, [x!, ...weights], (gradient) => {
      const states = none.map((_, i) => (returns === 'last' && i === 0 ? gradient : undefined))
      const outputs = returns === 'all' ? gradient : undefined
      const dx = x!.differentiable ? tape.gradient(x!) : undefined
      // Their room is taken before the run, which gives back what it takes.
      const gradients = new Map([...index].map(([name, weight]) => [name, tape.gradient(weight)]))
      run.backward({ outputs, states }, (name) => gradients.get(name)!, { x: dx, initial: none })
    })
  },
  samples: (
    [
      { cell: lstm, hidden: 3, returns: 'all' },
      { cell: gru, hidden: 2, returns: 'last' },
      { cell: gru.with({ reset: 'before' }), hidden: 2, returns: 'all', reverse: true },
      { cell: leaky.with({ alpha: 'learned' }), hidden: 2, returns: 'last', lengths: [2, 4, 3] },
    ] as RecurrentOptions[]
  ).map((options) => ({
    shapes: [[3, 4, 2], ...weightSpecs(options.cell, 2, options.hidden).map(({ shape }) => shape)],
    options,
  })),
})
