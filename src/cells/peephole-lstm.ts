import { defineCell } from './define.ts'
import { lstmActivations, lstmOptions } from './lstm-options.ts'

/**
 * LSTM with peepholes (Gers & Schmidhuber 2000; ONNX's P): gates see the cell, each unit its own, by a learned vector that starts
 * at 0; the input and forget gates as it was before the step, the output gate as it is after.
 */
export const peepholeLstm = defineCell({
  name: 'peepholeLstm',
  state: ['h', 'c'],
  options: lstmOptions,
  order: {
    pytorch: ['input', 'forget', 'candidate', 'output'],
    onnx: ['input', 'output', 'forget', 'candidate'],
  },
  step({ x, h, c, linear, parameter }, options) {
    const { f, g, out } = lstmActivations('peepholeLstm', options)
    const forget = f(linear('forget', x, h).add(parameter('peephole_forget', 0).mul(c)))
    const input = f(linear('input', x, h).add(parameter('peephole_input', 0).mul(c)))
    const candidate = g(linear('candidate', x, h))
    const cell = forget.mul(c).add(input.mul(candidate))
    const output = f(linear('output', x, h).add(parameter('peephole_output', 0).mul(cell)))
    return { h: output.mul(out(cell)), c: cell, gates: { forget, input, candidate, output } }
  },
})
