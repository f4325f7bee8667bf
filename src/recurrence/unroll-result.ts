import { InputError, suggestion } from '../base/errors.ts'
import type { FloatArray } from '../base/samples.ts'
import { expectShape, type PlainTensor } from '../base/shape.ts'
import type { Cell } from '../cells/define.ts'
import { gateSizes, outputsOf, stateShape } from './sizes.ts'
import type { CheckedInput } from './unroll-input.ts'

/** A tensor that came out of a computation. */
export interface Tensor extends PlainTensor {
  readonly data: FloatArray
}

/** A loss's derivatives by what `unroll` returned; what is absent is zero. */
export interface UnrollAdjoints<S extends string> {
  readonly y?: PlainTensor
  readonly state?: { readonly [State in S]?: PlainTensor }
}

export interface UnrollResult<S extends string = string, G extends string = string> {
  /** The first state after each step, `[B, T, H]`; zero where a sequence has ended. */
  readonly y: Tensor
  /** Each state after each sequence's own last step, `[B, H]`; its last ones `[B, depth, H]` where the cell looks further back. */
  readonly state: { readonly [State in S]: Tensor }
  /** Each gate after each step, `[B, T, H]`; zero where a sequence has ended. */
  readonly gates: { readonly [Gate in G]: Tensor }
  /** Back-propagation through time: the derivatives by x, by every weight and by the initial states. */
  backward(adjoints: UnrollAdjoints<S>): {
    readonly x: Tensor
    readonly weights: Readonly<Record<string, Tensor>>
    readonly state: { readonly [State in S]: Tensor }
  }
}

/** The numbers of a run, in declared order; what differs between the oracle and the kernels. */
export interface UnrolledNumbers {
  readonly y: FloatArray
  readonly state: readonly FloatArray[]
  readonly gates: readonly FloatArray[]
  backward(
    dy: ArrayLike<number> | undefined,
    dState: readonly (ArrayLike<number> | undefined)[],
  ): {
    readonly x: FloatArray
    readonly weights: ReadonlyMap<string, FloatArray>
    readonly state: readonly FloatArray[]
  }
}

/** Gives numbers their shapes and names. */
export function named<S extends string, G extends string>(
  cell: Cell<S, G>,
  checked: CheckedInput,
  numbers: UnrolledNumbers,
): UnrollResult<S, G> {
  const { batch, steps, inputs, specs } = checked
  const gates = gateSizes(cell, checked)
  const bySteps = (data: FloatArray, units: number): Tensor => ({ data, shape: [batch, steps, units] })
  const outputs = outputsOf(cell, checked)
  const stateOf = (i: number) => [batch, ...stateShape(cell, i, checked)]
  const states = (data: readonly FloatArray[]) =>
    record(
      cell.states,
      data.map((state, i) => ({ data: state, shape: stateOf(i) })),
    )
  return {
    y: bySteps(numbers.y, outputs),
    state: states(numbers.state),
    gates: record(
      cell.gates,
      numbers.gates.map((data, i) => bySteps(data, gates[i]!)),
    ),
    backward({ y, state = {} }) {
      if (y) expectShape('the adjoint of y', y, [batch, steps, outputs])
      for (const [name, adjoint] of Object.entries(state) as [S, PlainTensor][]) {
        if (!cell.states.includes(name))
          throw new InputError(`cell '${cell.name}' has no state '${name}'${suggestion(name, cell.states)}`)
        expectShape(`the adjoint of state ${name}`, adjoint, stateOf(cell.states.indexOf(name)))
      }
      const adjoints = cell.states.map((name) => (state as { [State in S]?: PlainTensor })[name]?.data)
      const back = numbers.backward(y?.data, adjoints)
      return {
        x: { data: back.x, shape: [batch, steps, inputs] },
        weights: Object.fromEntries(specs.map(({ name, shape }) => [name, { data: back.weights.get(name)!, shape }])),
        state: states(back.state),
      }
    },
  }
}

const record = <K extends string, V>(keys: readonly K[], values: readonly V[]) =>
  Object.fromEntries(keys.map((key, i) => [key, values[i]!])) as { [Key in K]: V }
