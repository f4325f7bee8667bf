import { abs, type Expr, step } from './expr.ts'

/**
 * x, but zero where |x| is not above a least number. What vanishes would else end as subnormal numbers, with which processors
 * are a hundred times slower.
 */
export const flush = (x: Expr, least: number): Expr => x.mul(step(abs(x).sub(least)))
