import { leaf, tanh } from '../expr/index.ts'
import { type AttentionOptions, expectSequences, weighed } from './attention.ts'
import { dense } from './dense.ts'
import { defineOp, type OpSamples } from './op.ts'
import { pointwise, pointwiseOf } from './pointwise.ts'
import { repeat } from './repeat.ts'
import { reshape } from './reshape.ts'

const [q, k] = [leaf('q'), leaf('k')]
const joined = pointwiseOf([q, k], tanh(q.add(k)))

/**
 * Values weighed by softmax(v·tanh(W·q + U·k)) (Bahdanau et al. 2015): queries `[B, Tq, Q]`, keys `[B, Tk, K]`, values
 * `[B, Tk, V]`, then W `[A, Q]`, U `[A, K]` and v `[1, A]`, give `[B, Tq, V]`. Works on all B·Tq·Tk·A numbers at once.
 */
export const additiveAttention = defineOp<AttentionOptions>({
  name: 'additive attention',
  run(tape, [queries, keys, values, w, u, v], options) {
    expectSequences(queries!, keys!, values!, options.lengths)
    const [batch, from] = queries!.shape as [number, number]
    const to = keys!.shape[1]!
    const left = repeat.run(tape, [dense.run(tape, [queries!, w!], undefined)], { at: 2, times: to })
    const right = repeat.run(tape, [dense.run(tape, [keys!, u!], undefined)], { at: 1, times: from })
    const scores = dense.run(tape, [pointwise.run(tape, [left, right], joined), v!], undefined)
    return weighed(tape, reshape.run(tape, [scores], { shape: [batch, from, to] }), values!, options)
  },
})

export const samples: OpSamples<AttentionOptions> = () => [
  {
    shapes: [
      [1, 1, 1],
      [1, 1, 1],
      [1, 1, 1],
      [1, 1],
      [1, 1],
      [1, 1],
    ],
    options: {},
  },
  {
    shapes: [
      [3, 2, 4],
      [3, 5, 3],
      [3, 5, 2],
      [6, 4],
      [6, 3],
      [1, 6],
    ],
    options: { lengths: [5, 0, 2] },
  },
]
