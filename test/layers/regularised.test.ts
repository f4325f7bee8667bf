import { describe, expect, test } from 'vitest'
import { recur, Tape } from '../../src/autograd/index.ts'
import { Random } from '../../src/base/random.ts'
import { type CellNoise, noisyCell } from '../../src/cells/index.ts'
import { tanh } from '../../src/expr/index.ts'
import { formatModel, parseModel } from '../../src/formats/model-file.ts'
import {
  type Cell,
  cells,
  defineCell,
  dense,
  gru,
  InputError,
  type Layer,
  lstm,
  type Model,
  memoryPlan,
  recurrent,
  rnn,
  sequential,
  sgd,
  unroll,
} from '../../src/index.ts'
import { createKernels } from '../../src/kernels/index.ts'
import { weightSpecs } from '../../src/recurrence/index.ts'
import { lossOf, Trainer } from '../../src/train/trainer.ts'
import { randomTensor } from '../recurrence/cases.ts'
import { epochsOf, sums } from '../train/samples.ts'

const random = new Random(12, 'regularised')
const x = randomTensor(random, [3, 5, 2], 1.5)
const lengths = [5, 2, 4]
const worst = (a: ArrayLike<number>, b: ArrayLike<number>) => {
  expect(a.length).toBe(b.length)
  return Math.max(...Array.from(a, (value, i) => Math.abs(value - b[i]!)))
}
const init = (layers: Layer[], seed = 3) => sequential(layers).init({ inputs: 2, seed, kernels: 'reference' })
/** A model with another's weights, in the order in which both have them. */
const withWeights = (model: Model, of: Model) => {
  const names = model.parameters.names
  model.parameters.write(new Map([...of.parameters.read().values()].map((weight, i) => [names[i]!, weight])))
  return model
}

describe('what chance does to a cell, by plain arithmetic in float64', () => {
  const [batch, steps, inputs, hidden] = [2, 4, 2, 3] as const
  const input = randomTensor(random, [batch, steps, inputs], 1.5)

  /** What the tape gives, and the numbers that the same stream of chance gives to a reader of the paper. */
  function trained(cell: Cell, noise: CellNoise) {
    const kernels = createKernels('reference')
    const tape = new Tape(kernels, new Random(4, 'chance'))
    const weights = weightSpecs(cell, inputs, hidden).map(
      ({ name, shape }) => [name, randomTensor(random, shape)] as const,
    )
    const { y } = recur(
      tape,
      { x: tape.input(input), weights: weights.map(([, weight]) => tape.input(weight)) },
      { cell: noisyCell(cell, noise), hidden, returns: 'all' },
    )
    const named = new Map(weights)
    /** Row `row` of W·v + b, by PyTorch's names. */
    const product = (matrix: string, row: number, v: ArrayLike<number>) =>
      Array.from(v).reduce(
        (sum, value, j) => sum + named.get(`weight_${matrix}`)!.data[row * v.length + j]! * value,
        named.get(`bias_${matrix}`)!.data[row]!,
      )
    return { y: tape.read(y).data, chance: new Random(4, 'chance'), product }
  }
  const step = (b: number, t: number) =>
    Array.from(input.data).slice((b * steps + t) * inputs, (b * steps + t + 1) * inputs)
  const units = [...Array(hidden).keys()]

  test('a variational mask is one a sequence, on the state that products read', () => {
    const { y, chance, product } = trained(cells.rnn as never, { dropState: 0.4 })
    const masks = Array.from({ length: batch * hidden }, () => (chance.uniform() < 0.4 ? 0 : 1 / 0.6))
    expect(new Set(masks).size).toBe(2)
    const expected = Array.from({ length: batch }, (_, b) => {
      let h = units.map(() => 0)
      return Array.from({ length: steps }, (_, t) => {
        const seen = h.map((value, i) => value * masks[b * hidden + i]!)
        h = units.map((i) => Math.tanh(product('ih', i, step(b, t)) + product('hh', i, seen)))
        return h
      })
    })
    expect(worst(y, expected.flat(2))).toBeLessThan(1e-12)
  })

  test('zoneout keeps units of a state over a step, each state its own, and h is made of the new c', () => {
    const { y, chance, product } = trained(cells.lstm as never, { zoneout: { h: 0.5, c: 0.3 } })
    const draw = (rate: number) => Array.from({ length: batch * steps * hidden }, () => chance.uniform() < rate)
    const [keptH, keptC] = [draw(0.5), draw(0.3)]
    const sigmoid = (z: number) => 1 / (1 + Math.exp(-z))
    const expected = Array.from({ length: batch }, (_, b) => {
      let [h, c] = [units.map(() => 0), units.map(() => 0)]
      return Array.from({ length: steps }, (_, t) => {
        const z = (gate: number) =>
          units.map((i) => product('ih', gate * hidden + i, step(b, t)) + product('hh', gate * hidden + i, h))
        const [input, forget, candidate, output] = [z(0), z(1), z(2), z(3)] as const
        const cell = units.map((i) => sigmoid(forget[i]!) * c[i]! + sigmoid(input[i]!) * Math.tanh(candidate[i]!))
        const at = (i: number) => (b * steps + t) * hidden + i
        ;[h, c] = [
          units.map((i) => (keptH[at(i)] ? h[i]! : sigmoid(output[i]!) * Math.tanh(cell[i]!))),
          units.map((i) => (keptC[at(i)] ? c[i]! : cell[i]!)),
        ]
        return h
      })
    })
    expect(worst(y, expected.flat(2))).toBeLessThan(1e-12)
  })
})

