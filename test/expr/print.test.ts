import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  constant,
  div,
  Expr,
  evaluate,
  exp,
  leaf,
  max,
  min,
  mul,
  neg,
  type Op,
  print,
  sigmoid,
  sub,
  tanh,
} from '../../src/expr/index.ts'
import { rules, unaryRules } from '../../src/expr/rules.ts'

const [x, y] = [leaf('x'), leaf('y', { text: 'h[t-1]', latex: 'h_{t-1}' })]

describe('print', () => {
  test.each([
    [x.add(x).mul(x), '(x + x)⊙x', '\\left(x + x\\right) \\odot x'],
    [x.mul(x).add(x), 'x⊙x + x', 'x \\odot x + x'],
    [x.sub(y.sub(x)), 'x - (h[t-1] - x)', 'x - \\left(h_{t-1} - x\\right)'],
    [x.sub(y).sub(x), 'x - h[t-1] - x', 'x - h_{t-1} - x'],
    [x.div(x.mul(y)), 'x / (x⊙h[t-1])', '\\frac{x}{x \\odot h_{t-1}}'],
    [div(x.add(y), x.sub(y)), '(x + h[t-1]) / (x - h[t-1])', '\\frac{x + h_{t-1}}{x - h_{t-1}}'],
    [neg(x.add(y)), '-(x + h[t-1])', '-\\left(x + h_{t-1}\\right)'],
    [x.neg().add(y), '-x + h[t-1]', '-x + h_{t-1}'],
    [sub(1, sigmoid(x)), '1 - σ(x)', '1 - \\sigma\\left(x\\right)'],
    [exp(x.neg()), 'exp(-x)', '\\exp\\left(-x\\right)'],
    [min(x, max(y, -1)), 'min(x, max(h[t-1], -1))', '\\min\\left(x, \\max\\left(h_{t-1}, -1\\right)\\right)'],
  ])('%#: %2$s', (expr, text, latex) => {
    expect(print(expr)).toBe(text)
    expect(print(expr, 'latex')).toBe(latex)
  })

  test.each([
    [mul(-2, x), '-2⊙x'],
    [x.mul(-2), 'x⊙(-2)'],
    [x.add(-2), 'x + (-2)'],
    [x.sub(-2), 'x - (-2)'],
    [x.sub(y.neg()), 'x - (-h[t-1])'],
    [x.div(y.neg()), 'x / (-h[t-1])'],
    [neg(mul(-2, x)), '-(-2⊙x)'],
    [constant(-0.5), '-0.5'],
  ])('never puts two signs side by side: %1$s', (expr, text) => {
    expect(print(expr)).toBe(text)
  })

  test('rounds constants to what a person would write', () => {
    expect(print(x.mul(1 - 0.8))).toBe('x⊙0.2')
    expect(print(constant(1 / 3))).toBe('0.333333333333')
  })

  test('writes a name for a node that has one, in parentheses where it stands for a sum', () => {
    const sum = x.add(y)
    expect(print(tanh(sum).mul(sum), 'text', new Map([[sum, 'W·x + b']]))).toBe('tanh(W·x + b)⊙(W·x + b)')
    expect(print(tanh(sum).mul(sum), 'text', new Map([[sum, 's[t]']]))).toBe('tanh(s[t])⊙s[t]')
  })

  test.each(Object.keys(rules) as Op[])('writes the operation %s in both notations', (op) => {
    const expr = new Expr(op, op in unaryRules ? [x] : [x, y])
    expect(print(expr)).toMatch(op in unaryRules ? /x/ : /x.*h\[t-1\]/)
    expect(print(expr, 'latex')).toMatch(op in unaryRules ? /x/ : /x.*h_\{t-1\}/)
  })
})

/** Trees of what has an order of binding. */
const trees = fc.letrec<{ tree: Expr }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 5, withCrossShrink: true },
    fc.constantFrom(leaf('x'), leaf('y'), constant(-2), constant(3), constant(0.25)),
    tie('tree').map(neg),
    tie('tree').map(tanh),
    fc
      .tuple(fc.constantFrom('add', 'sub', 'mul', 'div'), tie('tree'), tie('tree'))
      .map(([op, a, b]) => a[op as 'add'](b)),
  ),
})).tree

test('a printed formula, read again with the usual precedence, has the value of the expression', () => {
  fc.assert(
    fc.property(trees, (tree) => {
      const [value] = evaluate([tree], { x: 0.7, y: -1.3 })
      const code = print(tree).replaceAll('⊙', '*').replaceAll('tanh', 'Math.tanh')
      const read: number = new Function('x', 'y', `return ${code}`)(0.7, -1.3)
      if (Number.isFinite(value) && Math.abs(value!) < 1e6) expect(read).toBeCloseTo(value!, 6)
    }),
    { numRuns: 400, seed: 7 },
  )
})
