// By the public names alone, so that a page tests the same ones.
import { type Cell, cells, defineCell } from 'unrolled'
import { exp, neg, sigmoid, tanh } from 'unrolled/expr'

/** A cell no file of `src` knows: two stages, a state read by a product of its own, x used directly, a parameter. */
export const ownCell = defineCell({
  name: 'own',
  state: ['h', 'm'],
  step({ x, h, m, linear, parameter }) {
    const rate = exp(neg(parameter('rate', 0.3)))
    const write = sigmoid(linear('write', x, h, m))
    const memory = m.mul(rate).add(write.mul(tanh(linear('content', x))))
    const read = linear('read', tanh(memory).mul(h))
    return { h: tanh(read).add(x.mul(0.1)), m: memory, gates: { write, read } }
  },
})

/** Every cell in every option. */
export const allCells: readonly (readonly [string, Cell])[] = [
  ['rnn tanh', cells.rnn],
  ['rnn relu', cells.rnn.with({ activation: 'relu' })],
  ['rnn identity', cells.rnn.with({ activation: 'identity' })],
  ['rnn leakyRelu', cells.rnn.with({ activation: { name: 'leakyRelu', alpha: 0.2 } })],
  ['rnn softplus', cells.rnn.with({ activation: 'softplus' })],
  ['rnn elu', cells.rnn.with({ activation: { name: 'elu', alpha: 0.7 } })],
  ['lstm', cells.lstm],
  [
    'lstm of other activations, clipped',
    cells.lstm.with({
      recurrentActivation: { name: 'hardSigmoid', alpha: 0.3 },
      activation: 'softsign',
      outputActivation: { name: 'scaledTanh', alpha: 1.2, beta: 0.6 },
      clip: 1.5,
    }),
  ],
  ['gru reset after', cells.gru],
  ['gru reset before', cells.gru.with({ reset: 'before' })],
  ['gru clipped', cells.gru.with({ recurrentActivation: { name: 'affine', alpha: 0.4, beta: 0.3 }, clip: 0.8 })],
  ['leaky given', cells.leaky.with({ alpha: 0.8 })],
  ['leaky learned', cells.leaky.with({ alpha: 'learned' })],
  ['own', ownCell],
]