describe('outside training', () => {
  test('nothing is dropped', () => {
    const plain = init([gru(4, { layers: 2 }), dense(1)])
    const dropping = init([
      gru(4, { layers: 2, dropout: 0.5, variational: { input: 0.5, state: 0.5, output: 0.5 } }),
      dense(1),
    ])
    expect(withWeights(dropping, plain).run(x, lengths).data).toEqual(withWeights(plain, dropping).run(x, lengths).data)
  })

  test('zoneout keeps what is kept on average', () => {
    const model = init([rnn(3, { zoneout: 0.25 })])
    const average = defineCell({
      name: 'average',
      state: ['h'],
      step: ({ x, h, linear }) => ({ h: h.mul(0.25).add(tanh(linear('hidden', x, h)).mul(0.75)) }),
    })
    const read = [...model.parameters.read()].map(([name, weight]) => [name.replace(/^0\.|_l0$/g, ''), weight])
    const y = unroll(average, { x, lengths, weights: Object.fromEntries(read), kernels: 'reference' }).y.data
    expect(worst(model.run(x, lengths).data, y)).toBeLessThan(1e-6)
  })
})

describe('in training', () => {
  const noises = {
    dropout: { layers: 2, dropout: 0.4 },
    'variational input': { variational: { input: 0.4 } },
    'variational state': { variational: { state: 0.4 } },
    'variational output': { variational: { output: 0.4 } },
    zoneout: { zoneout: 0.4 },
  } as const

  test.each(Object.entries(noises))(
    'a seed decides what %s draws, anew each step; validation draws nothing',
    async (_, options) => {
      const data = sums(20, 5, 2)
      const losses = async (seed: number) => {
        const model = sequential([gru(6, { ...options, returns: 'last' }), dense(1)]).init({ inputs: 2, seed: 4 })
        const still = { batch: 20, shuffle: false, optimizer: sgd(1e-9), epochs: 4, seed }
        const epochs = await epochsOf(model, { train: data, validation: data }, still)
        return { training: epochs.map(({ loss }) => loss), validation: epochs.map(({ validation }) => validation.loss) }
      }
      const { training, validation } = await losses(1)
      expect(new Set(training).size).toBe(4)
      for (const loss of validation) expect(loss).toBeCloseTo(validation[0]!, 6)
      expect((await losses(1)).training).toEqual(training)
      expect((await losses(2)).training).not.toEqual(training)
    },
  )

  test('a mask of inputs or outputs is one a sequence: of each feature all steps are dropped, or none', () => {
    const through = (options: object) => {
      const model = init([rnn(2, { activation: 'identity', ...options })])
      const weights = model.parameters.read()
      for (const [name, { data }] of weights) data.set(name === '0.weight_ih_l0' ? [1, 0, 0, 1] : data.map(() => 0))
      model.parameters.write(weights)
      const ones = { data: new Float64Array(40 * 6 * 2).fill(1), shape: [40, 6, 2] }
      const y = model.withTape((tape) => tape.read(model.forward(tape, tape.input(ones))).data, new Random(1, 'mask'))
      return Array.from({ length: 40 * 2 }, (_, i) => {
        const [b, feature] = [i >> 1, i & 1]
        return new Set(Array.from({ length: 6 }, (_, t) => y[(b * 6 + t) * 2 + feature]!))
      })
    }
    for (const part of ['input', 'output']) {
      const seen = through({ variational: { [part]: 0.5 } })
      for (const values of seen) expect(values.size).toBe(1)
      expect([...new Set(seen.flatMap((values) => [...values]))].sort()).toEqual([0, 2])
    }
    for (const values of through({})) expect([...values]).toEqual([1])
  })

  test('every option together is planned to the byte', () => {
    for (const kernels of ['reference', 'auto'] as const) {
      const variational = { input: 0.2, state: 0.3, output: 0.1 }
      const options = { layers: 3, dropout: 0.2, variational, zoneout: { h: 0.1, c: 0.2 }, residual: true } as const
      const layers = [
        lstm(5, { ...options, bidirectional: 'concat', initial: 'learned' }),
        lstm(4, { ...options, returns: 'last' }),
        dense(1),
      ]
      const data = { ...sums(9, 5, 2), lengths: (rows: ArrayLike<number>) => new Int32Array(rows.length).fill(3) }
      const model = sequential(layers).init({ inputs: 2, steps: 5, kernels })
      const trainer = new Trainer(model, { optimizer: sgd(0.1), loss: lossOf('mse'), seed: 0 })
      expect([...trainer.steps(data, [[...Array(9).keys()]])]).toHaveLength(1)
      const { kept, arenaPeak } = model.kernels.memory.usage()
      const plan = { batch: 9, steps: 5, optimizer: sgd(0.1), lengths: Array(9).fill(3) }
      expect(memoryPlan(model, plan).total).toBe(kept + arenaPeak)
    }
  })
})

