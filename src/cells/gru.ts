import { expectOneOf } from '../base/errors.ts'
import { sub } from '../expr/index.ts'
import { type Activation, activate, type Clip } from './activations.ts'
import { defineCell } from './define.ts'

/**
 * Gated recurrent unit (Cho et al. 2014). The reset gate acts after the recurrent product, as in PyTorch and cuDNN, or
 * before it, as in the paper and in ONNX's default: a product inside the step. `recurrentActivation` is the gates',
 * `activation` the candidate's (Keras's names; f and g in ONNX); `clip` bounds what they are given.
 */
export const gru = defineCell({
  name: 'gru',
  state: ['h'],
  options: {
    reset: 'after' as 'after' | 'before',
    activation: 'tanh' as Activation,
    recurrentActivation: 'sigmoid' as Activation,
    clip: false as Clip,
  },
  order: {
    pytorch: ['reset', 'update', 'candidate'],
    onnx: ['update', 'reset', 'candidate'],
    keras: ['update', 'reset', 'candidate'],
  },
  step({ x, h, linear }, options) {
    expectOneOf('gru: reset', options.reset, ['after', 'before'])
    const f = activate('gru: recurrentActivation', options.recurrentActivation, options.clip)
    const g = activate('gru: activation', options.activation, options.clip)
    const reset = f(linear('reset', x, h))
    const update = f(linear('update', x, h))
    const candidate = g(
      options.reset === 'before'
        ? linear('candidate', x, reset.mul(h))
        : linear('candidate', x).add(reset.mul(linear('candidate', h))),
    )
    return { h: sub(1, update).mul(candidate).add(update.mul(h)), gates: { reset, update, candidate } }
  },
})
