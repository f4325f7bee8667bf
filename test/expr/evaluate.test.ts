import { describe, expect, test } from 'vitest'
import { constant, type Expr, evaluate, exp, leaf, relu, sigmoid, sub, tanh } from '../../src/expr/index.ts'
import { rules } from '../../src/expr/rules.ts'

const [x, y] = [leaf('x'), leaf('y')]
const at = (expr: Expr, leaves: Record<string, number> = {}) => evaluate([expr], leaves)[0]!

describe('evaluate', () => {
  test('gives each root its value, shared parts included', () => {
    const sum = x.add(y)
    expect(evaluate([sum, sum.mul(sum), x.div(y), x.sub(y).neg()], { x: 3, y: 4 })).toEqual([7, 49, 0.75, 1])
  })

  test.each([
    ['σ(0)', sigmoid(0), 0.5],
    ['σ(1)', sigmoid(1), 0.7310585786300049],
    ['σ(-800), without overflow', sigmoid(-800), 0],
    ['tanh(1)', tanh(1), 0.7615941559557649],
    ['relu(-2)', relu(-2), 0],
    ['relu(2)', relu(2), 2],
    ['e¹', exp(1), Math.E],
    ['a constant', constant(-2.5), -2.5],
  ])('%s', (_, expr, value) => {
    expect(at(expr)).toBeCloseTo(value, 15)
  })

  test('lets NaN through every operation that could hide it', () => {
    for (const op of ['relu', 'step', 'abs', 'sign'] as const) expect(rules[op].evaluate(Number.NaN), op).toBeNaN()
    for (const op of ['min', 'max'] as const) expect(rules[op].evaluate(Number.NaN, 1), op).toBeNaN()
  })

  test('names the leaf that has no value', () => {
    expect(() => at(x.add(leaf('wight')), { x: 1 })).toThrow("no value was given for the leaf 'wight'")
  })
})

describe('the constructors', () => {
  test.each([
    ['x + 0', x.add(0), x],
    ['0 + x', constant(0).add(x), x],
    ['x - 0', x.sub(0), x],
    ['1 · x', constant(1).mul(x), x],
    ['x / 1', x.div(1), x],
    ['--x', x.neg().neg(), x],
    ['0 - -x', sub(0, x.neg()), x],
  ])('drop what does nothing: %s', (_, expr, same) => {
    expect(expr).toBe(same)
  })

  test('add constants up, and make x + -y a difference', () => {
    expect([constant(2).add(3), constant(2).mul(3), sub(1, 0.25)].map((e) => [e.op, e.value])).toEqual([
      ['constant', 5],
      ['constant', 6],
      ['constant', 0.75],
    ])
    expect(x.add(y.neg()).op).toBe('sub')
    expect(x.mul(-1).op).toBe('neg')
  })
})
