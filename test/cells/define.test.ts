import { describe, expect, test } from 'vitest'
import { InputError } from '../../src/base/errors.ts'
import { coupledLstm } from '../../src/cells/coupled-lstm.ts'
import { type Cell, defineCell, gru, lstm, type PreviousState, rnn } from '../../src/cells/index.ts'
import { type Expr, sigmoid, tanh } from '../../src/expr/index.ts'
import { lstm as lstmLayer, recurrent } from '../../src/layers/index.ts'

/** A scope without its types: what a person writes in plain JavaScript. */
interface Loose {
  readonly x: Expr
  readonly h: PreviousState
  readonly m: PreviousState
  linear(...args: unknown[]): Expr
  project(expr: unknown): Expr
  parameter(name: string, initial: number): Expr
  given(name: string, values: readonly number[]): Expr
}

/** Defines the cell 'mine' and returns the sentence it is refused with. */
function refusal(state: readonly string[], step: (scope: Loose) => unknown, rest: object = {}): string {
  try {
    defineCell({ name: 'mine', state, step, ...rest } as unknown as Parameters<typeof defineCell>[0])
  } catch (error) {
    expect(error).toBeInstanceOf(InputError)
    return (error as InputError).message
  }
  throw new Error('the cell was not refused')
}

describe('a cell is refused', () => {
  test('without a state', () => {
    expect(refusal([], () => ({}))).toBe("cell 'mine': expected at least one state, such as state: ['h']")
  })

  test.each(['x', 'linear', 'project', 'parameter', 'given', 'gates'])('with a state that is called %s', (name) => {
    expect(refusal(['h', name], () => ({}))).toBe(`cell 'mine': '${name}' can't be the name of a state`)
  })

  test('with a state declared twice', () => {
    expect(refusal(['h', 'm', 'h'], () => ({}))).toBe("cell 'mine': a state is declared twice in h, m, h")
  })

  test('whose step returns a state that was not declared; the nearest is suggested', () => {
    expect(refusal(['h', 'memory'], ({ h }) => ({ h, memory: h, memroy: h }))).toBe(
      "cell 'mine': its step returns 'memroy', which is not a state of it; did you mean 'memory'? (h, memory)",
    )
    expect(refusal(['h'], ({ h }) => ({ h, forget: h }))).toBe(
      "cell 'mine': its step returns 'forget', which is not a state of it (h)",
    )
  })

  test('whose step returns nothing', () => {
    expect(refusal(['h'], () => undefined)).toBe("cell 'mine': its step returns undefined; return { h }")
  })

  test('without a product', () => {
    expect(refusal(['h'], ({ h }) => ({ h }))).toBe(
      "cell 'mine': its step has no product; multiply the input: linear('gate', x, …)",
    )
  })

  test('with a parameter named as a product is', () => {
    expect(refusal(['h'], ({ h, parameter }) => ({ h: h.mul(parameter('weight_ih', 1)) }))).toBe(
      "cell 'mine': a parameter can't be named 'weight_ih': products have such names; call it otherwise",
    )
  })

  test('whose step lacks a state', () => {
    expect(refusal(['h', 'm'], ({ h }) => ({ h }))).toBe(
      "cell 'mine': its step never returns the state 'm'; return { h, m }",
    )
  })

  test('with a gate or a state that is not an expression', () => {
    expect(refusal(['h'], ({ h }) => ({ h, gates: { forget: 0.5 } }))).toBe(
      "cell 'mine': its step returns 0.5 for 'forget', expected an expression",
    )
    expect(refusal(['h'], () => ({ h: undefined }))).toBe(
      "cell 'mine': its step returns undefined for 'h', expected an expression",
    )
  })

  test('when linear has nothing to multiply, or what is no expression', () => {
    expect(refusal(['h'], ({ linear }) => ({ h: linear('write') }))).toBe(
      "cell 'mine': linear('write') needs something to multiply, such as linear('write', x, h)",
    )
    expect(refusal(['h'], ({ x, linear }) => ({ h: linear('write', x, 3) }))).toBe(
      "cell 'mine': linear('write', …) takes x, a state or an expression, got 3",
    )
  })

  test.each([
    ['ih', 'x twice in one call', ({ x, linear }: Loose) => linear('write', x, x)],
    ['ih', 'x in two calls', ({ x, linear }: Loose) => linear('write', x).add(linear('write', x))],
    ['hh', 'h and an expression', ({ h, linear }: Loose) => linear('write', h, tanh(h))],
    ['mh', 'm in two calls', ({ m, linear }: Loose) => linear('write', m).add(linear('write', m))],
  ])('with two products of one name in weight_%s: %s', (matrix, _, step) => {
    expect(refusal(['h', 'm'], (scope) => ({ h: step(scope), m: scope.m }))).toBe(
      `cell 'mine': weight_${matrix} has two products named 'write'; give one another name`,
    )
  })

  test('that reads a state it has not; the nearest is suggested', () => {
    expect(refusal(['h', 'memory'], (scope) => ({ h: (scope as unknown as { memroy: Expr }).memroy }))).toBe(
      "cell 'mine': its step reads 'memroy', which is not a state of it; did you mean 'memory'? (h, memory)",
    )
  })

  test.each([0, -1, 1.5, Number.NaN, undefined])('that looks %s steps back', (steps) => {
    expect(refusal(['h'], ({ x, h, linear }) => ({ h: linear('write', x, h.back(steps as number)) }))).toBe(
      `cell 'mine': h.back(${steps}): expected a whole number of steps, 1 or more`,
    )
  })

  test.each([
    ['hh_back3', ({ x, h, linear }: Loose) => linear('write', x, h.back(3)).add(linear('write', h.back(3)))],
    ['mh_back2', ({ x, m, linear }: Loose) => linear('write', x, m.back(2), m.back(2))],
  ])('with two products of one name in weight_%s', (matrix, step) => {
    expect(refusal(['h', 'm'], (scope) => ({ h: step(scope), m: scope.m }))).toBe(
      `cell 'mine': weight_${matrix} has two products named 'write'; give one another name`,
    )
  })

  describe('whose sizes do not fit', () => {
    const projected = { projected: ['h'] }

    test('a state of the hidden size returned as a projection, and the other way round', () => {
      expect(refusal(['h'], ({ x, h, linear, project }) => ({ h: project(tanh(linear('write', x, h))) }))).toBe(
        "cell 'mine': the state 'h' is of the hidden size, but its step returns a projection; declare it: projected: ['h']",
      )
      expect(refusal(['h'], ({ x, h, linear }) => ({ h: tanh(linear('write', x, h)) }), projected)).toBe(
        "cell 'mine': the state 'h' is projected, but its step returns it in the hidden size; return project(…)",
      )
    })

    test('two sizes in one expression, be it of the state or of a gate alone', () => {
      const wrong =
        "cell 'mine': its step puts h[t-1], of the projected size, together with m[t-1], of the hidden size; " +
        'a product takes one to the other: linear(…) or project(…)'
      const step = ({ x, h, m, linear, project }: Loose) => ({ h: project(m), m: linear('write', x, h) })
      const mixed = (s: Loose) => ({ h: s.project(s.m), m: s.linear('write', s.x).mul(s.h.mul(s.m)) })
      expect(refusal(['h', 'm'], mixed, projected)).toBe(wrong)
      expect(refusal(['h', 'm'], (s) => ({ ...step(s), gates: { odd: s.m.mul(s.h) } }), projected)).toBe(wrong)
    })

    test('one matrix for operands of two sizes', () => {
      const step = ({ x, h, m, linear, project }: Loose) => ({
        h: project(m),
        m: tanh(linear('write', x, h)).mul(linear('read', tanh(m))),
      })
      expect(refusal(['h', 'm'], step, projected)).toBe(
        "cell 'mine': weight_hh meets the projected size in 'write' and the hidden size in 'read'",
      )
    })

    test('a projected state that is none, and a projection of what is no expression', () => {
      expect(refusal(['h'], ({ h }) => ({ h }), { projected: ['c'] })).toBe(
        "cell 'mine': 'c' is said to be projected, but is not a state of it (h)",
      )
      expect(refusal(['h'], ({ project }) => ({ h: project(2) }), projected)).toBe(
        "cell 'mine': project(…) takes an expression, got 2",
      )
    })
  })

  test.each<[string, object | undefined, string]>([
    ['without a name', { name: undefined }, 'defineCell: name: expected a word, got undefined'],
    ['with states that are no list', { state: 'h' }, "cell 'mine': state: expected names such as ['h'], got \"h\""],
    [
      'with a state without a name',
      { state: ['h', ''] },
      'cell \'mine\': state: expected names such as [\'h\'], got ["h",""]',
    ],
    ['without a step', { step: 3 }, "cell 'mine': step: expected a function of { x, h, linear }, got 3"],
  ])('%s', (_, rest, sentence) => {
    expect(refusal(['h'], ({ x, h, linear }) => ({ h: linear('write', x, h) }), rest)).toBe(sentence)
  })

  const first = "cell 'mine': linear(…) takes the name of the gate first, such as linear('gate', x, h)"
  const finite = "cell 'mine': the parameter 'rate': expected finite numbers, got"
  test.each<[string, string, (scope: Loose) => unknown]>([
    ['a product without a name', first, ({ x, h, linear }) => linear(x, h)],
    ['a product with an empty name', first, ({ x, h, linear }) => linear('', x, h)],
    [
      'a parameter that begins as nothing',
      `${finite} undefined`,
      ({ h, parameter }) => h.mul(parameter('rate', undefined as never)),
    ],
    ['a parameter that begins as NaN', `${finite} NaN`, ({ h, parameter }) => h.mul(parameter('rate', Number.NaN))],
    ['no given numbers', `${finite} []`, ({ h, given }) => h.mul(given('rate', []))],
    ['given numbers with a hole', `${finite} [1,null]`, ({ h, given }) => h.mul(given('rate', [1, Number.NaN]))],
    [
      'a parameter without a name',
      "cell 'mine': a parameter needs a name and its numbers, such as parameter('rate', 1), got 2",
      ({ h, parameter }) => h.mul(parameter(2 as never, 1)),
    ],
    ['NaN in an expression', 'expected an expression or a number, got NaN', ({ h }) => h.mul(Number.NaN)],
    ['a word in an expression', 'expected an expression or a number, got "x"', () => tanh('x' as never)],
    ["another cell's state", "cell 'mine': its step uses h[t-1], but not its own", () => stranger],
  ])('with %s', (_, sentence, made) => {
    expect(refusal(['h'], (scope) => ({ h: scope.linear('write', scope.x).add(made(scope) as Expr) }))).toBe(sentence)
  })

  let stranger: Expr
  defineCell({
    name: 'theirs',
    state: ['h'],
    step({ x, h, linear }) {
      stranger = h
      return { h: linear('write', x, h) }
    },
  })

  test.each([[null], [[tanh(1)]], ['forget']])('with gates that have no names: %#', (gates) => {
    expect(refusal(['h'], ({ x, h, linear }) => ({ h: linear('write', x, h), gates }))).toBe(
      "cell 'mine': its step returns gates without names; return gates: { forget }",
    )
  })

  test('with two projections', () => {
    const step = ({ x, h, linear, project }: Loose) => ({
      h: project(linear('write', x, h)),
      m: project(linear('read', x)),
    })
    expect(refusal(['h', 'm'], step, { projected: ['h', 'm'] })).toBe(
      "cell 'mine': weight_hr has two products named 'projection'; give one another name",
    )
  })

  test('that is coupled, with peepholes that are neither there nor not', () => {
    expect(() => coupledLstm.with({ peepholes: 'yes' as never })).toThrow(
      new InputError('coupledLstm: peepholes: expected true or false, got "yes"'),
    )
  })

  test('where a layer is to be made of something else', () => {
    const made = (cell: unknown) => () => recurrent(cell as Cell, 3)
    expect(made(undefined)).toThrow(new InputError('recurrent: expected a cell, such as cells.lstm, got undefined'))
    expect(made(lstmLayer)).toThrow(new InputError('recurrent: expected a cell, such as cells.lstm, got a function'))
  })

  test('with one parameter made twice', () => {
    expect(refusal(['h'], ({ h, parameter }) => ({ h: h.mul(parameter('rate', 1)).add(parameter('rate', 2)) }))).toBe(
      "cell 'mine': the parameter 'rate' is made twice; keep the first",
    )
    expect(
      refusal(['h'], ({ h, parameter, given }) => ({ h: h.mul(parameter('rate', 1)).add(given('rate', [1])) })),
    ).toBe("cell 'mine': the parameter 'rate' is made twice; keep the first")
  })

  test('whose order for a file format lists other names than its products', () => {
    const step = ({ x, h, linear }: Loose) => ({ h: sigmoid(linear('write', x, h)).mul(tanh(linear('read', x, h))) })
    expect(refusal(['h'], step, { order: { onnx: ['write', 'keep'] } })).toBe(
      "cell 'mine': its onnx order lists write, keep, but its products are write, read",
    )
    expect(refusal(['h'], step, { order: { pytorch: ['write'] } })).toContain('pytorch order lists write, but')
  })
})

