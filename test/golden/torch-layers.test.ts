import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import type { Variable } from '../../src/autograd/index.ts'
import type { PlainTensor } from '../../src/base/shape.ts'
import { gru, lstm, rnn, sequential } from '../../src/index.ts'
import { furthest } from './compare.ts'

type Tensors = Readonly<Record<string, PlainTensor>>

/** A stack of PyTorch's, forward and back, as torch-layers.py wrote it. */
interface TorchStack {
  readonly cell: 'rnn' | 'lstm' | 'gru'
  readonly layers: number
  readonly bidirectional: boolean
  readonly lengths: readonly number[]
  readonly x: PlainTensor
  readonly weights: Tensors
  readonly state: Tensors
  readonly adjoints: { readonly y: PlainTensor; readonly state: Tensors }
  readonly y: PlainTensor
  readonly final: Tensors
  readonly gradients: { readonly x: PlainTensor; readonly weights: Tensors; readonly state: Tensors }
}

const { stacks }: { stacks: readonly TorchStack[] } = JSON.parse(
  readFileSync(new URL('torch-layers.json', import.meta.url), 'utf8'),
)
const make = { rnn, lstm, gru }

/** The same stack here: its outputs, final states and the derivatives of PyTorch's loss, by PyTorch's names. */
function run(golden: TorchStack, kernels: 'reference' | 'auto') {
  const { cell, layers, lengths } = golden
  const layer = make[cell](2, { layers, ...(golden.bidirectional ? { bidirectional: 'concat' } : {}) })
  const model = sequential([layer]).init({ inputs: 3, kernels })
  // The order in which PyTorch lists them too, so that files come out alike.
  expect(model.parameters.names).toEqual(Object.keys(golden.weights).map((name) => `0.${name}`))
  model.parameters.write(new Map(Object.entries(golden.weights).map(([name, weight]) => [`0.${name}`, weight])))
  return model.withTape((tape) => {
    const x = tape.input(golden.x, true)
    const initial = new Map(Object.entries(golden.state).map(([name, state]) => [`0.${name}`, tape.input(state, true)]))
    const final = new Map<string, Variable>()
    const y = model.forward(tape, x, { lengths, initial, final: (name, state) => final.set(name, state) })
    const read = (variables: ReadonlyMap<string, Variable>) =>
      Object.fromEntries([...variables].map(([name, variable]) => [name.replace('0.', ''), tape.read(variable)]))
    const gradientOf = (variable: Variable): Variable => ({ ...variable, at: tape.gradient(variable) })
    for (const [name, state] of final)
      model.kernels.memory
        .view(tape.gradient(state), state.size)
        .set(golden.adjoints.state[name.replace('0.', '')]!.data)
    tape.backward(y, golden.adjoints.y.data)
    const weights = new Map(model.parameters.names.map((name) => [name, gradientOf(model.parameters.get(name))]))
    const states = new Map([...initial].map(([name, state]) => [name, gradientOf(state)]))
    return {
      output: { y: tape.read(y), x: tape.read(gradientOf(x)) },
      final: read(final),
      weights: read(weights),
      states: read(states),
    }
  })
}

describe.each(stacks.map((golden) => [golden.cell, golden.layers, golden.bidirectional, golden] as const))(
  "PyTorch's %s of %d layers, bidirectional %s",
  (_, __, ___, golden) => {
    test.each([
      ['reference', 1e-9],
      ['auto', 1e-5],
    ] as const)('on %s kernels: outputs, final states and every gradient, ragged, within %d', (kernels, tolerance) => {
      const ours = run(golden, kernels)
      const theirs: { readonly [Part in keyof typeof ours]: Tensors } = {
        output: { y: golden.y, x: golden.gradients.x },
        final: golden.final,
        weights: golden.gradients.weights,
        states: golden.gradients.state,
      }
      for (const [part, expected] of Object.entries(theirs) as [keyof typeof ours, Tensors][]) {
        const actual: Tensors = ours[part]
        expect(Object.keys(actual).sort(), part).toEqual(Object.keys(expected).sort())
        for (const [name, tensor] of Object.entries(expected)) {
          expect(actual[name]!.shape, `${part} ${name}`).toEqual(tensor.shape)
          expect(furthest(actual[name]!, tensor), `${part} ${name}`).toBeLessThan(tolerance)
        }
      }
    })
  },
)
