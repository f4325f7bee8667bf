/** Numbers of chance in [0, 1), the same from the same start (mulberry32, Tommy Ettinger, public domain). */
export function randomFrom(start: number): () => number {
  let state = start
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}

/** Numbers that hang on a seed and a position alone: those of sample n are the same in whatever order they are asked. */
export const randomAt = (seed: number, position: number): (() => number) =>
  randomFrom(Math.imul(seed + 1, 0x9e3779b1) ^ Math.imul(position + 1, 0x85ebca77))

/** The numbers 0 … n-1 in an order of chance (Fisher & Yates). */
export function permutation(n: number, seed: number): Uint32Array {
  const random = randomAt(seed, 0)
  const order = Uint32Array.from({ length: n }, (_, i) => i)
  for (let i = n - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1))
    ;[order[i], order[j]] = [order[j]!, order[i]!]
  }
  return order
}
