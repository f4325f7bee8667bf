import { InputError } from '../base/errors.ts'
import { fits, showShape, sizeOf } from '../base/shape.ts'
import { type Cell, gru, leaky, lstm, noisyCell } from '../cells/index.ts'
import { takeZeros } from '../recurrence/elementwise.ts'
import type { Window } from '../recurrence/layout.ts'
import { RecurrentRun, windowsOf } from '../recurrence/run.ts'
import { outputsOf, stateShape, unitsOf } from '../recurrence/sizes.ts'
import { WeightGradients } from '../recurrence/weight-gradients.ts'
import { weightSpecs } from '../recurrence/weights.ts'
import { defineOp, type OpSamples } from './op.ts'
import type { Tape, Variable } from './tape.ts'
import { timeStep } from './time-step.ts'

export interface RecurrentOptions {
  readonly cell: Cell
  readonly hidden: number
  /** Numbers of a projected state. */
  readonly projected?: number | undefined
  /** The output of every step `[B, T, H]`, or of each sequence's last `[B, H]`. */
  readonly returns: 'all' | 'last'
  readonly reverse?: boolean
  readonly lengths?: ArrayLike<number>
  /** Keep the states of every so many steps alone, rounded up to whole phases, and run the steps between them again on the way back. */
  readonly checkpoint?: number | undefined
  /** Called after the forward run, for a look inside. Nothing is run in parts then. */
  readonly observe?: (run: RecurrentRun) => void
}

export interface RecurrentInputs {
  /** `[B, T, I]` */
  readonly x: Variable
  /** In the order of `weightSpecs`. */
  readonly weights: readonly Variable[]
  /** The states that sequences begin with, in the cell's order: `[B, H]`, or `[B, depth, H]` where it looks further back; zero where absent. */
  readonly initial?: readonly (Variable | undefined)[] | undefined
}

