import { expectOneOf } from '../base/errors.ts'
import { sigmoid, sub, tanh } from '../expr/index.ts'
import { defineCell } from './define.ts'

/**
 * Gated recurrent unit (Cho et al. 2014). The reset gate acts after the recurrent product, as in PyTorch and cuDNN, or
 * before it, as in the paper and in ONNX's default: a product inside the step.
 */
export const gru = defineCell({
  name: 'gru',
  state: ['h'],
  options: { reset: 'after' as 'after' | 'before' },
  order: {
    pytorch: ['reset', 'update', 'candidate'],
    onnx: ['update', 'reset', 'candidate'],
    keras: ['update', 'reset', 'candidate'],
  },
  step({ x, h, linear }, options) {
    expectOneOf('gru: reset', options.reset, ['after', 'before'])
    const reset = sigmoid(linear('reset', x, h))
    const update = sigmoid(linear('update', x, h))
    const candidate = tanh(
      options.reset === 'before'
        ? linear('candidate', x, reset.mul(h))
        : linear('candidate', x).add(reset.mul(linear('candidate', h))),
    )
    return { h: sub(1, update).mul(candidate).add(update.mul(h)), gates: { reset, update, candidate } }
  },
})