describe('residual', () => {
  test.each(['all', 'last'] as const)(
    'layers above the first add what they read: %s, forward and reverse',
    (returns) => {
      for (const reverse of [false, true]) {
        const deep = init([gru(3, { layers: 3, residual: true, returns, reverse })])
        const weights = [...deep.parameters.read()]
        const layer = (i: number, x: Parameters<Model['run']>[0], returns: 'all' | 'last') => {
          const model = sequential([gru(3, { returns, reverse })]).init({ inputs: x.shape[2]!, kernels: 'reference' })
          const own = weights.filter(([name]) => name.endsWith(`_l${i}`))
          model.parameters.write(new Map(own.map(([name, weight]) => [name.replace(/_l\d$/, '_l0'), weight])))
          return model.run(x, lengths)
        }
        const first = layer(0, x, 'all')
        const second = layer(1, first, 'all')
        const below = { ...first, data: second.data.map((value, i) => value + first.data[i]!) }
        const top = layer(2, below, returns)
        const added = Array.from({ length: top.data.length }, (_, i) => {
          if (returns === 'all') return i
          const sequence = Math.floor(i / 3)
          return (sequence * 5 + (reverse ? 0 : lengths[sequence]! - 1)) * 3 + (i % 3)
        })
        const expected = added.map((at, i) => top.data[i]! + below.data[at]!)
        expect(worst(deep.run(x, lengths).data, expected)).toBeLessThan(1e-6)
      }
    },
  )
})

