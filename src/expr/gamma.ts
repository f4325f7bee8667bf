import { STIRLING, STIRLING_SHIFT } from '../base/gamma.ts'
import { constant, type Expr, log, type Scalar, softplus } from './expr.ts'

/** log(1 + e^logarithm): of a logarithm, so that what is far below 1 keeps all its digits. */
const log1pOfLog = softplus

/** Stirling's series by Horner's rule. */
function stirling(z: Expr): Expr {
  const square = constant(1).div(z.mul(z))
  return STIRLING.reduceRight((sum, coefficient) => sum.mul(square).add(coefficient), constant(0)).div(z)
}

/**
 * log Γ(x+y) - log Γ(x) - y·log x for x > 0 and y ≥ 0: small where x is large, so that the difference of two large
 * logarithms is never taken and float32 will do. It may be differentiated by x, and by y where that is not 0.
 *
 * Stirling's series on both sides, shifted up by four; of the four steps x(x+1)(x+2)(x+3) = q(q+2) with q = x(x+3).
 */
export function logGammaRatio(x: Expr, y: Scalar): Expr {
  const sum = x.add(y)
  const [z, end] = [x.add(STIRLING_SHIFT), sum.add(STIRLING_SHIFT)]
  const logY = log(y)
  const [q, qEnd] = [x.mul(x.add(3)), sum.mul(sum.add(3))]
  return end
    .sub(0.5)
    .mul(log1pOfLog(logY.sub(log(z))))
    .sub(y)
    .add(log1pOfLog(constant(Math.log(STIRLING_SHIFT)).sub(log(x))).mul(y))
    .add(stirling(end).sub(stirling(z)))
    .sub(log(qEnd.div(q)))
    .sub(log(qEnd.add(2).div(q.add(2))))
}

/** log Γ(x) for x > 0, within 1e-10 of it in float64. */
export const logGamma = (x: Expr): Expr => logGammaRatio(constant(1), x).sub(log(x))