/** A cell over a batch of sequences: what it returns, and each state after each sequence's own last step, shaped as initial ones. */
export function recur(
  tape: Tape,
  { x, weights, initial: given = [] }: RecurrentInputs,
  { cell, hidden, projected, returns, reverse, lengths, checkpoint, observe }: RecurrentOptions,
): { readonly y: Variable; readonly states: readonly Variable[] } {
  const { kernels } = tape
  const { memory } = kernels
  if (x.shape.length !== 3)
    throw new InputError(`${cell.name}: expected sequences [batch, time, features], got shape ${showShape(x.shape)}`)
  const [batch, steps, inputs] = x.shape as [number, number, number]
  const units = { hidden, projected }
  const shapes = cell.states.map((_, s) => [batch, ...stateShape(cell, s, units)])
  const output = [batch, steps, outputsOf(cell, units)]
  const index = new Map(weightSpecs(cell, inputs, hidden, projected).map(({ name }, i) => [name, weights[i]!]))
  const initial = cell.states.map((_, s) => given[s])
  for (const [s, state] of initial.entries())
    if (state && !fits(shapes[s]!, state.shape))
      throw new InputError(
        `${cell.name}: state ${cell.states[s]}: expected shape ${showShape(shapes[s]!)}, got ${showShape(state.shape)}`,
      )
  // No tape without chance is given a cell that takes any.
  const noise = cell.graph.noise.map(({ per, size, draw }) => {
    const shape = [batch, ...(per === 'step' ? [steps] : []), unitsOf(size, units)]
    return tape.filled(shape, (into) => {
      for (let i = 0; i < into.length; i++) into[i] = draw(tape.random!)
    }).at
  })
  const sizes = { batch, steps, inputs, ...units, x: x.at, noise, lengths, reverse }
  const weight = (name: string) => index.get(name)!.at
  const windows: Window[] = checkpoint === undefined || observe ? [[0, steps]] : windowsOf(cell, sizes, checkpoint)
  /** What each window begins with; the last one's is what comes of them all. */
  const begins = [initial.map((state) => state?.at)]
  const runWindow = (window: Window, w: number) => {
    const run = new RecurrentRun(kernels, cell, { ...sizes, initial: begins[w]!, window }, weight)
    tape.look(run, 'forward')
    return run
  }

  const whole = windows.length === 1 ? runWindow(windows[0]!, 0) : undefined
  if (whole) {
    observe?.(whole)
    begins.push(initial.map((_, s) => whole.finalState(s)))
  }
  const outputs = returns === 'last' ? undefined : whole ? whole.outputs() : takeZeros(kernels, sizeOf(output))
  for (const [w, window] of whole ? [] : windows.entries()) {
    const states = shapes.map((shape) => memory.take(sizeOf(shape)))
    const mark = memory.mark()
    const run = runWindow(window, w)
    if (outputs !== undefined) run.outputs(outputs)
    begins.push(states.map((to, s) => run.finalState(s, to)))
    memory.release(mark)
  }
  const places = begins.at(-1)!.map((at, s) => ({ at: at!, shape: shapes[s]! }))
  if (outputs !== undefined) places.push({ at: outputs, shape: output })

  const results = tape.results(places, [x, ...weights, ...initial.flatMap((state) => state ?? [])], (gradients) => {
    const gradientOf = (input: Variable | undefined) => (input?.differentiable ? tape.gradient(input) : undefined)
    const into = { x: gradientOf(x), initial: initial.map(gradientOf) }
    const found = new Map([...index].map(([name, weight]) => [name, tape.gradient(weight)]))
    const weightGradients = new WeightGradients(kernels, cell, sizes, (name) => found.get(name)!)
    const dOutputs = gradients[cell.states.length]
    let dStates = gradients.slice(0, cell.states.length)
    for (let w = windows.length - 1; w >= 0; w--) {
      // Each window's own room, and the run made again in it, are given back before the next.
      const dBegins = w === 0 ? into.initial : shapes.map((shape) => takeZeros(kernels, sizeOf(shape)))
      const mark = memory.mark()
      const run = whole ?? runWindow(windows[w]!, w)
      run.backward({ outputs: dOutputs, states: dStates }, weightGradients, { ...into, initial: dBegins })
      tape.look(run, 'backward')
      memory.release(mark)
      dStates = dBegins
    }
    weightGradients.finish()
  })
  const states = results.slice(0, cell.states.length)
  if (returns === 'all') return { y: results.at(-1)!, states }
  const last = states[0]!
  return { y: last.shape.length === 3 ? timeStep.run(tape, [last], { step: -1 }) : last, states }
}

/** `recur` as one operation: x, the weights, then the initial states where they are given. */
export const recurrent = defineOp<RecurrentOptions>({
  name: 'recurrent',
  run(tape, [x, ...others], options) {
    const count = weightSpecs(options.cell, x!.shape.at(-1)!, options.hidden, options.projected).length
    return recur(tape, { x: x!, weights: others.slice(0, count), initial: others.slice(count) }, options).y
  },
})

export const samples: OpSamples<RecurrentOptions> = () =>
  (
    [
      { cell: lstm, hidden: 3, returns: 'all' },
      { cell: gru, hidden: 2, returns: 'last' },
      { cell: gru.with({ reset: 'before' }), hidden: 2, returns: 'all', reverse: true },
      { cell: leaky.with({ alpha: 'learned' }), hidden: 2, returns: 'last', lengths: [2, 4, 3] },
      { cell: lstm, hidden: 2, returns: 'last', reverse: true, lengths: [0, 4, 3] },
      { cell: lstm, hidden: 2, returns: 'all', reverse: true, lengths: [1, 4, 3] },
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
      ...weightSpecs(options.cell, 2, options.hidden, options.projected).map(({ shape }) => shape),
      ...(options.reverse ? options.cell.states.map((_, s) => [3, ...stateShape(options.cell, s, options)]) : []),
    ],
    options,
  }))
