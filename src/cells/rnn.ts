import { expectOneOf } from '../base/errors.ts'
import { type Expr, relu, tanh } from '../expr/index.ts'
import { defineCell } from './define.ts'

const activations = { tanh, relu, identity: (z: Expr) => z }

/** The simple recurrent unit (Elman 1990): h ← tanh(W x + U h + b), or relu or no activation in place of tanh. */
export const rnn = defineCell({
  name: 'rnn',
  state: ['h'],
  options: { activation: 'tanh' as keyof typeof activations },
  step({ x, h, linear }, { activation }) {
    expectOneOf('rnn: activation', activation, Object.keys(activations))
    return { h: activations[activation](linear('hidden', x, h)) }
  },
})
