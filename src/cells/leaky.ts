import { InputError, shown } from '../base/errors.ts'
import { constant, sigmoid, sub, tanh } from '../expr/index.ts'
import { defineCell } from './define.ts'

/**
 * Leaky unit (Jaeger et al. 2007): h ← α⊙h + (1-α)⊙tanh(W x + U h + b), a running mean of its candidate over about
 * 1/(1-α) steps. α is a number in [0, 1], a list of them with one a unit (units of many time scales), or `'learned'`: the
 * sigmoid of one parameter a unit, which starts at α = ½.
 */
export const leaky = defineCell({
  name: 'leaky',
  state: ['h'],
  options: { alpha: 0.5 as number | readonly number[] | 'learned' },
  step({ x, h, linear, parameter, given }, { alpha }) {
    const leak = () => {
      if (alpha === 'learned') return sigmoid(parameter('alpha_logit', 0))
      const odd = [alpha].flat().find((one) => !(typeof one === 'number' && one >= 0 && one <= 1))
      if (odd !== undefined || alpha === undefined)
        throw new InputError(
          `leaky: alpha: expected a number from 0 to 1, one for each unit, or 'learned', got ${shown(odd)}`,
        )
      return typeof alpha === 'number' ? constant(alpha) : given('alpha', alpha)
    }
    const keep = leak()
    const candidate = tanh(linear('hidden', x, h))
    return { h: keep.mul(h).add(sub(1, keep).mul(candidate)), gates: { candidate } }
  },
})
