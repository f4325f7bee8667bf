import { describe, expect, test } from 'vitest'
import {
  cells,
  defineCell,
  dense,
  dropout,
  flatten,
  gru,
  InputError,
  type Layer,
  leaky,
  lstm,
  recurrent,
  rnn,
  sequential,
} from '../../src/index.ts'

const init = (layers: Layer[], sizes: { inputs: number; steps?: number } = { inputs: 2 }) =>
  sequential(layers).init({ ...sizes, kernels: 'reference' })

const sentence = (work: () => unknown): string => {
  try {
    work()
  } catch (error) {
    expect(error).toBeInstanceOf(InputError)
    return (error as InputError).message
  }
  throw new Error('expected an InputError, but nothing was thrown')
}

/** A type that the compiler would refuse, as plain JavaScript or a file may give it. */
const unchecked = (options: object) => options as never

describe('the output of a model has the shape its layers come to', () => {
  test.each<[string, Layer[], { inputs: number; steps?: number }, number[], number[]]>([
    ['every step, of any number of them', [lstm(5)], { inputs: 2 }, [-1, 2], [-1, 5]],
    ['every step, of a known number', [gru(5)], { inputs: 2, steps: 4 }, [4, 2], [4, 5]],
    ['the last step alone', [rnn(5, { returns: 'last' })], { inputs: 2 }, [-1, 2], [5]],
    ['dense over each step', [lstm(5), dense(3)], { inputs: 2, steps: 4 }, [4, 2], [4, 3]],
    ['dense after the last step', [lstm(5, { returns: 'last' }), dense(3)], { inputs: 2 }, [-1, 2], [3]],
    ['stacked', [lstm(5, { layers: 3 }), gru(4, { returns: 'last' })], { inputs: 2 }, [-1, 2], [4]],
    ['flat', [flatten(), dense(3)], { inputs: 2, steps: 4 }, [4, 2], [3]],
    ['flat after a recurrent layer', [leaky(5), flatten()], { inputs: 2, steps: 4 }, [4, 2], [20]],
    ['dropped out', [dropout(0.5)], { inputs: 2, steps: 4 }, [4, 2], [4, 2]],
  ])('%s', (_, layers, sizes, inputShape, outputShape) => {
    const model = init(layers, sizes)
    expect(model.inputShape).toEqual(inputShape)
    expect(model.outputShape).toEqual(outputShape)
    const [batch, steps] = [3, sizes.steps ?? 6]
    const y = model.run({ data: new Float64Array(batch * steps * 2).fill(0.5), shape: [batch, steps, 2] })
    const expected = outputShape.map((size) => (size === -1 ? steps : size))
    expect(y.shape).toEqual([batch, ...expected])
    expect(y.data.length).toBe(batch * expected.reduce((a, b) => a * b))
  })
})

describe("parameters have PyTorch's names and shapes, in PyTorch's order", () => {
  const parametersOf = (layer: Layer, inputs = 2) =>
    Object.fromEntries([...init([layer], { inputs }).parameters.read()].map(([name, { shape }]) => [name, shape]))

  test('lstm of two layers, as in torch.nn.LSTM(2, 5, num_layers=2)', () => {
    const parameters = parametersOf(lstm(5, { layers: 2 }))
    expect(parameters).toEqual({
      '0.weight_ih_l0': [20, 2],
      '0.weight_hh_l0': [20, 5],
      '0.bias_ih_l0': [20],
      '0.bias_hh_l0': [20],
      '0.weight_ih_l1': [20, 5],
      '0.weight_hh_l1': [20, 5],
      '0.bias_ih_l1': [20],
      '0.bias_hh_l1': [20],
    })
    const order = ['weight_ih', 'weight_hh', 'bias_ih', 'bias_hh']
    expect(Object.keys(parameters)).toEqual([0, 1].flatMap((layer) => order.map((name) => `0.${name}_l${layer}`)))
  })

  test('gru stacks three gates and rnn one', () => {
    expect(parametersOf(gru(5))['0.weight_hh_l0']).toEqual([15, 5])
    expect(parametersOf(rnn(5))['0.weight_ih_l0']).toEqual([5, 2])
  })

  test('dense, as in torch.nn.Linear(2, 3)', () => {
    expect(parametersOf(dense(3))).toEqual({ '0.weight': [3, 2], '0.bias': [3] })
  })

  test("a cell's own parameter stands beside the matrices", () => {
    expect(parametersOf(leaky(5, { alpha: 'learned' }))).toMatchObject({ '0.alpha_logit_l0': [5] })
  })

  test('layers count from 0, those without parameters too', () => {
    const model = init([lstm(4, { returns: 'last' }), dropout(0.2), dense(3)])
    expect(model.parameters.names.slice(-2)).toEqual(['2.weight', '2.bias'])
    expect(model.size).toBe(4 * 4 * (2 + 4 + 2) + 3 * 4 + 3)
  })
})

