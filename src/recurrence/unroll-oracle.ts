import { sizeOf } from '../base/shape.ts'
import type { Cell } from '../cells/define.ts'
import { Oracle } from './oracle.ts'
import type { CheckedInput, UnrollInput } from './unroll-input.ts'
import type { UnrolledNumbers } from './unroll-result.ts'

const zeros = (shape: readonly number[]) => new Float64Array(sizeOf(shape))

/** Runs `unroll` on the oracle: one sequence after another, each through its own steps. */
export function unrollOnOracle(cell: Cell, input: UnrollInput, checked: CheckedInput): UnrolledNumbers {
  const { batch, steps, inputs, hidden, specs } = checked
  const weights = new Map([...checked.weights].map(([name, data]) => [name, Float64Array.from(data)]))
  const y = zeros([batch, steps, hidden])
  const state = cell.states.map(() => zeros([batch, hidden]))
  const gates = cell.gates.map(() => zeros([batch, steps, hidden]))
  /** The caller's place of a sequence's k-th own step. */
  const place = (b: number, k: number) => b * steps + (input.reverse ? lengthOf(b) - 1 - k : k)
  const lengthOf = (b: number) => input.lengths?.[b] ?? steps
  const row = (data: ArrayLike<number> | undefined, i: number, width: number) =>
    data ? Float64Array.from({ length: width }, (_, j) => data[i * width + j]!) : zeros([width])

  const oracles = Array.from({ length: batch }, (_, b) => {
    const oracle = new Oracle(cell, hidden, (name) => weights.get(name)!)
    let current: Float64Array[] = checked.state.map((initial) => row(initial, b, hidden))
    for (let k = 0; k < lengthOf(b); k++) {
      current = oracle.forward(row(input.x.data, place(b, k), inputs), current)
      y.set(current[0]!, place(b, k) * hidden)
      for (const [g, name] of cell.gates.entries()) gates[g]!.set(oracle.gate(name, k), place(b, k) * hidden)
    }
    for (const [s, final] of current.entries()) state[s]!.set(final, b * hidden)
    return oracle
  })

  return {
    y,
    state,
    gates,
    backward(dy, dState) {
      const gradients = new Map(specs.map(({ name, shape }) => [name, zeros(shape)]))
      const dx = zeros([batch, steps, inputs])
      const dInitial = cell.states.map(() => zeros([batch, hidden]))
      for (const [b, oracle] of oracles.entries()) {
        let adjoint: Float64Array[] = dState.map((final) => row(final, b, hidden))
        for (let k = lengthOf(b) - 1; k >= 0; k--) {
          const own = row(dy, place(b, k), hidden)
          const dNext = adjoint.map((d, s) => (s === 0 ? d.map((value, i) => value + own[i]!) : d))
          const back = oracle.backward(k, dNext, (name) => gradients.get(name)!)
          dx.set(back.x, place(b, k) * inputs)
          adjoint = back.state
        }
        for (const [s, initial] of adjoint.entries()) dInitial[s]!.set(initial, b * hidden)
      }
      return { x: dx, weights: gradients, state: dInitial }
    },
  }
}
