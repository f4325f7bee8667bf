import { sigmoid, sub, tanh } from '../expr/index.ts'
import { defineCell } from './define.ts'

/** Minimal gated unit (Zhou et al. 2016): one gate that both forgets and resets. */
export const mgu = defineCell({
  name: 'mgu',
  state: ['h'],
  step({ x, h, linear }) {
    const forget = sigmoid(linear('forget', x, h))
    const candidate = tanh(linear('candidate', x, forget.mul(h)))
    return { h: sub(1, forget).mul(h).add(forget.mul(candidate)), gates: { forget, candidate } }
  },
})
