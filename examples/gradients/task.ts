import { samplesFrom } from 'unrolled'
import { randomFrom } from '../support/random.ts'

/**
 * What came first is asked for last: a step of +3 or -3, then steps of noise, and the target is the first one's sign. Inputs
 * are `[count, steps, 2]`, the sign and the noise apart. Who always answers 0 has a mean squared error of 1.
 */
export function firstAskedLast(count: number, steps: number) {
  const random = randomFrom(1)
  const targets = Array.from({ length: count }, () => (random() < 0.5 ? -1 : 1))
  const data = targets.flatMap((sign) =>
    Array.from({ length: steps }, (_, t) => (t === 0 ? [3 * sign, 0] : [0, random() - 0.5])).flat(),
  )
  const x = { data: data.slice(0, 2 * steps), shape: [steps, 2] }
  return {
    train: samplesFrom({
      inputs: { data, shape: [count, steps, 2] },
      targets: { data: targets, shape: [count, 1] },
    }),
    /** The first sequence, to look at. */
    sample: { x, y: { data: targets.slice(0, 1), shape: [1] } },
  }
}
