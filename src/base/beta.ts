import { logGamma } from './gamma.ts'

/**
 * The regularised incomplete beta function I_x(a, b) for a, b > 0, by its continued fraction (Abramowitz & Stegun 1964,
 * 26.5.8, evaluated as Lentz 1976 does).
 * @param rest 1 - x, where it is known with more digits
 */
export function incompleteBeta(x: number, a: number, b: number, rest = 1 - x): number {
  if (x <= 0 || rest <= 0) return x <= 0 ? 0 : 1
  // On the other side of the mean the fraction of the complement converges sooner.
  if (x > (a + 1) / (a + b + 2)) return 1 - incompleteBeta(rest, b, a, x)
  const power = a * Math.log(x) + b * Math.log(rest) + logGamma(a + b) - logGamma(a) - logGamma(b)
  const away = (value: number) => (Math.abs(value) < 1e-300 ? 1e-300 : value)
  let [c, d] = [1, 1 / away(1 - ((a + b) * x) / (a + 1))]
  let fraction = d
  for (let m = 1, change = 0; m < 100_000 && Math.abs(change - 1) > 1e-15; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m))
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1))
    for (const coefficient of [even, odd]) {
      d = 1 / away(1 + coefficient * d)
      c = away(1 + coefficient / c)
      change = c * d
      fraction *= change
    }
  }
  return (Math.exp(power) * fraction) / a
}
