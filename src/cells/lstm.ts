import { defineCell } from './define.ts'
import { lstmActivations, lstmOptions } from './lstm-options.ts'

/**
 * Long short-term memory (Hochreiter & Schmidhuber 1997) with a forget gate (Gers et al. 2000). Its options are
 * `lstmOptions`.
 */
export const lstm = defineCell({
  name: 'lstm',
  state: ['h', 'c'],
  options: lstmOptions,
  order: {
    pytorch: ['input', 'forget', 'candidate', 'output'],
    onnx: ['input', 'output', 'forget', 'candidate'],
    keras: ['input', 'forget', 'candidate', 'output'],
  },
  step({ x, h, c, linear }, options) {
    const { f, g, out } = lstmActivations('lstm', options)
    const forget = f(linear('forget', x, h))
    const input = f(linear('input', x, h))
    const candidate = g(linear('candidate', x, h))
    const output = f(linear('output', x, h))
    const cell = forget.mul(c).add(input.mul(candidate))
    return { h: output.mul(out(cell)), c: cell, gates: { forget, input, candidate, output } }
  },
})
