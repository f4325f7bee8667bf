import { type Activation, activate, type Clip } from './activations.ts'
import { defineCell } from './define.ts'

/**
 * The simple recurrent unit (Elman 1990): h ← tanh(W x + U h + b), or another activation in place of tanh; `clip` bounds
 * what it is given.
 */
export const rnn = defineCell({
  name: 'rnn',
  state: ['h'],
  options: { activation: 'tanh' as Activation, clip: false as Clip },
  step({ x, h, linear }, { activation, clip }) {
    return { h: activate('rnn: activation', activation, clip)(linear('hidden', x, h)) }
  },
})
