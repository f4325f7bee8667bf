import { sigmoid, softplus, sub } from '../expr/index.ts'
import { defineCell } from './define.ts'

/**
 * minLSTM (Feng et al. 2024): gates and candidate hang on the input alone, and the gates sum to 1: f' = f / (f + i). With f = σ(a) and
 * i = σ(b) that is σ(softplus(-b) - softplus(-a)), which divides nothing by nothing where both are closed.
 */
export const minLstm = defineCell({
  name: 'minLstm',
  state: ['h'],
  step({ x, h, linear }) {
    const [a, b] = [linear('forget', x), linear('input', x)]
    const forget = sigmoid(softplus(b.neg()).sub(softplus(a.neg())))
    const candidate = linear('candidate', x)
    return { h: forget.mul(h).add(sub(1, forget).mul(candidate)), gates: { forget, candidate } }
  },
})
