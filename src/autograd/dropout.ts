import { leaf } from '../expr/index.ts'
import { defineOp } from './op.ts'
import { pointwise, pointwiseOf } from './pointwise.ts'

const [x, mask] = [leaf('x'), leaf('mask')]
const masked = pointwiseOf([x, mask], x.mul(mask))

/**
 * Each number is zero with probability `rate`, else divided by 1 - rate, so that the mean stays (Srivastava et al. 2014).
 * Outside training everything passes.
 */
export const dropout = defineOp<{ readonly rate: number }>({
  name: 'dropout',
  run(tape, [x], { rate }) {
    const { random } = tape
    if (!random || rate === 0) return x!
    const kept = tape.filled(x!.shape, (into) => {
      for (let i = 0; i < into.length; i++) into[i] = random.uniform() < rate ? 0 : 1 / (1 - rate)
    })
    return pointwise.run(tape, [x!, kept], masked)
  },
  samples: [{ shapes: [[4, 5]], options: { rate: 0.4 } }],
})
