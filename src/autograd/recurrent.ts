import { InputError } from '../base/errors.ts'
import { fits, showShape } from '../base/shape.ts'
import { type Cell, gru, leaky, lstm, noisyCell } from '../cells/index.ts'
import { RecurrentRun } from '../recurrence/run.ts'
import { weightSpecs } from '../recurrence/weights.ts'
import { defineOp } from './op.ts'
import type { Tape, Variable } from './tape.ts'

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

export interface RecurrentInputs {
  /** `[B, T, I]` */
  readonly x: Variable
  /** In the order of `weightSpecs`. */
  readonly weights: readonly Variable[]
  /** The states that sequences begin with, `[B, H]` each in the cell's order; zero where absent. */
  readonly initial?: readonly (Variable | undefined)[] | undefined
}

/** A cell over a batch of sequences: what it returns, and each state `[B, H]` after each sequence's own last step. */
export function recur(
  tape: Tape,
  { x, weights, initial = [] }: RecurrentInputs,
  { cell, hidden, returns, reverse, lengths, observe }: RecurrentOptions,
): { readonly y: Variable; readonly states: readonly Variable[] } {
  const { kernels } = tape
  if (x.shape.length !== 3)
    throw new InputError(`${cell.name}: expected sequences [batch, time, features], got shape ${showShape(x.shape)}`)
  const [batch, steps, inputs] = x.shape as [number, number, number]
  const index = new Map(weightSpecs(cell, inputs, hidden).map(({ name }, i) => [name, weights[i]!]))
  for (const [s, state] of initial.entries())
    if (state && !fits([batch, hidden], state.shape))
      throw new InputError(
        `${cell.name}: state ${cell.states[s]}: expected shape ${showShape([batch, hidden])}, got ${showShape(state.shape)}`,
      )
  // No tape without chance is given a cell that takes any.
  const noise = cell.graph.noise.map(({ per, draw }) => {
    const shape = per === 'step' ? [batch, steps, hidden] : [batch, hidden]
    return tape.filled(shape, (into) => {
      for (let i = 0; i < into.length; i++) into[i] = draw(tape.random!)
    }).at
  })
  const begin = cell.states.map((_, s) => initial[s])
  const run = new RecurrentRun(
    kernels,
    cell,
    { batch, steps, inputs, hidden, x: x.at, initial: begin.map((state) => state?.at), noise, lengths, reverse },
    (name) => index.get(name)!.at,
  )
  observe?.(run)
  const states = begin.map((_, s) => ({ at: run.finalState(s), shape: [batch, hidden] }))
  const outputs = returns === 'all' ? [{ at: run.outputs(), shape: [batch, steps, hidden] }] : []
  const given = begin.flatMap((state) => state ?? [])

  const results = tape.results([...states, ...outputs], [x, ...weights, ...given], (gradients) => {
    const gradientOf = (input: Variable | undefined) => (input?.differentiable ? tape.gradient(input) : undefined)
    // Their room is taken before the run, which gives back what it takes.
    const into = { x: gradientOf(x), initial: begin.map(gradientOf) }
    const found = new Map([...index].map(([name, weight]) => [name, tape.gradient(weight)]))
    const adjoints = { states: gradients.slice(0, states.length), outputs: gradients[states.length] }
    run.backward(adjoints, (name) => found.get(name)!, into)
  })
  return { y: results[returns === 'all' ? states.length : 0]!, states: results.slice(0, states.length) }
}

/** `recur` as one operation: x, the weights, then the initial states where they are given. */
export const recurrent = defineOp<RecurrentOptions>({
  name: 'recurrent',
  run(tape, [x, ...others], options) {
    const count = weightSpecs(options.cell, x!.shape.at(-1)!, options.hidden).length
    return recur(tape, { x: x!, weights: others.slice(0, count), initial: others.slice(count) }, options).y
  },
  samples: (
    [
      { cell: lstm, hidden: 3, returns: 'all' },
      { cell: gru, hidden: 2, returns: 'last' },
      { cell: gru.with({ reset: 'before' }), hidden: 2, returns: 'all', reverse: true },
      { cell: leaky.with({ alpha: 'learned' }), hidden: 2, returns: 'last', lengths: [2, 4, 3] },
      { cell: lstm, hidden: 2, returns: 'last', reverse: true, lengths: [0, 4, 3] },
      { cell: noisyCell(lstm, { dropState: 0.3, zoneout: { h: 0.4, c: 0.2 } }), hidden: 3, returns: 'all' },
      {
        cell: noisyCell(gru.with({ reset: 'before' }), { dropState: 0.3, zoneout: { h: 0.4 } }),
        hidden: 3,
        returns: 'last',
        lengths: [2, 4, 3],
      },
    ] as RecurrentOptions[]
  ).map((options) => ({
    shapes: [
      [3, 4, 2],
      ...weightSpecs(options.cell, 2, options.hidden).map(({ shape }) => shape),
      ...(options.reverse ? options.cell.states.map(() => [3, options.hidden]) : []),
    ],
    options,
  })),
})
