import { InputError } from '../base/errors.ts'
import { showShape } from '../base/shape.ts'
import { expectLengths } from './loss.ts'
import { defineOp, type OpSamples } from './op.ts'
import { product } from './product.ts'
import { softmax } from './softmax.ts'
import type { Tape, Variable } from './tape.ts'

export interface AttentionOptions {
  /** How many keys of each sample there are: those behind get the weight 0. Where there are none the result is 0. */
  readonly lengths?: ArrayLike<number> | undefined
  /** Called with the weights `[B, Tq, Tk]`, for a look inside: rows that add up to 1. */
  readonly observe?: ((weights: Variable) => void) | undefined
}

export interface DotAttentionOptions extends AttentionOptions {
  /** Multiplies the scores; 1/√D by default. */
  readonly scale?: number | undefined
}

/**
 * Values weighed by softmax(q·k/√D), the scaled dot product (Vaswani et al. 2017): queries `[B, Tq, D]`, keys `[B, Tk, D]` and
 * values `[B, Tk, V]` give `[B, Tq, V]`. Luong's general score q·W·k is that of `dense.run(tape, [queries, W])`, with scale 1.
 */
export const attention = defineOp<DotAttentionOptions>({
  name: 'attention',
  run(tape, [queries, keys, values], { scale = 1 / Math.sqrt(keys!.shape.at(-1)!), ...options }) {
    expectSequences(queries!, keys!, values!, options.lengths)
    if (queries!.shape[2] !== keys!.shape[2])
      throw new InputError(
        `attention: expected queries and keys of as many features, got ${showShape(queries!.shape)} and ${showShape(keys!.shape)}`,
      )
    const scores = product.run(tape, [queries!, keys!], { transposed: true })
    return weighed(tape, scores, values!, options, scale)
  },
})

export const samples: OpSamples<DotAttentionOptions> = () => [
  {
    shapes: [
      [1, 1, 1],
      [1, 1, 1],
      [1, 1, 1],
    ],
    options: {},
  },
  {
    shapes: [
      [2, 3, 5],
      [2, 4, 5],
      [2, 4, 7],
    ],
    options: {},
  },
  {
    shapes: [
      [3, 2, 4],
      [3, 5, 4],
      [3, 5, 4],
    ],
    options: { lengths: [5, 0, 2], scale: 1 },
  },
]

/** Values `[B, Tk, V]` weighed by the softmax of scores `[B, Tq, Tk]`. */
export function weighed(
  tape: Tape,
  scores: Variable,
  values: Variable,
  { lengths, observe }: AttentionOptions,
  scale = 1,
): Variable {
  const weights = softmax.run(tape, [scores], { lengths, scale })
  observe?.(weights)
  return product.run(tape, [weights, values], {})
}

/** @throws InputError when these are not sequences of one batch, or there are not as many values as keys */
export function expectSequences(
  queries: Variable,
  keys: Variable,
  values: Variable,
  lengths: ArrayLike<number> | undefined,
): void {
  const [batch, steps] = keys.shape
  const three = [queries, keys, values].every(({ shape }) => shape.length === 3 && shape[0] === batch)
  if (!three || values.shape[1] !== steps)
    throw new InputError(
      'attention: expected queries [batch, steps, features], keys and values [batch, other steps, features], ' +
        `got ${[queries, keys, values].map(({ shape }) => showShape(shape)).join(', ')}`,
    )
  if (lengths) expectLengths('attention', lengths, batch!, steps!)
}
