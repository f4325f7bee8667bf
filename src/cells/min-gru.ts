import { sigmoid, sub } from '../expr/index.ts'
import { defineCell } from './define.ts'

/**
 * minGRU (Feng et al. 2024): gate and candidate hang on the input alone, so all products are done before the loop, which is left
 * with h ← (1-z)⊙h + z⊙h̃.
 */
export const minGru = defineCell({
  name: 'minGru',
  state: ['h'],
  step({ x, h, linear }) {
    const update = sigmoid(linear('update', x))
    const candidate = linear('candidate', x)
    return { h: sub(1, update).mul(h).add(update.mul(candidate)), gates: { update, candidate } }
  },
})
