import { HALF_LOG_TAU } from './gamma.ts'

/** Beyond this the continued fraction converges sooner than the series. */
const SERIES_LIMIT = 2.5

/** The standard normal distribution's density at z. */
export const normalDensity = (z: number): number => Math.exp(-0.5 * z * z - HALF_LOG_TAU)

/** Φ(z), the standard normal distribution up to z (Abramowitz & Stegun 1964, 26.2.10 and 26.2.14). */
export function normalCdf(z: number): number {
  const x = Math.abs(z)
  if (!(x > SERIES_LIMIT)) {
    let [term, sum] = [z, z]
    for (let n = 3; Math.abs(term) > 1e-17 * Math.abs(sum); n += 2) sum += term *= (z * z) / n
    return 0.5 + normalDensity(z) * sum
  }
  let fraction = x
  for (let n = Math.ceil(20 + 400 / (x * x)); n > 0; n--) fraction = x + n / fraction
  const tail = normalDensity(x) / fraction
  return z > 0 ? 1 - tail : tail
}

/** The z below which a standard normal number lies with probability p: a rational guess (26.2.23), and Halley's steps. */
export function normalQuantile(p: number): number {
  if (p > 0.5) return -normalQuantile(1 - p)
  if (p <= 0) return p === 0 ? Number.NEGATIVE_INFINITY : Number.NaN
  const t = Math.sqrt(-2 * Math.log(p))
  let z = (2.515517 + t * (0.802853 + t * 0.010328)) / (1 + t * (1.432788 + t * (0.189269 + t * 0.001308))) - t
  for (let step = 0; step < 3; step++) {
    const error = (normalCdf(z) - p) / normalDensity(z)
    z -= error / (1 + 0.5 * z * error)
  }
  return z
}
