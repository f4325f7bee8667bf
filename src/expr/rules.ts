import {
  add,
  type BinaryOp,
  type Expr,
  mean,
  mul,
  neg,
  type Op,
  type RowOp,
  sigmoid,
  sign,
  step,
  sub,
  type UnaryOp,
} from './expr.ts'

/** How an operation is differentiated and written. */
interface Derivation {
  /** The adjoint of each argument, given the operation's own node `y` and the adjoint of its result. */
  pullback(y: Expr, adjoint: Expr): Expr[]
  /** The pullback reads the result alone, so a training step may keep it in place of the argument. */
  fromResult?: true
  text(...args: string[]): string
  latex(...args: string[]): string
  /** How tightly the printed form binds: 1 sum, 2 product, 3 sign, 4 function or atom. */
  binding: 1 | 2 | 3 | 4
}

/** Everything known of a scalar operation apart from its machine code. */
interface Rule<Args extends readonly unknown[]> extends Derivation {
  evaluate(...args: Args): number
}

const call = (name: string, latexName = `\\${name}`) => ({
  text: (a: string) => `${name}(${a})`,
  latex: (a: string) => `${latexName}\\left(${a}\\right)`,
  binding: 4 as const,
})
const pair = (name: string) => ({
  text: (a: string, b: string) => `${name}(${a}, ${b})`,
  latex: (a: string, b: string) => `\\${name}\\left(${a}, ${b}\\right)`,
  binding: 4 as const,
})

const one = (value: Expr) => sub(1, value)
const [a, b] = [(y: Expr) => y.args[0]!, (y: Expr) => y.args[1]!]

export const unaryRules: { [O in UnaryOp]: Rule<[number]> } = {
  neg: {
    evaluate: (x) => -x,
    pullback: (_, d) => [neg(d)],
    text: (x) => `-${x}`,
    latex: (x) => `-${x}`,
    binding: 3,
  },
  exp: { evaluate: Math.exp, pullback: (y, d) => [mul(d, y)], fromResult: true, ...call('exp') },
  log: { evaluate: Math.log, pullback: (y, d) => [d.div(a(y))], ...call('log') },
  sqrt: { evaluate: Math.sqrt, pullback: (y, d) => [d.mul(0.5).div(y)], fromResult: true, ...call('sqrt') },
  abs: { evaluate: Math.abs, pullback: (y, d) => [mul(d, sign(a(y)))], ...call('abs', '\\operatorname{abs}') },
  sign: { evaluate: Math.sign, pullback: () => [], ...call('sign', '\\operatorname{sign}') },
  step: {
    evaluate: (x) => (x > 0 ? 1 : x <= 0 ? 0 : Number.NaN),
    pullback: () => [],
    ...call('step', '\\operatorname{step}'),
  },
  tanh: { evaluate: Math.tanh, pullback: (y, d) => [mul(d, one(mul(y, y)))], fromResult: true, ...call('tanh') },
  sigmoid: {
    evaluate: (x) => 1 / (1 + Math.exp(-x)),
    pullback: (y, d) => [mul(d, mul(y, one(y)))],
    fromResult: true,
    ...call('σ', '\\sigma'),
  },
  relu: {
    evaluate: (x) => Math.max(x, 0),
    pullback: (y, d) => [mul(d, step(y))],
    fromResult: true,
    ...call('relu', '\\operatorname{relu}'),
  },
  // In this form neither end overflows.
  softplus: {
    evaluate: (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))),
    pullback: (y, d) => [mul(d, sigmoid(a(y)))],
    ...call('softplus', '\\operatorname{softplus}'),
  },
}

export const binaryRules: { [O in BinaryOp]: Rule<[number, number]> } = {
  add: {
    evaluate: (x, y) => x + y,
    pullback: (_, d) => [d, d],
    text: (x, y) => `${x} + ${y}`,
    latex: (x, y) => `${x} + ${y}`,
    binding: 1,
  },
  sub: {
    evaluate: (x, y) => x - y,
    pullback: (_, d) => [d, neg(d)],
    text: (x, y) => `${x} - ${y}`,
    latex: (x, y) => `${x} - ${y}`,
    binding: 1,
  },
  mul: {
    evaluate: (x, y) => x * y,
    pullback: (y, d) => [mul(d, b(y)), mul(d, a(y))],
    text: (x, y) => `${x}⊙${y}`,
    latex: (x, y) => `${x} \\odot ${y}`,
    binding: 2,
  },
  div: {
    evaluate: (x, y) => x / y,
    pullback: (y, d) => [d.div(b(y)), neg(mul(d, y).div(b(y)))],
    text: (x, y) => `${x} / ${y}`,
    latex: (x, y) => `\\frac{${x}}{${y}}`,
    binding: 2,
  },
  // At a tie the first argument takes the gradient.
  min: {
    evaluate: Math.min,
    pullback: (y, d) => [mul(d, one(step(sub(a(y), b(y))))), mul(d, step(sub(a(y), b(y))))],
    ...pair('min'),
  },
  max: {
    evaluate: Math.max,
    pullback: (y, d) => [mul(d, one(step(sub(b(y), a(y))))), mul(d, step(sub(b(y), a(y))))],
    ...pair('max'),
  },
}

/** Over a row: each unit's argument has the same part in every unit's result. */
const rowRules: { [O in RowOp]: Derivation } = {
  mean: { pullback: (_, d) => [mean(d)], ...call('mean', '\\operatorname{mean}') },
}

/** The rule of any scalar operation, its arguments as a list. */
export const rules = { ...unaryRules, ...binaryRules } as { readonly [O in Op]: Rule<number[]> }

/** How any operation is differentiated and written. */
export const derivations: { readonly [O in Op | RowOp]: Derivation } = { ...rules, ...rowRules }

/** The sum of two adjoints, where either may be missing. */
export const accumulate = (sum: Expr | undefined, more: Expr): Expr => (sum === undefined ? more : add(sum, more))
