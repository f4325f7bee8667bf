import { describe, expect, test } from 'vitest'
import { rewrite, schedule, topological } from '../../src/expr/graph.ts'
import { constant, evaluate, leaf, sigmoid, tanh } from '../../src/expr/index.ts'

const [x, y] = [leaf('x'), leaf('y')]
const ops = (roots: Parameters<typeof schedule>[0]) => schedule(roots).code.map((instruction) => instruction.op)

describe('schedule', () => {
  test('computes equal sub-expressions once, though they are different objects', () => {
    const twice = tanh(x.add(y)).mul(tanh(x.add(y)))
    expect(ops([twice])).toEqual(['leaf', 'leaf', 'add', 'tanh', 'mul'])
  })

  test('shares across roots, and roots that are equal are one instruction', () => {
    const { code, roots } = schedule([sigmoid(x), sigmoid(leaf('x')).add(1), sigmoid(x)])
    expect(code.map(({ op }) => op)).toEqual(['leaf', 'sigmoid', 'constant', 'add'])
    expect(roots).toEqual([1, 3, 1])
  })

  test('keeps apart what only looks alike', () => {
    expect(ops([x.sub(y).add(y.sub(x))])).toHaveLength(5) // two differences
    expect(ops([x.mul(2).add(x.mul(2.5))])).toHaveLength(6)
    expect(ops([leaf('a').add(leaf('b'))])).toEqual(['leaf', 'leaf', 'add'])
    // A leaf called as a constant is written is a leaf still.
    expect(ops([leaf('1').mul(x).add(x.sub(1))])).toEqual(['leaf', 'leaf', 'mul', 'constant', 'sub', 'add'])
  })

  test('reads only what is there already', () => {
    const { code } = schedule([tanh(x.mul(y)).div(sigmoid(x).add(3))])
    for (const [i, instruction] of code.entries())
      if ('args' in instruction) for (const argument of instruction.args) expect(argument).toBeLessThan(i)
  })
})

describe('rewrite', () => {
  test('puts other nodes in place and leaves the rest the same object', () => {
    const kept = tanh(y)
    const [changed] = rewrite([x.mul(kept)], new Map([[x, constant(3)]]))
    expect(evaluate([changed!], { y: 0.5 })[0]).toBe(3 * Math.tanh(0.5))
    expect(changed!.args[1]).toBe(kept)
  })
})

test('topological order has every node once, arguments before their users', () => {
  const shared = tanh(x)
  const order = topological([shared.add(y), shared.mul(shared)])
  expect(order.map(({ op }) => op)).toEqual(['leaf', 'tanh', 'leaf', 'add', 'mul'])
})
