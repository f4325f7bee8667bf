import { samplesFrom } from 'unrolled'

/** Random numbers below 1, the same for the same seed (mulberry32, T. Ettinger). */
export function randomly(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let z = Math.imul(state ^ (state >>> 15), state | 1)
    z ^= z + Math.imul(z ^ (z >>> 7), z | 61)
    return ((z ^ (z >>> 14)) >>> 0) / 2 ** 32
  }
}

/**
 * What came first is asked for last: a step of +3 or -3, then steps of noise, and the target is the first one's sign. Inputs
 * are `[count, steps, 2]`, the sign and the noise apart. Who always answers 0 has a mean squared error of 1.
 */
export function firstAskedLast(count: number, steps: number) {
  const random = randomly(1)
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
