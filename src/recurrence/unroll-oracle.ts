import { sizeOf } from '../base/shape.ts'
import type { Cell } from '../cells/define.ts'
import { Oracle } from './oracle.ts'
import { gateSizes, outputsOf, stateShape, unitsOf } from './sizes.ts'
import type { CheckedInput, UnrollInput } from './unroll-input.ts'
import type { UnrolledNumbers } from './unroll-result.ts'

const zeros = (shape: readonly number[]) => new Float64Array(sizeOf(shape))

/** Runs `unroll` on the oracle: one sequence after another, each through its own steps. */
export function unrollOnOracle(cell: Cell, input: UnrollInput, checked: CheckedInput): UnrolledNumbers {
  const { batch, steps, inputs, specs } = checked
  const { depths, stateSizes, past } = cell.graph
  const weights = new Map([...checked.weights].map(([name, data]) => [name, Float64Array.from(data)]))
  const outputs = outputsOf(cell, checked)
  const y = zeros([batch, steps, outputs])
  const state = cell.states.map((_, i) => zeros([batch, ...stateShape(cell, i, checked)]))
  const gateUnits = gateSizes(cell, checked)
  const gates = gateUnits.map((units) => zeros([batch, steps, units]))
  /** The caller's place of a sequence's k-th own step. */
  const place = (b: number, k: number) => b * steps + (input.reverse ? lengthOf(b) - 1 - k : k)
  const lengthOf = (b: number) => input.lengths?.[b] ?? steps
  const row = (data: ArrayLike<number> | undefined, i: number, width: number) =>
    data ? Float64Array.from({ length: width }, (_, j) => data[i * width + j]!) : zeros([width])
  /** A state's last steps from what the caller holds, oldest first. */
  const blocks = (data: ArrayLike<number> | undefined, b: number, s: number) =>
    Array.from({ length: depths[s]! }, (_, k) => row(data, b * depths[s]! + k, unitsOf(stateSizes[s]!, checked)))
  const put = (to: Float64Array, b: number, rows: readonly Float64Array[]) => {
    for (const [k, values] of rows.entries()) to.set(values, (b * rows.length + k) * values.length)
  }

  const oracles = Array.from({ length: batch }, (_, b) => {
    const oracle = new Oracle(cell, checked, (name) => weights.get(name)!)
    // Each state's history: `depth` steps from before the start, then one more a step.
    const history: Float64Array[][] = checked.state.map((initial, s) => blocks(initial, b, s))
    for (let k = 0; k < lengthOf(b); k++) {
      const before = past.map(({ state: s, back }) => history[s]!.at(-back)!)
      const next = oracle.forward(row(input.x.data, place(b, k), inputs), before)
      for (const [s, values] of next.entries()) history[s]!.push(values)
      y.set(next[0]!, place(b, k) * outputs)
      for (const [g, name] of cell.gates.entries()) gates[g]!.set(oracle.gate(name, k), place(b, k) * gateUnits[g]!)
    }
    for (const [s, values] of history.entries()) put(state[s]!, b, values.slice(-depths[s]!))
    return oracle
  })

  return {
    y,
    state,
    gates,
    backward(dy, dState) {
      const gradients = new Map(specs.map(({ name, shape }) => [name, zeros(shape)]))
      const dx = zeros([batch, steps, inputs])
      const dInitial = state.map(({ length }) => new Float64Array(length))
      for (const [b, oracle] of oracles.entries()) {
        // The adjoints of each state's history: zero but for its last steps, until later steps add to them.
        const adjoints = dState.map((final, s) => {
          const last = blocks(final, b, s)
          return [...Array.from({ length: lengthOf(b) }, () => zeros([last[0]!.length])), ...last]
        })
        const add = (to: Float64Array, amount: ArrayLike<number>) => {
          for (let i = 0; i < to.length; i++) to[i]! += amount[i]!
        }
        for (let k = lengthOf(b) - 1; k >= 0; k--) {
          const dNext = adjoints.map((of) => of.pop()!)
          add(dNext[0]!, row(dy, place(b, k), outputs))
          const back = oracle.backward(k, dNext, (name) => gradients.get(name)!)
          dx.set(back.x, place(b, k) * inputs)
          for (const [i, { state: s, back: steps }] of past.entries()) add(adjoints[s]!.at(-steps)!, back.past[i]!)
        }
        for (const [s, of] of adjoints.entries()) put(dInitial[s]!, b, of)
      }
      return { x: dx, weights: gradients, state: dInitial }
    },
  }
}
