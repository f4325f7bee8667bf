import { describe, expect, test } from 'vitest'
import { constant, differentiate, Expr, evaluate, leaf, type Op, tanh } from '../../src/expr/index.ts'
import { rules, unaryRules } from '../../src/expr/rules.ts'

const [x, y] = [leaf('x'), leaf('y')]
const STEP = 1e-5
/** No point lies within a step of a kink, or of a tie between x and y. */
const points = [-2.1, -0.7, -0.2, 0.4, 1.3, 2.6].flatMap((a) => [-1.9, -0.5, 0.6, 1.7].map((b) => ({ x: a, y: b })))

/** ∂expr/∂by at a point, by central differences. */
function slope(expr: Expr, by: 'x' | 'y', point: { x: number; y: number }): number {
  const at = (value: number) => evaluate([expr], { ...point, [by]: value })[0]!
  return (at(point[by] + STEP) - at(point[by] - STEP)) / (2 * STEP)
}

/** The largest difference over all points where the expression has a value, relative to the slope where it is over 1. */
function worst(expr: Expr): { error: number; points: number } {
  const partials = differentiate([{ of: expr, adjoint: constant(1) }], [x, y])
  let [error, count] = [0, 0]
  for (const point of points) {
    if (!Number.isFinite(evaluate([expr], point)[0]!)) continue
    count++
    for (const [i, value] of evaluate(partials, point).entries()) {
      const numeric = slope(expr, i === 0 ? 'x' : 'y', point)
      error = Math.max(error, Math.abs(value - numeric) / Math.max(1, Math.abs(numeric)))
    }
  }
  return { error, points: count }
}

describe('every operation in the table of rules, by central differences', () => {
  test.each(Object.keys(rules) as Op[])('%s', (op) => {
    const node = new Expr(op, op in unaryRules ? [x] : [x, y])
    const { error, points } = worst(node)
    expect(points).toBeGreaterThanOrEqual(12) // log and sqrt have values on half of the plane
    expect(error).toBeLessThan(1e-8)
  })

  test.each(Object.keys(rules) as Op[])('%s, inside a product and twice over', (op) => {
    const inner = new Expr(op, op in unaryRules ? [x.mul(y)] : [x.mul(y), y.add(3.1)])
    const { error, points } = worst(tanh(inner).mul(inner.add(x)))
    expect(points).toBeGreaterThanOrEqual(12)
    expect(error).toBeLessThan(1e-7)
  })

  const fromResult = (Object.keys(rules) as Op[]).filter((op) => rules[op].fromResult)
  test.each(fromResult)('%s: its pullback reads the result alone, as declared', (op) => {
    const argument = leaf('argument')
    const node = new Expr(op, [argument])
    const reads = (expr: Expr): boolean => expr === argument || (expr !== node && expr.args.some(reads))
    expect(rules[op].pullback(node, leaf('adjoint')).some(reads)).toBe(false)
  })
})

describe('differentiate', () => {
  test('a derivative can be differentiated again: tanh″ = -2·tanh·(1 - tanh²)', () => {
    const [first] = differentiate([{ of: tanh(x), adjoint: constant(1) }], [x])
    const [second] = differentiate([{ of: first!, adjoint: constant(1) }], [x])
    const t = Math.tanh(0.4)
    expect(evaluate([second!], { x: 0.4 })[0]).toBeCloseTo(-2 * t * (1 - t * t), 14)
  })

  test('sums over several results, each with its adjoint', () => {
    const seeds = [
      { of: x.mul(y), adjoint: constant(2) },
      { of: x.mul(x), adjoint: y },
    ]
    expect(evaluate(differentiate(seeds, [x, y]), { x: 3, y: 5 })).toEqual([2 * 5 + 5 * 2 * 3, 2 * 3])
  })

  test('takes a node it is asked for as independent: nothing flows through it', () => {
    const inner = x.mul(x)
    const [byInner, byX] = differentiate([{ of: inner.mul(y).add(x), adjoint: constant(1) }], [inner, x])
    expect(evaluate([byInner!, byX!], { x: 3, y: 5 })).toEqual([5, 1])
  })

  test('is zero by what it does not depend on', () => {
    const [zero] = differentiate([{ of: tanh(x), adjoint: constant(1) }], [y])
    expect([zero!.op, zero!.value]).toEqual(['constant', 0])
  })

  test('shares its nodes with the original: the derivative of tanh computes no second tanh', () => {
    const result = tanh(x)
    const [derivative] = differentiate([{ of: result, adjoint: leaf('d') }], [x])
    const nodes = (e: Expr): Expr[] => [e, ...e.args.flatMap(nodes)]
    expect(new Set(nodes(derivative!).filter((e) => e.op === 'tanh'))).toEqual(new Set([result]))
  })
})
