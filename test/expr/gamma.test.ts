import { describe, expect, test } from 'vitest'
import { logGamma as logGammaOf } from '../../src/base/gamma.ts'
import { constant, differentiate, evaluate, leaf, logGamma, logGammaRatio } from '../../src/expr/index.ts'

const [x, y] = [leaf('x'), leaf('y')]
/** log (n-1)!, term by term. */
const logFactorial = (n: number) => {
  let sum = 0
  for (let i = 2; i < n; i++) sum += Math.log(i)
  return sum
}
/** Γ(½) = √π, and Γ(x+1) = x·Γ(x). */
const logGammaOfHalf = (n: number) => {
  let sum = 0.5 * Math.log(Math.PI)
  for (let i = 0; i < n; i++) sum += Math.log(i + 0.5)
  return sum
}

describe('log-gamma', () => {
  const known = [
    ...[1, 2, 3, 4, 7, 20, 171, 1000].map((n) => [n, logFactorial(n)] as const),
    ...[0, 1, 2, 5, 40, 900].map((n) => [n + 0.5, logGammaOfHalf(n)] as const),
    // Γ(x) = 1/x - γ + …, where x is next to nothing.
    [1e-9, Math.log(1e9) + Math.log1p(-1e-9 * 0.5772156649015329)] as const,
  ]
  test.each(known)('at %d, as an expression and as a function', (value, expected) => {
    const tolerance = 1e-10 * Math.max(1, expected)
    expect(Math.abs(evaluate([logGamma(x)], { x: value })[0]! - expected)).toBeLessThan(tolerance)
    expect(Math.abs(logGammaOf(value) - expected)).toBeLessThan(tolerance)
  })

  test('its derivative is the harmonic number less γ', () => {
    const [slope] = differentiate([{ of: logGamma(x), adjoint: constant(1) }], [x])
    let harmonic = 0
    for (let n = 1; n < 60; n++) {
      expect(evaluate([slope!], { x: n })[0]!).toBeCloseTo(harmonic - 0.5772156649015329, 9)
      harmonic += 1 / n
    }
  })
})

describe('the logarithm of a ratio of gammas', () => {
  const ratio = (a: number, b: number) => evaluate([logGammaRatio(x, y)], { x: a, y: b })[0]!

  test('is that of the factors between them', () => {
    for (const a of [0.02, 0.7, 3, 50]) {
      const factors = Array.from({ length: 6 }, (_, i) => Math.log((a + i) / a)).reduce((sum, log) => sum + log)
      expect(ratio(a, 6)).toBeCloseTo(factors, 9)
    }
  })

  test('is nothing at y = 0, with a derivative', () => {
    const [slope] = differentiate([{ of: logGammaRatio(x, y), adjoint: constant(1) }], [x])
    for (const a of [1e-9, 0.5, 4, 1e9]) {
      expect(ratio(a, 0)).toBeCloseTo(0, 12)
      expect(evaluate([slope!], { x: a, y: 0 })[0]!).toBeCloseTo(0, 9)
    }
  })

  test('goes to y²/2x where x is large, with no digits lost', () => {
    expect(ratio(1e8, 20) / ((20 * 19) / 2e8)).toBeCloseTo(1, 6)
  })
})
