import { abs, add, type Expr, exp, max, min, mul, relu, sigmoid, softplus, step, sub, tanh } from './expr.ts'

/**
 * Activations that take settings, each with what they are where none is given; names, settings and defaults are ONNX's
 * (operators RNN, GRU, LSTM).
 */
export const settings = {
  affine: { alpha: 1, beta: 0 },
  elu: { alpha: 1 },
  hardSigmoid: { alpha: 0.2, beta: 0.5 },
  leakyRelu: { alpha: 0.01 },
  scaledTanh: { alpha: 1, beta: 1 },
  thresholdedRelu: { alpha: 1 },
} as const

type Settable = keyof typeof settings
export type Settings<N extends Settable> = { readonly [S in keyof (typeof settings)[N]]: number }

/** Activations without settings. */
export const plainActivations = {
  identity: (x: Expr): Expr => x,
  relu,
  sigmoid,
  softplus,
  /** x / (1 + |x|). */
  softsign: (x: Expr): Expr => x.div(add(1, abs(x))),
  tanh,
}

export const settableActivations: { readonly [N in Settable]: (x: Expr, settings: Settings<N>) => Expr } = {
  /** αx + β. */
  affine: (x, { alpha, beta }) => mul(alpha, x).add(beta),
  /** x where positive, else α(e^x - 1), whose exponent is never positive. */
  elu: (x, { alpha }) => relu(x).add(mul(alpha, exp(min(x, 0)).sub(1))),
  /** αx + β, held within 0 and 1. */
  hardSigmoid: (x, { alpha, beta }) => max(min(mul(alpha, x).add(beta), 1), 0),
  /** x where positive, else αx. */
  leakyRelu: (x, { alpha }) => relu(x).sub(mul(alpha, relu(x.neg()))),
  /** α·tanh(βx). */
  scaledTanh: (x, { alpha, beta }) => mul(alpha, tanh(mul(beta, x))),
  /** x where greater than α, else 0. The maximum keeps -∞·0 away. */
  thresholdedRelu: (x, { alpha }) => max(x, alpha).mul(step(sub(x, alpha))),
}

/** x held within ±limit; no gradient flows from beyond. */
export const clip = (x: Expr, limit: number): Expr => max(min(x, limit), -limit)
