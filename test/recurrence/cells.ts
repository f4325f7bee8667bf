// By the public names alone, so that a page tests the same ones.
import { type Cell, cells, defineCell } from 'unrolled'
import { type Expr, exp, mean, neg, sigmoid, square, tanh } from 'unrolled/expr'

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

/** Two products, one of which hangs on the other, and a skip of three steps (Zhang et al. 2016): nothing in `src` knows of it. */
export const skippingCell = defineCell({
  name: 'skipping',
  state: ['h'],
  step({ x, h, linear }) {
    const keep = sigmoid(linear('keep', x, h.back(3)))
    return { h: keep.mul(h.back(3)).add(tanh(linear('write', x, keep.mul(h)))), gates: { keep } }
  },
})

/** Several skips at once, of two states, in products and outside; one state is never read a single step back. */
export const windingCell = defineCell({
  name: 'winding',
  state: ['h', 'm'],
  step({ x, h, m, linear }) {
    const write = sigmoid(linear('write', x, h.back(2), m.back(4)))
    const read = tanh(linear('read', x, h.back(5), write.mul(m.back(2))).add(linear('recall', h)))
    return { h: read.sub(h.back(3).mul(0.3)), m: write.mul(m.back(2)).add(m.back(3).mul(h)), gates: { write, read } }
  },
})

/** A projected state that is not the output, normalised and looked back at; a mean within a product's operand; a given vector. */
export const foldingCell = defineCell({
  name: 'folding',
  state: ['h', 'p'],
  projected: ['p'],
  step({ x, h, p, linear, project, parameter, given }) {
    const around = (z: Expr) => z.sub(mean(z))
    const gate = sigmoid(linear('gate', x, h).mul(parameter('gain', 1)))
    const candidate = tanh(linear('candidate', x, around(h.mul(gate))).add(linear('memory', p.back(2))))
    const next = gate.mul(h).add(around(candidate).mul(given('weights', [0.5, -0.3, 0.9, 0.1])))
    const memory = p.mul(0.5).add(project(next.mul(mean(square(next)))))
    return { h: next, p: around(memory), gates: { gate, memory } }
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
  ['leaky of each unit', cells.leaky.with({ alpha: [0.1, 0.5, 0.9, 0, 1] })],
  ['peephole lstm', cells.peepholeLstm],
  ['peephole lstm clipped', cells.peepholeLstm.with({ clip: 0.7, activation: 'softplus' })],
  ['coupled lstm', cells.coupledLstm],
  ['coupled lstm with peepholes', cells.coupledLstm.with({ peepholes: true })],
  ['mgu', cells.mgu],
  ['projected lstm', cells.projectedLstm],
  ['layer norm lstm', cells.layerNormLstm],
  ['minGru', cells.minGru],
  ['minLstm', cells.minLstm],
  ['own', ownCell],
  ['skipping', skippingCell],
  ['winding', windingCell],
  ['folding', foldingCell],
]
