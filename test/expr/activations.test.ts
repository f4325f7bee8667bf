import { describe, expect, test } from 'vitest'
import { plainActivations, type Settings, settableActivations, settings } from '../../src/expr/activations.ts'
import { clip, constant, differentiate, type Expr, evaluate, leaf } from '../../src/expr/index.ts'

const x = leaf('x')
const at = (expr: Expr, value: number) => evaluate([expr], { x: value })[0]!
const slope = (expr: Expr, value: number) => at(differentiate([{ of: expr, adjoint: constant(1) }], [x])[0]!, value)

type Settable = keyof typeof settings
const settable = (name: Settable, given: object = {}) =>
  (settableActivations[name] as (x: Expr, settings: object) => Expr)(x, { ...settings[name], ...given })
const all: Record<string, Expr> = {
  ...Object.fromEntries(Object.entries(plainActivations).map(([name, activation]) => [name, activation(x)])),
  ...Object.fromEntries((Object.keys(settings) as Settable[]).map((name) => [name, settable(name)])),
  'thresholdedRelu below 0': settable('thresholdedRelu', { alpha: -0.7 } satisfies Settings<'thresholdedRelu'>),
  'elu of 2': settable('elu', { alpha: 2 }),
  'clip at 1': clip(x, 1),
}

describe('the activations', () => {
  // [value at -2, at 0.3, at 3], each computed by hand from ONNX's definition.
  test.each([
    ['affine', settable('affine', { alpha: 2, beta: -1 }), [-5, -0.4, 5]],
    ['elu', settable('elu', { alpha: 2 }), [2 * (Math.exp(-2) - 1), 0.3, 3]],
    ['hardSigmoid', settable('hardSigmoid'), [0.1, 0.56, 1]],
    ['hardSigmoid, steeper', settable('hardSigmoid', { alpha: 0.5, beta: 0.2 }), [0, 0.35, 1]],
    ['leakyRelu', settable('leakyRelu', { alpha: 0.1 }), [-0.2, 0.3, 3]],
    [
      'scaledTanh',
      settable('scaledTanh', { alpha: 2, beta: 0.5 }),
      [-2 * Math.tanh(1), 2 * Math.tanh(0.15), 2 * Math.tanh(1.5)],
    ],
    ['thresholdedRelu', settable('thresholdedRelu'), [0, 0, 3]],
    ['thresholdedRelu below 0', settable('thresholdedRelu', { alpha: -2.5 }), [-2, 0.3, 3]],
    [
      'softplus',
      plainActivations.softplus(x),
      [Math.log(1 + Math.exp(-2)), Math.log(1 + Math.exp(0.3)), Math.log(1 + Math.exp(3))],
    ],
    ['softsign', plainActivations.softsign(x), [-2 / 3, 0.3 / 1.3, 0.75]],
    ['identity', plainActivations.identity(x), [-2, 0.3, 3]],
    ['clip', clip(x, 1), [-1, 0.3, 1]],
  ])('%s', (_, expr, expected) => {
    for (const [i, value] of [-2, 0.3, 3].entries()) expect(at(expr, value)).toBeCloseTo(expected[i]!, 14)
  })

  test.each(Object.entries(all))('%s: its derivative is its slope, away from kinks', (_, expr) => {
    for (const value of [-4.2, -2.2, -0.9, -0.4, 0.3, 0.8, 1.7, 2.2, 6.1]) {
      const numeric = (at(expr, value + 1e-5) - at(expr, value - 1e-5)) / 2e-5
      expect(Math.abs(slope(expr, value) - numeric), `at ${value}`).toBeLessThan(1e-8)
    }
  })

  test.each(Object.entries(all))('%s: nothing overflows at ±800, and NaN passes', (_, expr) => {
    for (const value of [-800, 800]) {
      expect(at(expr, value)).not.toBeNaN()
      expect(Math.abs(at(expr, value))).toBeLessThanOrEqual(800)
      expect(Number.isFinite(slope(expr, value))).toBe(true)
    }
    expect(at(expr, Number.NaN)).toBeNaN()
  })

  test('softplus and elu have the slope of their formula at 0', () => {
    expect(slope(all.softplus!, 0)).toBe(0.5)
    expect(slope(all['elu of 2']!, 0)).toBe(2)
  })

  test('thresholdedRelu is 0 at minus infinity', () => {
    expect(at(all.thresholdedRelu!, Number.NEGATIVE_INFINITY)).toBe(0)
  })
})
