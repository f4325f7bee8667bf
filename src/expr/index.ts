export { clip } from './activations.ts'
export { differentiate, type Seed } from './differentiate.ts'
export { evaluate } from './evaluate.ts'
export {
  abs,
  add,
  type BinaryOp,
  constant,
  div,
  Expr,
  exp,
  leaf,
  log,
  max,
  mean,
  min,
  mul,
  neg,
  type Op,
  type RowOp,
  relu,
  type Scalar,
  sigmoid,
  sign,
  softplus,
  sqrt,
  square,
  step,
  sub,
  tanh,
  type UnaryOp,
} from './expr.ts'
export { flush } from './flush.ts'
export { logGamma, logGammaRatio } from './gamma.ts'
export { type Notation, print } from './print.ts'
