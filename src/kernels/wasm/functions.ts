import type { Op } from '../../expr/index.ts'
import type { Assembler, Local } from './assembler.ts'

/** Leaves the operation's result for four lanes on the stack. */
type Emit = (a: Assembler, x: Local, y: Local) => void

// Coefficients: weighted least squares driven to equal relative errors (Lawson 1961), by scripts/fit.py.
/** e^r = 1 + r + r²·(…) on |r| ≤ ln 2 / 2, relative error 3e-9. */
const EXP = [0.5, 0.16666521, 0.041668389, 0.0083687166, 0.0013814599]
/** tanh x = x·P(x²)/Q(x²) on |x| ≤ 9, relative error 4e-7 in float32. */
const TANH_P = [1, 0.13379718, 0.003494034, 2.0583485e-5, 1.3319078e-8]
const TANH_Q = [1, 0.46713033, 0.025871074, 0.00032830934, 7.762022e-7]
/** Beyond this float32 tanh is 1. */
const TANH_LIMIT = 9.01
/** log m = 2s·(1 + s²/3 + s⁴/5 + …) with s = (m-1)/(m+1), m in [√½, √2). */
const LOG = [1, 1 / 3, 1 / 5, 1 / 7, 1 / 9]
/** log(1 + u) = 2s·(1 + s²/3 + s⁴/5 + …) with s = u/(2+u), u in [0, 1], relative error 2e-8. */
const LOG_1P = [...LOG, 1 / 11, 1 / 13]
// ln 2 in two parts: the high one has so few bits that its multiples are exact (Cody & Waite 1980).
const LN2_HIGH = 0.693359375
const LN2_LOW = -2.1219444005469057e-4

/** e^x and e^-x are normal floats up to here. */
const SIGMOID_LIMIT = 87.33
/** The largest float. */
const MOST = 3.4028234663852886e38
/** So large that its floats are the whole numbers. */
const ROUND = 1.5 * 2 ** 23

// pmin and pmax are one machine instruction each, and NaN in their first argument stays NaN.

/** Horner's rule in the variable `x`, highest coefficient first. */
function polynomial(a: Assembler, x: Local, coefficients: readonly number[]): void {
  a.f32x4(coefficients.at(-1)!)
  for (const c of coefficients.slice(0, -1).reverse())
    a.multiplyAdd(
      () => a.get(x),
      () => a.f32x4(c),
    )
}

/** e^x with overflow to infinity and underflow to zero; NaN stays NaN. */
const exp: Emit = (a, x) => {
  const [clamped, n, r, half] = [a.temporary(), a.temporary(), a.temporary(), a.temporary()]
  a.get(x).f32x4(-104).op('f32x4.pmax').f32x4(89).op('f32x4.pmin').tee(clamped)
  a.f32x4(Math.LOG2E).op('f32x4.mul').op('f32x4.nearest').set(n)
  a.get(clamped).get(n).f32x4(LN2_HIGH).op('f32x4.mul').op('f32x4.sub')
  a.get(n).f32x4(LN2_LOW).op('f32x4.mul').op('f32x4.sub').set(r)
  polynomial(a, r, EXP)
  a.get(r).op('f32x4.mul').get(r).op('f32x4.mul').get(r).op('f32x4.add').f32x4(1).op('f32x4.add')
  // 2^n in two factors, since n may lie outside the exponents of normal floats.
  a.get(n).op('i32x4.trunc_sat_f32x4_s').tee(n).i32(1).op('i32x4.shr_s').tee(half)
  a.i32x4(127).op('i32x4.add').i32(23).op('i32x4.shl').op('f32x4.mul')
  a.get(n, half).op('i32x4.sub').i32x4(127).op('i32x4.add').i32(23).op('i32x4.shl').op('f32x4.mul')
  a.recycle(clamped, n, r, half)
}

const log: Emit = (a, x) => {
  const [m, e, s, square] = [a.temporary(), a.temporary(), a.temporary(), a.temporary()]
  // Subtracting the bits of √½ makes the exponent field count from mantissas in [√½, √2).
  a.get(x).i32x4(0x3f3504f3).op('i32x4.sub').i32(23).op('i32x4.shr_s').set(e)
  a.get(x).get(e).i32(23).op('i32x4.shl').op('i32x4.sub').set(m)
  a.get(m).f32x4(1).op('f32x4.sub').get(m).f32x4(1).op('f32x4.add').op('f32x4.div').tee(s)
  a.get(s).op('f32x4.mul').set(square)
  polynomial(a, square, LOG)
  a.get(s).op('f32x4.mul').f32x4(2).op('f32x4.mul')
  a.get(e).op('f32x4.convert_i32x4_s').tee(e).f32x4(LN2_LOW).op('f32x4.mul').op('f32x4.add')
  a.get(e).f32x4(LN2_HIGH).op('f32x4.mul').op('f32x4.add').set(m)
  // x > 0 ? m : x = 0 ? -∞ : NaN, and ∞ stays.
  a.get(m).f32x4(Number.NEGATIVE_INFINITY).f32x4(Number.NaN)
  a.get(x).f32x4(0).op('f32x4.eq').op('v128.bitselect')
  a.get(x).f32x4(0).op('f32x4.gt').op('v128.bitselect').set(m)
  a.get(x, m).get(x).f32x4(Number.POSITIVE_INFINITY).op('f32x4.eq').op('v128.bitselect')
  a.recycle(m, e, s, square)
}