describe('with', () => {
  test('gives the same cell with other options, and leaves the first as it was', () => {
    const before = gru.with({ reset: 'before' })
    const { reset: _, ...rest } = gru.options
    expect([gru.options, before.options]).toEqual([
      { ...rest, reset: 'after' },
      { ...rest, reset: 'before' },
    ])
    expect(before.graph.products.filter((p) => p.name === 'candidate')).toHaveLength(1)
    expect(gru.graph.products.filter((p) => p.name === 'candidate')).toHaveLength(2)
  })

  test('refuses an unknown option and suggests the nearest', () => {
    const wrong = (cell: unknown, options: object) => () => (cell as Cell).with(options as Cell['options'])
    expect(wrong(rnn, { activaton: 'relu' })).toThrow(
      new InputError("cell 'rnn' has no option 'activaton'; did you mean 'activation'? (it has activation, clip)"),
    )
    expect(wrong(lstm, { peephole: true })).toThrow(
      new InputError(
        "cell 'lstm' has no option 'peephole' (it has recurrentActivation, activation, outputActivation, clip)",
      ),
    )
  })
})

describe('an activation', () => {
  const refused = (cell: unknown, options: object) => () => (cell as Cell).with(options as Cell['options'])
  const known =
    'affine, elu, hardSigmoid, identity, leakyRelu, relu, scaledTanh, sigmoid, softplus, softsign, tanh, thresholdedRelu'

  test.each([
    [rnn, { activation: 'reluu' }, `rnn: activation: expected one of ${known}, got "reluu"; did you mean 'relu'?`],
    [lstm, { recurrentActivation: 3 }, `lstm: recurrentActivation: expected one of ${known}, got 3`],
    [gru, { activation: { name: 'Elu' } }, `gru: activation: expected one of ${known}, got "Elu"; did you mean 'elu'?`],
    [lstm, { outputActivation: 'toString' }, `lstm: outputActivation: expected one of ${known}, got "toString"`],
    [rnn, { activation: { name: 'relu', alpha: 1 } }, "rnn: activation: relu has no setting 'alpha' (it has none)"],
    [
      rnn,
      { activation: { name: 'affine', gamma: 1 } },
      "rnn: activation: affine has no setting 'gamma' (it has alpha and beta)",
    ],
    [rnn, { activation: { name: 'elu', alpha: '1' } }, 'rnn: activation: expected a finite alpha for elu, got "1"'],
    [gru, { clip: 0 }, 'gru: clip: expected a number above 0, or false, got 0'],
    [gru, { clip: Number.NaN }, 'gru: clip: expected a number above 0, or false, got NaN'],
    [
      rnn,
      { activation: { name: 'elu', alpha: Number.NaN } },
      'rnn: activation: expected a finite alpha for elu, got NaN',
    ],
    [lstm, { clip: true }, 'lstm: clip: expected a number above 0, or false, got true'],
  ])('%#: %o is refused', (cell, options, message) => {
    expect(refused(cell, options)).toThrow(new InputError(message))
  })

  test('of the output is that of the candidate, unless told', () => {
    const opOf = (cell: unknown) => (cell as Cell).graph.next.get('h')!.args[1]!.op
    expect(opOf(lstm.with({ activation: 'sigmoid' }))).toBe('sigmoid')
    expect(opOf(lstm.with({ activation: 'sigmoid', outputActivation: 'relu' }))).toBe('relu')
  })
})