describe('parameters start', () => {
  const start = (layers: Layer[], seed: number) => sequential(layers).init({ inputs: 2, seed }).parameters.read()

  test('uniform in ±1/√units for recurrent layers and ±1/√inputs for dense ones', () => {
    const parameters = start([lstm(64), dense(64)], 1)
    for (const [name, { data }] of parameters) {
      expect(Math.max(...data.map(Math.abs)), name).toBeLessThanOrEqual(1 / 8)
      expect(Math.max(...data), name).toBeGreaterThan(0.9 / 8)
      expect(Math.min(...data), name).toBeLessThan(-0.9 / 8)
    }
  })

  test('the same for the same seed, otherwise for another', () => {
    expect(start([gru(4)], 3)).toEqual(start([gru(4)], 3))
    expect(start([gru(4)], 3)).not.toEqual(start([gru(4)], 4))
  })

  test('a layer put on top leaves those below as they were', () => {
    const [plain, topped] = [start([gru(4)], 3), start([gru(4), dense(2)], 3)]
    for (const [name, weight] of plain) expect(topped.get(name)).toEqual(weight)
  })
})

describe('a layer that cannot work says so in one sentence', () => {
  test.each<[string, () => unknown, string]>([
    [
      'a recurrent layer on the last step alone',
      () => init([lstm(4, { returns: 'last' }), gru(3)]),
      "gru: expected sequences [time, features], got [4] (the layer below may need returns: 'all')",
    ],
    [
      'flatten without steps',
      () => init([flatten(), dense(1)]),
      'flatten needs to know the number of steps: give it to init({ inputs, steps })',
    ],
    ['no layers', () => sequential([]), 'sequential: expected at least one layer'],
    ['no inputs', () => init([dense(1)], { inputs: 0 }), 'init: inputs: expected a whole number of at least 1, got 0'],
    [
      'half a step',
      () => init([dense(1)], { inputs: 1, steps: 1.5 }),
      'init: steps: expected a whole number of at least 1, got 1.5',
    ],
    ['no units', () => lstm(0), 'lstm: units: expected a whole number of at least 1, got 0'],
    ['dense without units', () => dense(Number.NaN), 'dense: units: expected a whole number of at least 1, got NaN'],
    ['no cells stacked', () => gru(3, { layers: 0 }), 'gru: layers: expected a whole number from 1 to 1000, got 0'],
    [
      'a stack without end',
      () => gru(3, { layers: 1e9 }),
      'gru: layers: expected a whole number from 1 to 1000, got 1000000000',
    ],
    [
      'an unknown activation of dense',
      () => dense(1, unchecked({ activation: 'tahn' })),
      'dense: activation: expected one of tanh, sigmoid, relu, got "tahn"; did you mean \'tanh\'?',
    ],
    [
      'an activation that every object has',
      () => dense(1, unchecked({ activation: 'toString' })),
      'dense: activation: expected one of tanh, sigmoid, relu, got "toString"',
    ],
    [
      'an unknown activation of rnn',
      () => rnn(3, unchecked({ activation: 'rellu' })),
      'rnn: activation: expected one of affine, elu, hardSigmoid, identity, leakyRelu, relu, scaledTanh, sigmoid, ' +
        'softplus, softsign, tanh, thresholdedRelu, got "rellu"; did you mean \'relu\'?',
    ],
    [
      'an unknown place of the reset gate',
      () => gru(3, unchecked({ reset: 'befor' })),
      'gru: reset: expected one of after, before, got "befor"; did you mean \'before\'?',
    ],
    [
      'a leak above one',
      () => leaky(3, { alpha: 2 }),
      "leaky: alpha: expected a number from 0 to 1, one for each unit, or 'learned', got 2",
    ],
    [
      'a leak that is no number',
      () => leaky(3, { alpha: Number.NaN }),
      "leaky: alpha: expected a number from 0 to 1, one for each unit, or 'learned', got NaN",
    ],
    [
      'zoneout of NaN',
      () => lstm(3, { zoneout: { c: Number.NaN } }),
      'lstm: zoneout: c: expected a rate of at least 0 and below 1, got NaN',
    ],
    [
      'checkpoints of NaN',
      () => lstm(3, { checkpoint: Number.NaN }),
      'lstm: checkpoint: expected a whole number of at least 1, got NaN',
    ],
    [
      'unknown returns',
      () => lstm(3, unchecked({ returns: 'lst' })),
      'lstm: returns: expected one of all, last, got "lst"; did you mean \'last\'?',
    ],
    [
      "another cell's option",
      () => gru(3, unchecked({ alpha: 0.5 })),
      'gru: option: expected one of layers, returns, reverse, bidirectional, initial, residual, dropout, variational, ' +
        'zoneout, checkpoint, start, reset, activation, recurrentActivation, clip, got "alpha"',
    ],
    ['dropping everything', () => dropout(1), 'dropout: expected a rate of at least 0 and below 1, got 1'],
    [
      'a cell that adds its input to its state, of another size',
      () => init([recurrent(residual, 3)]),
      "cell 'residual' uses x outside a product, so its units must equal its inputs: got 3 and 2",
    ],
    [
      'inputs of another size',
      () => init([dense(1)]).run({ data: [1, 2, 3], shape: [1, 1, 3] }),
      'x: expected shape [any, any, 2], got [1, 1, 3]',
    ],
  ])('%s', (_, work, expected) => expect(sentence(work)).toBe(expected))

  const residual = defineCell({
    name: 'residual',
    state: ['h'],
    step: ({ x, h, linear }) => ({ h: x.add(linear('hidden', h)) }),
  })

  test('but dense takes the outputs of all steps, and returns: all is the default', () => {
    expect(init([recurrent(cells.lstm, 3), dense(1)]).outputShape).toEqual([-1, 1])
  })
})