describe('a learned initial state', () => {
  const make = (initial: 'zero' | 'learned') =>
    sequential([lstm(3, { initial, layers: 2, returns: 'last' }), dense(1)]).init({ inputs: 1, seed: 5 })

  test('starts at zero, learns, and is where a stream begins and begins again', async () => {
    const [model, zero] = [make('learned'), make('zero')]
    expect(model.parameters.names).toContain('0.initial_c_l1')
    const one = { data: [0.4, -0.2, 0.9], shape: [1, 3, 1] }
    expect(model.run(one).data).toEqual(zero.run(one).data)
    await epochsOf(model, { train: sums(30) }, { epochs: 2 })
    const learned = model.parameters.read().get('0.initial_h_l0')!.data
    for (const value of learned) expect(Math.abs(value)).toBeGreaterThan(1e-5)
    const stream = model.stream({ sessions: 2 })
    expect(stream.state.values['0.h_l0']).toEqual([...learned, ...learned])
    for (let round = 0; round < 2; round++) {
      for (const value of [0.4, -0.2]) stream.push([value, value])
      const y = stream.push([0.9, 0.9])
      expect(worst(y, [...model.run(one).data, ...model.run(one).data])).toBeLessThan(1e-6)
      stream.reset(0)
      stream.reset(1)
    }
  })
})

describe('all options', () => {
  const options = {
    layers: 2,
    initial: 'learned',
    residual: true,
    dropout: 0.1,
    variational: { input: 0.2, state: 0.3 },
    zoneout: { c: 0.2 },
  } as const

  test('stay in the file and run a step at a time', () => {
    const model = init([lstm(4, options), gru(3, { zoneout: 0.5, bidirectional: 'mean', returns: 'last' }), dense(2)])
    const { model: loaded } = parseModel(formatModel(model), 'm', { kernels: 'reference' })
    expect(loaded.architecture).toEqual(model.architecture)
    expect(worst(loaded.run(x).data, model.run(x).data)).toBeLessThan(1e-6)
    expect(formatModel(init([lstm(4, { dropout: undefined } as object)]))).toEqual(formatModel(init([lstm(4)])))

    const steps = init([lstm(4, options), dense(2)])
    const stream = steps.stream()
    const { data } = steps.run(x)
    for (let t = 0; t < 5; t++) {
      const y = stream.push(Array.from(x.data).slice(2 * t, 2 * t + 2))
      expect(worst(y, data.slice(2 * t, 2 * t + 2))).toBeLessThan(1e-9)
    }
  })

  test.each<[() => unknown, string]>([
    [
      () => lstm(2, { dropout: 0.1 }),
      'lstm: dropout stands between layers, and there is one; it needs layers: 2 or more',
    ],
    [
      () => lstm(2, { residual: true }),
      'lstm: residual stands between layers, and there is one; it needs layers: 2 or more',
    ],
    [() => lstm(2, { layers: 2, dropout: 1 }), 'lstm: dropout: expected a rate of at least 0 and below 1, got 1'],
    [() => lstm(2, { zoneout: -0.1 }), 'lstm: zoneout: expected a rate of at least 0 and below 1, got -0.1'],
    [() => gru(2, { zoneout: { c: 0.1 } as object }), "gru: zoneout: there is no 'c' in it; did you mean 'h'? (h)"],
    [
      () => gru(2, { variational: { inputs: 0.1 } as object }),
      "gru: variational: there is no 'inputs' in it; did you mean 'input'? (input, state, output)",
    ],
    [
      () => gru(2, { initial: 'learnt' as never }),
      'gru: initial: expected one of zero, learned, got "learnt"; did you mean \'learned\'?',
    ],
    [
      () => gru(2, { layers: 2, residual: true, bidirectional: 'sum', returns: 'last' }),
      "gru: residual adds what was read at the last step, but bidirectional ends at two: take returns: 'all'",
    ],
    [
      () => recurrent(cells.gru, 2, { zoneout: 'half' } as object),
      'gru: zoneout: expected a rate of at least 0 and below 1, got half',
    ],
  ])('refuse what they cannot do: %#', (work, message) => expect(work).toThrow(new InputError(message)))
})
