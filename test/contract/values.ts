import { expect } from 'vitest'
import { Random } from '../../src/base/random.ts'
import type { Kernels } from '../../src/kernels/index.ts'

/** Numbers put in a kernel set's arena. */
export const place = (kernels: Kernels, values: readonly number[]): number => {
  const at = kernels.memory.take(values.length)
  kernels.memory.view(at, values.length).set(values)
  return at
}
/** Numbers that float32 holds exactly. */
export const numbers = (seed: number, count: number, low = -1, high = 1): number[] => {
  const random = new Random(seed, 'numbers')
  return Array.from({ length: count }, () => Math.fround(random.between(low, high)))
}
/** Relative to the largest element, as kernels are judged. */
export const expectClose = (actual: ArrayLike<number>, expected: ArrayLike<number>, tolerance = 2e-6) => {
  const scale = Math.max(1e-30, ...Array.from(expected, Math.abs))
  const worst = Math.max(0, ...Array.from(expected, (value, i) => Math.abs(actual[i]! - value)))
  expect(worst / scale).toBeLessThan(tolerance)
  expect(Array.from(actual).every(Number.isFinite)).toBe(true)
}
