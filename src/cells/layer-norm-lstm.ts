import { type Expr, mean, sigmoid, sqrt, square, tanh } from '../expr/index.ts'
import { defineCell } from './define.ts'

/** Added to the variance; PyTorch's default. */
const EPSILON = 1e-5

/**
 * LSTM with layer normalisation (Ba et al. 2016, applied to each gate on its own as in TensorFlow's `LayerNormBasicLSTMCell`): every
 * pre-activation, and c on its way out, is brought to mean 0 and variance 1 over the units of a step, then scaled and shifted by
 * learned vectors.
 */
export const layerNormLstm = defineCell({
  name: 'layerNormLstm',
  state: ['h', 'c'],
  order: { pytorch: ['input', 'forget', 'candidate', 'output'] },
  step({ x, h, c, linear, parameter }) {
    const norm = (name: string, z: Expr) => {
      const centred = z.sub(mean(z))
      const normal = centred.div(sqrt(mean(square(centred)).add(EPSILON)))
      return normal.mul(parameter(`gain_${name}`, 1)).add(parameter(`shift_${name}`, 0))
    }
    const gate = (name: string) => norm(name, linear(name, x, h))
    const forget = sigmoid(gate('forget'))
    const input = sigmoid(gate('input'))
    const candidate = tanh(gate('candidate'))
    const output = sigmoid(gate('output'))
    const cell = forget.mul(c).add(input.mul(candidate))
    return { h: output.mul(tanh(norm('cell', cell))), c: cell, gates: { forget, input, candidate, output } }
  },
})
