import { defineCell } from './define.ts'
import { lstmActivations, lstmOptions } from './lstm-options.ts'

/**
 * LSTM with a projection (Sak et al. 2014; PyTorch's `proj_size`): h, and with it all that recurs, is a product of P numbers,
 * while the cell has H.
 */
export const projectedLstm = defineCell({
  name: 'projectedLstm',
  state: ['h', 'c'],
  projected: ['h'],
  options: lstmOptions,
  order: { pytorch: ['input', 'forget', 'candidate', 'output', 'projection'] },
  step({ x, h, c, linear, project }, options) {
    const { f, g, out } = lstmActivations('projectedLstm', options)
    const forget = f(linear('forget', x, h))
    const input = f(linear('input', x, h))
    const candidate = g(linear('candidate', x, h))
    const output = f(linear('output', x, h))
    const cell = forget.mul(c).add(input.mul(candidate))
    return { h: project(output.mul(out(cell))), c: cell, gates: { forget, input, candidate, output } }
  },
})
