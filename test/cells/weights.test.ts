import { describe, expect, test } from 'vitest'
import { InputError } from '../../src/base/errors.ts'
import {
  type Cell,
  defineCell,
  gru,
  leaky,
  lstm,
  minGru,
  peepholeLstm,
  projectedLstm,
  rnn,
} from '../../src/cells/index.ts'
import { tanh } from '../../src/expr/index.ts'
import { weightSpecs } from '../../src/recurrence/index.ts'

/** `weight_ih [8, 3]`: every weight of a cell with 3 inputs and 2 units. */
const weightsOf = (cell: unknown) =>
  weightSpecs(cell as Cell, 3, 2, 1).map(
    ({ name, shape, initial }) => `${name} [${shape.join(', ')}]${initial === undefined ? '' : ` = ${initial}`}`,
  )

const stacked = (gates: number) => [
  `weight_ih [${gates * 2}, 3]`,
  `weight_hh [${gates * 2}, 2]`,
  `bias_ih [${gates * 2}]`,
  `bias_hh [${gates * 2}]`,
]

describe("the weights are named and shaped as PyTorch's", () => {
  test.each([
    ['rnn', rnn, stacked(1)],
    ['rnn relu', rnn.with({ activation: 'relu' }), stacked(1)],
    ['rnn identity', rnn.with({ activation: 'identity' }), stacked(1)],
    ['lstm', lstm, stacked(4)],
    ['gru, reset after', gru, stacked(3)],
    ['gru, reset before', gru.with({ reset: 'before' }), stacked(3)],
    ['leaky, α given', leaky, stacked(1)],
    ['leaky, α learned', leaky.with({ alpha: 'learned' }), [...stacked(1), 'alpha_logit [2] = 0']],
    ['leaky, α of each unit, which is no weight', leaky.with({ alpha: [0.1, 0.9] }), stacked(1)],
    ['minGRU, without a recurrent matrix', minGru, ['weight_ih [4, 3]', 'bias_ih [4]']],
    [
      'peephole LSTM',
      peepholeLstm,
      [...stacked(4), ...['forget', 'input', 'output'].map((gate) => `peephole_${gate} [2] = 0`)],
    ],
    [
      'LSTM with a projection, which has no bias',
      projectedLstm,
      ['weight_ih [8, 3]', 'weight_hh [8, 1]', 'weight_hr [1, 2]', 'bias_ih [8]', 'bias_hh [8]'],
    ],
  ])('%s', (_, cell, expected) => {
    expect(weightsOf(cell)).toEqual(expected)
  })

  test('a state some steps back has a matrix of its own', () => {
    const skipping = defineCell({
      name: 'skipping',
      state: ['h', 'm'],
      step: ({ x, h, m, linear }) => ({ h: tanh(linear('read', x, h, h.back(3), m.back(2))), m: h }),
    })
    const recurrent = ['hh', 'hh_back3', 'mh_back2']
    expect(weightsOf(skipping)).toEqual([
      'weight_ih [2, 3]',
      ...recurrent.map((name) => `weight_${name} [2, 2]`),
      'bias_ih [2]',
      ...recurrent.map((name) => `bias_${name} [2]`),
    ])
  })

  test('vectors given for other units than the cell has are refused', () => {
    expect(() => weightsOf(leaky.with({ alpha: [0.1, 0.5, 0.9] }))).toThrow(
      new InputError("cell 'leaky' is given 3 numbers for alpha, one a unit, but has 2 units"),
    )
  })

  test("a cell of one's own has a matrix for each state that a product reads", () => {
    const own = defineCell({
      name: 'own',
      state: ['h', 'm'],
      step({ x, h, m, linear, parameter }) {
        const memory = tanh(linear('write', x, m)).mul(parameter('gain', 1.5))
        return { h: tanh(linear('read', h, m)), m: memory }
      },
    })
    expect(weightsOf(own)).toEqual([
      'weight_ih [2, 3]',
      'weight_mh [4, 2]',
      'weight_hh [2, 2]',
      'bias_ih [2]',
      'bias_mh [4]',
      'bias_hh [2]',
      'gain [2] = 1.5',
    ])
  })
})
