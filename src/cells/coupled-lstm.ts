import { InputError, shown } from '../base/errors.ts'
import { type Expr, sub } from '../expr/index.ts'
import { defineCell } from './define.ts'
import { lstmActivations, lstmOptions } from './lstm-options.ts'

/**
 * LSTM with coupled input and forget gates (Greff et al. 2017, CIFG; ONNX's `input_forget`): what is written takes the place of as
 * much that is forgotten, f = 1 - i. With `peepholes`, the gates see the cell as in `peepholeLstm`.
 */
export const coupledLstm = defineCell({
  name: 'coupledLstm',
  state: ['h', 'c'],
  options: { ...lstmOptions, peepholes: false as boolean },
  order: {
    pytorch: ['input', 'candidate', 'output'],
    onnx: ['input', 'output', 'candidate'],
  },
  step({ x, h, c, linear, parameter }, options) {
    if (typeof options.peepholes !== 'boolean')
      throw new InputError(`coupledLstm: peepholes: expected true or false, got ${shown(options.peepholes)}`)
    const { f, g, out } = lstmActivations('coupledLstm', options)
    const gate = (name: string, cell: Expr) => {
      const product = linear(name, x, h)
      return f(options.peepholes ? product.add(parameter(`peephole_${name}`, 0).mul(cell)) : product)
    }
    const input = gate('input', c)
    const candidate = g(linear('candidate', x, h))
    const cell = sub(1, input).mul(c).add(input.mul(candidate))
    const output = gate('output', cell)
    return { h: output.mul(out(cell)), c: cell, gates: { input, candidate, output } }
  },
})
