import { sizeOf } from '../base/shape.ts'
import type { Cell } from '../cells/define.ts'
import { type Address, createKernels, type Kernels, type Tier } from '../kernels/index.ts'
import { takeZeros } from './elementwise.ts'
import { type OutputAdjoints, RecurrentRun } from './run.ts'
import { gateSizes, outputsOf, stateShape } from './sizes.ts'
import type { CheckedInput, UnrollInput } from './unroll-input.ts'
import type { UnrolledNumbers } from './unroll-result.ts'
import { WeightGradients } from './weight-gradients.ts'

/** One memory a tier serves all calls; each leaves its arena empty. */
const shared = new Map<Tier, Kernels>()

/** Runs `unroll` on a tier's kernels. */
export function unrollOnKernels(tier: Tier) {
  const kernels = shared.get(tier) ?? createKernels(tier)
  shared.set(tier, kernels)
  return (cell: Cell, input: UnrollInput, checked: CheckedInput) => unrollOn(kernels, cell, input, checked)
}

/**
 * Runs on given kernels. Nothing is held between calls: going back runs forward once more.
 */
export function unrollOn(kernels: Kernels, cell: Cell, input: UnrollInput, checked: CheckedInput): UnrolledNumbers {
  const { memory } = kernels
  const { batch, steps, inputs, specs } = checked
  const outputs = batch * steps * outputsOf(cell, checked)
  const gates = gateSizes(cell, checked).map((units) => batch * steps * units)
  const states = cell.states.map((_, i) => batch * sizeOf(stateShape(cell, i, checked)))
  const place = (values: ArrayLike<number> | undefined): Address | undefined => {
    if (!values) return undefined
    const at = memory.take(values.length)
    memory.view(at, values.length).set(values)
    return at
  }
  const copy = (at: Address, length: number) => memory.view(at, length).slice()
  const withRun = <R>(use: (run: RecurrentRun) => R): R => {
    const mark = memory.mark()
    try {
      const weights = new Map([...checked.weights].map(([name, data]) => [name, place(data)!]))
      const initial = checked.state.map(place)
      const { hidden, projected } = checked
      const sizes = { batch, steps, inputs, hidden, projected, initial, lengths: input.lengths, reverse: input.reverse }
      return use(new RecurrentRun(kernels, cell, { ...sizes, x: place(input.x.data)! }, (name) => weights.get(name)!))
    } finally {
      memory.release(mark)
    }
  }
  return {
    ...withRun((run) => ({
      y: copy(run.outputs(), outputs),
      state: states.map((length, i) => copy(run.finalState(i), length)),
      gates: run.gates().map((at, i) => copy(at, gates[i]!)),
    })),
    backward: (dy, dState) =>
      withRun((run) => {
        const adjoints: OutputAdjoints = { outputs: place(dy), states: dState.map(place) }
        const gradients = new Map(specs.map(({ name, shape }) => [name, takeZeros(kernels, sizeOf(shape))]))
        const x = takeZeros(kernels, batch * steps * inputs)
        const initial = states.map((length) => takeZeros(kernels, length))
        const weights = new WeightGradients(kernels, cell, checked, (name) => gradients.get(name)!)
        run.backward(adjoints, weights, { x, initial })
        weights.finish()
        return {
          x: copy(x, batch * steps * inputs),
          weights: new Map(specs.map(({ name, shape }) => [name, copy(gradients.get(name)!, sizeOf(shape))])),
          state: initial.map((at, i) => copy(at, states[i]!)),
        }
      }),
  }
}
