import { InputError, shown } from '../base/errors.ts'

/** The scalar operations. Each table keyed by them fails to compile when one is missing. */
export type UnaryOp =
  | 'neg'
  | 'exp'
  | 'log'
  | 'sqrt'
  | 'abs'
  | 'sign'
  | 'step'
  | 'tanh'
  | 'sigmoid'
  | 'relu'
  | 'softplus'
export type BinaryOp = 'add' | 'sub' | 'mul' | 'div' | 'min' | 'max'
export type Op = UnaryOp | BinaryOp
/** What is computed over all units of a row, and stands at every one of them. */
export type RowOp = 'mean'

/** How a leaf is written in formulas. */
export interface Symbol {
  readonly text: string
  readonly latex: string
}

/** What can stand where a scalar expression is wanted. */
export type Scalar = Expr | number

/**
 * A scalar expression: a constant, a named leaf, or an operation on others. Immutable; shared parts are the same object,
 * so an expression is a graph without cycles rather than a tree.
 */
export class Expr {
  readonly op: 'constant' | 'leaf' | Op | RowOp
  readonly args: readonly Expr[]
  /** The number, for a constant. */
  readonly value: number
  /** The name that binds a leaf to its values. */
  readonly name: string
  readonly symbol: Symbol | undefined

  constructor(op: Expr['op'], args: readonly Expr[], value = 0, name = '', symbol?: Symbol) {
    this.op = op
    this.args = args
    this.value = value
    this.name = name
    this.symbol = symbol
  }

  add(other: Scalar): Expr {
    return add(this, other)
  }
  sub(other: Scalar): Expr {
    return sub(this, other)
  }
  mul(other: Scalar): Expr {
    return mul(this, other)
  }
  div(other: Scalar): Expr {
    return div(this, other)
  }
  neg(): Expr {
    return neg(this)
  }
}

/** A number. */
export const constant = (value: number): Expr => new Expr('constant', [], value)

/** A name to be bound to values later. */
export const leaf = (name: string, symbol?: Symbol): Expr => new Expr('leaf', [], 0, name, symbol)

function lift(scalar: Scalar): Expr {
  if (scalar instanceof Expr) return scalar
  if (typeof scalar === 'number' && !Number.isNaN(scalar)) return constant(scalar)
  throw new InputError(`expected an expression or a number, got ${shown(scalar)}`)
}
const is = (e: Expr, value: number): boolean => e.op === 'constant' && e.value === value
const unary = (op: UnaryOp | RowOp, a: Scalar): Expr => new Expr(op, [lift(a)])
const binary = (op: BinaryOp, a: Expr, b: Expr): Expr => new Expr(op, [a, b])

// The constructors drop zeros and ones, so that derivatives come out as a person would write them.

export function add(a: Scalar, b: Scalar): Expr {
  const [x, y] = [lift(a), lift(b)]
  if (is(x, 0)) return y
  if (is(y, 0)) return x
  if (x.op === 'constant' && y.op === 'constant') return constant(x.value + y.value)
  if (y.op === 'neg') return sub(x, y.args[0]!)
  return binary('add', x, y)
}

export function sub(a: Scalar, b: Scalar): Expr {
  const [x, y] = [lift(a), lift(b)]
  if (is(y, 0)) return x
  if (is(x, 0)) return neg(y)
  if (x.op === 'constant' && y.op === 'constant') return constant(x.value - y.value)
  return binary('sub', x, y)
}

export function mul(a: Scalar, b: Scalar): Expr {
  const [x, y] = [lift(a), lift(b)]
  if (is(x, 0) || is(y, 1)) return x
  if (is(y, 0) || is(x, 1)) return y
  if (is(x, -1)) return neg(y)
  if (is(y, -1)) return neg(x)
  if (x.op === 'constant' && y.op === 'constant') return constant(x.value * y.value)
  return binary('mul', x, y)
}

export function div(a: Scalar, b: Scalar): Expr {
  const [x, y] = [lift(a), lift(b)]
  if (is(x, 0) || is(y, 1)) return x
  return binary('div', x, y)
}

export function neg(a: Scalar): Expr {
  const x = lift(a)
  if (x.op === 'constant') return constant(x.value === 0 ? 0 : -x.value)
  return x.op === 'neg' ? x.args[0]! : unary('neg', x)
}

export const min = (a: Scalar, b: Scalar): Expr => binary('min', lift(a), lift(b))
export const max = (a: Scalar, b: Scalar): Expr => binary('max', lift(a), lift(b))
export const exp = (a: Scalar): Expr => unary('exp', a)
export const log = (a: Scalar): Expr => unary('log', a)
export const sqrt = (a: Scalar): Expr => unary('sqrt', a)
export const abs = (a: Scalar): Expr => unary('abs', a)
/** -1, 0 or 1. */
export const sign = (a: Scalar): Expr => unary('sign', a)
/** 1 where positive, else 0. */
export const step = (a: Scalar): Expr => unary('step', a)
export const tanh = (a: Scalar): Expr => unary('tanh', a)
/** σ(a) = 1 / (1 + e^-a). */
export const sigmoid = (a: Scalar): Expr => unary('sigmoid', a)
/** log(1 + e^a). */
export const softplus = (a: Scalar): Expr => unary('softplus', a)
/** max(a, 0). */
export const relu = (a: Scalar): Expr => unary('relu', a)
/** The mean over the units of a row. */
export const mean = (a: Scalar): Expr => unary('mean', a)
export const square = (a: Expr): Expr => mul(a, a)
