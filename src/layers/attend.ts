import {
  activations,
  additiveAttention,
  attention,
  concat,
  dense,
  pointwise,
  type Variable,
} from '../autograd/index.ts'
import { expectOneOf, InputError } from '../base/errors.ts'
import { type Shape, showShape } from '../base/shape.ts'
import type { LayerScope, ParameterSpec } from './layer.ts'

/** How what is looked for is held against what there is. */
export type Attention = 'dot' | 'general' | 'additive'

/** @throws InputError when the encoder gives one step alone, or `'dot'` finds other sizes */
export function attentionParameters(kind: Attention, units: number, encoded: Shape): ParameterSpec[] {
  expectOneOf('encoderDecoder: attention', kind, ['dot', 'general', 'additive'])
  const features = encoded[1]
  if (features === undefined)
    throw new InputError("encoderDecoder: attention looks at every step of the encoder: its layers need returns: 'all'")
  if (kind === 'dot' && features !== units)
    throw new InputError(
      `encoderDecoder: attention 'dot' needs cells of the encoder's width, got ${units} units for ${showShape(encoded)}; take 'general'`,
    )
  const weight = (name: string, rows: number, columns: number): ParameterSpec => ({
    name: `attention.${name}`,
    shape: [rows, columns],
    initial: { bound: 1 / Math.sqrt(columns) },
  })
  const scores = {
    dot: [],
    general: [weight('score', features, units)],
    additive: [weight('query', units, units), weight('key', units, features), weight('score', 1, units)],
  }
  const bias = { name: 'attention.bias', shape: [units], initial: { bound: 1 / Math.sqrt(features + units) } }
  return [...scores[kind], weight('combine', units, features + units), bias]
}

/** tanh(W·[context, h] + b), where the context is what h `[B, U, H]` finds in the encoder's outputs `[B, T, E]`. */
export function attend(
  kind: Attention,
  h: Variable,
  outputs: Variable,
  {
    tape,
    parameter,
    lengths,
    observe,
  }: Pick<LayerScope, 'tape' | 'parameter' | 'lengths'> & {
    observe(weights: Variable): void
  },
): Variable {
  const own = (name: string) => parameter(`attention.${name}`)
  const options = { lengths, observe }
  const dot = (queries: Variable) => attention.run(tape, [queries, outputs, outputs], { ...options, scale: 1 })
  const contexts: { readonly [A in Attention]: () => Variable } = {
    dot: () => dot(h),
    general: () => dot(dense.run(tape, [h, own('score')], undefined)),
    additive: () => additiveAttention.run(tape, [h, outputs, outputs, own('query'), own('key'), own('score')], options),
  }
  const both = concat.run(tape, [contexts[kind](), h], undefined)
  return pointwise.run(tape, [dense.run(tape, [both, own('combine'), own('bias')], undefined)], activations.tanh)
}