const tanh: Emit = (a, x) => {
  const [t, square] = [a.temporary(), a.temporary()]
  a.get(x).f32x4(-TANH_LIMIT).op('f32x4.pmax').f32x4(TANH_LIMIT).op('f32x4.pmin').tee(t)
  a.get(t).op('f32x4.mul').set(square)
  polynomial(a, square, TANH_P)
  a.get(t).op('f32x4.mul')
  polynomial(a, square, TANH_Q)
  a.op('f32x4.div').f32x4(-1).op('f32x4.pmax').f32x4(1).op('f32x4.pmin')
  a.recycle(t, square)
}

/** 1/(1 + e^-x), and 0 where that is no normal float, since the others are slow to work with. */
const sigmoid: Emit = (a, x) => {
  const [negated, clamped, n, r] = [a.temporary(), a.temporary(), a.temporary(), a.temporary()]
  a.f32x4(1)
  a.get(x).op('f32x4.neg').f32x4(-SIGMOID_LIMIT).op('f32x4.pmax').tee(negated)
  a.f32x4(SIGMOID_LIMIT).op('f32x4.pmin').set(clamped)
  // Adding 1.5·2²³ rounds to a whole number, which then stands in the lowest bits.
  a.multiplyAdd(
    () => a.get(clamped).f32x4(Math.LOG2E),
    () => a.f32x4(ROUND),
  ).set(n)
  a.get(n).f32x4(ROUND).op('f32x4.sub').set(r)
  a.multiplyAdd(
    () => a.get(r).f32x4(-LN2_LOW),
    () =>
      a.multiplyAdd(
        () => a.get(r).f32x4(-LN2_HIGH),
        () => a.get(clamped),
      ),
  ).set(r)
  polynomial(a, r, [1, 1, ...EXP])
  a.get(n).i32(23).op('i32x4.shl').op('i32x4.add').f32x4(1).op('f32x4.add').set(r)
  // What was clamped away makes the divisor infinite.
  a.multiplyAdd(
    () => a.get(negated, clamped).op('f32x4.sub').f32x4(MOST),
    () => a.get(r),
  ).op('f32x4.div')
  a.recycle(negated, clamped, n, r)
}

/** max(x, 0) + log(1 + e^-|x|): nothing overflows. */
const softplus: Emit = (a, x) => {
  const [u, s, square] = [a.temporary(), a.temporary(), a.temporary()]
  a.get(x).op('f32x4.abs').op('f32x4.neg').set(u)
  exp(a, u, u)
  a.tee(u).get(u).f32x4(2).op('f32x4.add').op('f32x4.div').tee(s)
  a.get(s).op('f32x4.mul').set(square)
  polynomial(a, square, LOG_1P)
  a.get(s).op('f32x4.mul').f32x4(2).op('f32x4.mul')
  a.get(x).f32x4(0).op('f32x4.pmax').op('f32x4.add')
  a.recycle(u, s, square)
}

/** 1 where positive. */
const step: Emit = (a, x) => a.get(x).f32x4(0).op('f32x4.gt').f32x4(1).op('v128.and')

export const functions: { readonly [O in Op]: Emit } = {
  neg: (a, x) => a.get(x).op('f32x4.neg'),
  exp,
  log,
  sqrt: (a, x) => a.get(x).op('f32x4.sqrt'),
  abs: (a, x) => a.get(x).op('f32x4.abs'),
  sign: (a, x) => {
    step(a, x, x)
    a.get(x).f32x4(0).op('f32x4.lt').f32x4(-1).op('v128.and').op('v128.or')
  },
  step,
  tanh,
  sigmoid,
  softplus,
  relu: (a, x) => a.get(x).f32x4(0).op('f32x4.pmax'),
  add: (a, x, y) => a.get(x, y).op('f32x4.add'),
  sub: (a, x, y) => a.get(x, y).op('f32x4.sub'),
  mul: (a, x, y) => a.get(x, y).op('f32x4.mul'),
  div: (a, x, y) => a.get(x, y).op('f32x4.div'),
  min: (a, x, y) => a.get(x, y).op('f32x4.min'),
  max: (a, x, y) => a.get(x, y).op('f32x4.max'),
}
