import { describe, expect, test } from 'vitest'
import { type Cell, gru, layerNormLstm, lstm, mgu, minGru, minLstm, projectedLstm } from '../../src/cells/index.ts'
import { compile } from '../../src/recurrence/compile.ts'

const compiled = (cell: unknown) => compile(cell as Cell)
/** For each stage: products in the loop, passes forward, passes back. */
const stages = (cell: unknown) =>
  compiled(cell).stages.map(({ products, forward, backward }) => [products.length, forward.length, backward.length])

describe('what a cell is compiled to', () => {
  test.each([
    ['an LSTM: one product and one kernel a step', lstm, [[1, 1, 1]]],
    ['a GRU with reset after, whose candidate has a product of its own', gru, [[2, 1, 1]]],
    [
      'a minimal gated unit: two stages',
      mgu,
      [
        [1, 1, 1],
        [1, 1, 1],
      ],
    ],
    ['minGRU: no product is left in the loop', minGru, [[0, 1, 1]]],
    ['minLSTM: nor here', minLstm, [[0, 1, 1]]],
    // The last stage back has the gates' adjoints in one kernel, and the projected state's, which is read by products alone.
    [
      'a projection: a second stage',
      projectedLstm,
      [
        [1, 1, 2],
        [1, 2, 1],
      ],
    ],
    // Means and variances of the gates, then of c, and then all that is written.
    ['layer normalisation: sums ahead of the kernel', layerNormLstm, [[1, 5, 5]]],
  ])('%s', (_, cell, expected) => {
    expect(stages(cell)).toEqual(expected)
  })

  test('the products of minGRU and minLSTM are done before the loop, as one', () => {
    for (const [cell, gates] of [
      [minGru, 2],
      [minLstm, 3],
    ] as const)
      expect(compiled(cell).hoisted.map(({ matrix, count }) => [matrix, count])).toEqual([['ih', gates]])
  })

  test('units are computed apart, unless something is summed over them or they are of two sizes', () => {
    expect([lstm, gru, mgu, minGru].map((cell) => compiled(cell).unitsApart)).toEqual(Array(4).fill(true))
    expect([layerNormLstm, projectedLstm].map((cell) => compiled(cell).unitsApart)).toEqual([false, false])
  })
})