describe('the order in which a convention stacks the gates', () => {
  test('is that of the file formats for the built-in cells', () => {
    expect(lstm.order('pytorch')).toEqual(['input', 'forget', 'candidate', 'output'])
    expect(lstm.order('onnx')).toEqual(['input', 'output', 'forget', 'candidate'])
    expect(lstm.order('keras')).toEqual(['input', 'forget', 'candidate', 'output'])
    expect(gru.order('pytorch')).toEqual(['reset', 'update', 'candidate'])
    expect(gru.order('onnx')).toEqual(['update', 'reset', 'candidate'])
    expect(gru.order('keras')).toEqual(['update', 'reset', 'candidate'])
  })

  test("is the equations' own where a cell says nothing, and PyTorch's where it says only that", () => {
    const spec = {
      name: 'mine',
      state: ['h'],
      step: ({ x, h, linear }: Loose) => ({ h: linear('write', x).mul(linear('read', h)) }),
    } as const
    expect(defineCell(spec).order('keras')).toEqual(['write', 'read'])
    expect(defineCell({ ...spec, order: { pytorch: ['read', 'write'] } }).order('onnx')).toEqual(['read', 'write'])
  })
})

test('an expression written twice in the equations is one object in the graph', () => {
  const cell = defineCell({
    name: 'mine',
    state: ['h'],
    step({ x, h, linear }) {
      const z = linear('write', x, h)
      return { h: sigmoid(z).mul(h).add(sigmoid(z)), gates: { write: sigmoid(z) } }
    },
  })
  const next = cell.graph.next.get('h')!
  expect(next.args[1]).toBe(cell.graph.gates.get('write'))
  expect(next.args[0]!.args[0]).toBe(cell.graph.gates.get('write'))
})
