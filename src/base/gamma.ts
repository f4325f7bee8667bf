/** Steps up from an argument before Stirling's series is taken. */
export const STIRLING_SHIFT = 4
/** Coefficients of 1/z, 1/z³, 1/z⁵ …: with a shift of 4 what is left out is below 3e-11. */
export const STIRLING = [1 / 12, -1 / 360, 1 / 1260, -1 / 1680, 1 / 1188, -691 / 360360, 1 / 156]
/** log(2π) / 2: the constant of a normal distribution's density, and of Stirling's series. */
export const HALF_LOG_TAU = 0.5 * Math.log(2 * Math.PI)

/** log Γ(x) for x > 0, within 3e-11. */
export function logGamma(x: number): number {
  const z = x + STIRLING_SHIFT
  const square = 1 / (z * z)
  const series = STIRLING.reduceRight((sum, coefficient) => sum * square + coefficient, 0) / z
  const steps = Math.log(x) + Math.log(x + 1) + Math.log(x + 2) + Math.log(x + 3)
  return (z - 0.5) * Math.log(z) - z + HALF_LOG_TAU + series - steps
}
