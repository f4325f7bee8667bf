import { sigmoid, tanh } from '../expr/index.ts'
import { defineCell } from './define.ts'

/** Long short-term memory (Hochreiter & Schmidhuber 1997) with a forget gate (Gers et al. 2000). */
export const lstm = defineCell({
  name: 'lstm',
  state: ['h', 'c'],
  order: {
    pytorch: ['input', 'forget', 'candidate', 'output'],
    onnx: ['input', 'output', 'forget', 'candidate'],
    keras: ['input', 'forget', 'candidate', 'output'],
  },
  step({ x, h, c, linear }) {
    const forget = sigmoid(linear('forget', x, h))
    const input = sigmoid(linear('input', x, h))
    const candidate = tanh(linear('candidate', x, h))
    const output = sigmoid(linear('output', x, h))
    const cell = forget.mul(c).add(input.mul(candidate))
    return { h: output.mul(tanh(cell)), c: cell, gates: { forget, input, candidate, output } }
  },
})
