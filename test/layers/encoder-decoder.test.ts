import { describe, expect, test } from 'vitest'
import { Random } from '../../src/base/random.ts'
import { formatModel, parseModel } from '../../src/formats/model-file.ts'
import {
  adam,
  beamSearch,
  cells,
  dense,
  dropout,
  embedding,
  encoderDecoder,
  fit,
  gru,
  InputError,
  leaky,
  lstm,
  type Model,
  memoryPlan,
  repeat,
  rnn,
  samplesFrom,
  sequential,
  sgd,
  unroll,
} from '../../src/index.ts'
import { lossOf, Trainer } from '../../src/train/trainer.ts'
import { randomTensor } from '../recurrence/cases.ts'

const random = new Random(31, 'encoder-decoder')
const worst = (a: ArrayLike<number>, b: ArrayLike<number>) => {
  expect(a.length).toBe(b.length)
  return Math.max(...Array.from(a, (value, i) => Math.abs(value - b[i]!)))
}
const kinds = [undefined, 'dot', 'general', 'additive'] as const
const [start, end] = [0, 1]

/** Tokens to tokens, small enough to look at everything. */
const translator = (
  attention?: 'dot' | 'general' | 'additive',
  steps = 3,
  kernels: 'reference' | 'auto' = 'reference',
) =>
  sequential([
    encoderDecoder({
      encoder: [embedding(5, 3), gru(4, { bidirectional: 'sum' })],
      decoder: [embedding(4, 3), lstm(4, { layers: 2 }), dropout(0.1), dense(4)],
      steps,
      start,
      end,
      ...(attention ? { attention } : {}),
    }),
  ]).init({ inputs: 'tokens', seed: 6, kernels })
const source = { data: [3, 1, 4, 2, 2, 0, 0, 0], shape: [2, 4] }

describe('an encoder-decoder', () => {
  test('of like cells hands its states on: by unroll, trained a step behind and run on its own outputs', () => {
    const layer = encoderDecoder({ encoder: [lstm(2)], decoder: [lstm(2)], steps: 3, start: [0, 0] })
    const model = sequential([layer]).init({ inputs: 3, seed: 2, kernels: 'reference' })
    const exact = (name: string) => {
      const { at, size, shape } = model.parameters.get(name)
      return { data: model.kernels.memory.copy(at, size), shape }
    }
    const weights = (part: string) =>
      Object.fromEntries(
        ['weight_ih', 'weight_hh', 'bias_ih', 'bias_hh'].map((name) => [name, exact(`0.${part}.0.${name}_l0`)]),
      )
    expect(model.parameters.names).toHaveLength(8)
    const x = randomTensor(random, [2, 5, 3])
    const lengths = [5, 2]
    const { state } = unroll(cells.lstm, { x, lengths, weights: weights('encoder'), kernels: 'reference' })
    const decode = (x: { data: ArrayLike<number>; shape: readonly number[] }) =>
      unroll(cells.lstm, { x, weights: weights('decoder'), state, kernels: 'reference' }).y.data
    const target = randomTensor(random, [2, 3, 2])
    const behind = [0, 1].flatMap((b) => [0, 0, ...Array.from(target.data).slice(b * 6, b * 6 + 4)])
    const forced = model.withTape((tape) =>
      tape.read(model.forward(tape, tape.input(x), { lengths, target: tape.input(target) })).data.slice(),
    )
    expect(worst(forced, decode({ data: behind, shape: [2, 3, 2] }))).toBeLessThan(1e-12)

    const own = model.run(x, lengths)
    expect(own.shape).toEqual([2, 3, 2])
    const fed = [0, 1].flatMap((b) => [0, 0, ...Array.from(own.data).slice(b * 6, b * 6 + 4)])
    expect(worst(own.data, decode({ data: fed, shape: [2, 3, 2] }))).toBeLessThan(1e-12)
    expect(worst(own.data, forced)).toBeGreaterThan(1e-3)
  })

  test.each(kinds)(
    'that reads the end of its input: by unroll, with nothing of the target, attention %s',
    (attention) => {
      const layer = encoderDecoder({
        encoder: [lstm(2)],
        decoder: [lstm(2)],
        steps: 3,
        reads: 'inputs',
        ...(attention ? { attention } : {}),
      })
      const model = sequential([layer]).init({ inputs: 3, steps: 8, seed: 2, kernels: 'reference' })
      expect(model.outputShape).toEqual([3, 2])
      const x = randomTensor(random, [2, 8, 3])
      const y = model.run(x)
      const target = randomTensor(random, [2, 3, 2])
      const trained = model.withTape((tape) =>
        tape.read(model.forward(tape, tape.input(x), { target: tape.input(target) })).data.slice(),
      )
      expect(trained).toEqual(y.data)
      const { model: loaded } = parseModel(formatModel(model), 'm')
      expect(worst(loaded.run(x).data, y.data)).toBeLessThan(1e-6)
      if (attention) return
      const steps = (from: number, to: number) => ({
        data: [0, 1].flatMap((b) => Array.from(x.data).slice(b * 24 + from * 3, b * 24 + to * 3)),
        shape: [2, to - from, 3],
      })
      const weights = (part: string) =>
        Object.fromEntries(
          ['weight_ih', 'weight_hh', 'bias_ih', 'bias_hh'].map((name) => {
            const { at, size, shape } = model.parameters.get(`0.${part}.0.${name}_l0`)
            return [name, { data: model.kernels.memory.copy(at, size), shape }]
          }),
        )
      const kernels = 'reference'
      const { state } = unroll(cells.lstm, { x: steps(0, 5), weights: weights('encoder'), kernels })
      const wanted = unroll(cells.lstm, { x: steps(5, 8), weights: weights('decoder'), state, kernels }).y.data
      expect(worst(y.data, wanted)).toBeLessThan(1e-12)
    },
  )

  test.each(kinds)(
    'every gradient by central differences, of other cells, depth and size, attention %s',
    (attention) => {
      const model = translator(attention)
      const target = { data: [2, 3, 1, 3, 1, -1], shape: [2, 3] }
      const loss = (backward = false) =>
        model.withTape((tape) => {
          const y = model.forward(tape, tape.input(source), { lengths: [4, 2], target: tape.input(target) })
          const mean = lossOf('crossEntropy').run(tape, y, tape.input(target))
          if (backward) tape.backward(mean)
          return tape.read(mean).data[0]!
        })
      const { parameters, kernels } = model
      parameters.clear(parameters.gradient)
      loss(true)
      const gradient = kernels.memory.copy(parameters.gradient, parameters.length)
      const values = () => kernels.memory.view(parameters.at, parameters.length)
      const numeric = Array.from(gradient, (_, i) => {
        const value = values()[i]!
        const at = (x: number) => {
          values()[i] = x
          return loss()
        }
        const slope = (at(value + 1e-5) - at(value - 1e-5)) / 2e-5
        values()[i] = value
        return slope
      })
      expect(worst(gradient, numeric)).toBeLessThan(1e-8)
      for (const part of ['bridge', 'encoder', 'decoder', ...(attention ? ['attention'] : [])]) {
        const of = parameters.names.filter((name) => name.startsWith(`0.${part}.`))
        const largest = of.map((name) => {
          const { gradient, size } = parameters.get(name)
          return Math.max(...kernels.memory.copy(gradient, size).map(Math.abs))
        })
        expect(Math.max(...largest), part).toBeGreaterThan(1e-4)
      }
    },
  )

  test.each(kinds)('padding of the input is never seen, attention %s', (attention) => {
    const model = translator(attention)
    const garbage = { ...source, data: [3, 1, 4, 2, 2, 0, 99, -7] }
    const y = model.run(source, [4, 2])
    expect(model.run(garbage, [4, 2]).data).toEqual(y.data)
    const alone = model.run({ data: [2, 0], shape: [1, 2] })
    expect(worst(alone.data, y.data.slice(12))).toBeLessThan(1e-12)
  })

  test.each(kinds)('comes back from its file, and is planned to the byte, attention %s', (attention) => {
    const model = translator(attention, 3, 'auto')
    const { model: loaded } = parseModel(formatModel(model), 'm')
    expect(loaded.architecture).toEqual(JSON.parse(JSON.stringify(model.architecture)))
    expect(loaded.run(source).data).toEqual(model.run(source).data)
    const train = samplesFrom({
      inputs: source,
      targets: { data: [2, 3, 1, 3, 1, -1], shape: [2, 3] },
      lengths: [4, 2],
    })
    const loss = lossOf('crossEntropy')
    const fresh = translator(attention, 3, 'auto')
    for (const _ of new Trainer(fresh, { optimizer: sgd(0.1), loss, seed: 0 }).steps(train, [[0, 1]]));
    const { kept, arenaPeak } = fresh.kernels.memory.usage()
    const plan = { batch: 2, steps: 4, lengths: [4, 2], optimizer: sgd(0.1), loss }
    expect(memoryPlan(fresh, plan).total).toBe(kept + arenaPeak)
  })

  test('refuses what it cannot do, in one sentence', () => {
    const parts = { encoder: [gru(2)], decoder: [gru(2)], steps: 3 }
    expect(() => encoderDecoder(parts as never)).toThrow(
      /^encoderDecoder: expected start, what the decoder reads first, or reads: 'inputs' without one, got neither$/,
    )
    expect(() => encoderDecoder({ ...parts, reads: 'inputs', start: 0 } as never)).toThrow(/without one, got both$/)
    const known = sequential([encoderDecoder({ ...parts, reads: 'inputs' })])
    expect(() => known.init({ inputs: 2, steps: 3 })).toThrow(
      /^encoderDecoder: reads: 'inputs': expected sequences \[time, features\] of more than the 3 steps that are put out, got \[3, 2\]$/,
    )
    expect(() => known.init({ inputs: 2 }).run({ data: new Array(20).fill(1), shape: [2, 5, 2] }, [5, 4])).toThrow(
      /^encoderDecoder: expected sequences of one length, got 4 of 5 steps in sequence 1/,
    )
    const build = (options: object, inputs = 2) =>
      sequential([
        encoderDecoder({ encoder: [gru(3)], decoder: [gru(4), dense(1)], steps: 2, start: [0], ...options }),
      ]).init({ inputs })
    const cases: [() => unknown, string][] = [
      [
        () => build({ decoder: [dense(1)] }),
        'encoderDecoder: expected a recurrent layer in the encoder, and one in the decoder',
      ],
      [
        () => build({ decoder: [gru(4, { reverse: true })] }),
        "encoderDecoder: the decoder can't read what it has yet to put out: '0.h_l0' does",
      ],
      [
        () => build({ decoder: [gru(4)] }),
        'encoderDecoder: the decoder reads what it puts out, [2, 4], so start needs 4 numbers, got 1',
      ],
      [
        () => build({ decoder: [gru(4, { returns: 'last' })] }),
        "encoderDecoder: the decoder puts out every step: its layers need returns: 'all'",
      ],
      [
        () => build({ attention: 'dot' }),
        "encoderDecoder: attention 'dot' needs cells of the encoder's width, got 4 units for [-1, 3]; take 'general'",
      ],
      [
        () => build({ attention: 'general', encoder: [gru(3, { returns: 'last' })] }),
        "encoderDecoder: attention looks at every step of the encoder: its layers need returns: 'all'",
      ],
      [() => build({}).stream(), 'encoderDecoder reads the whole sequence before it answers; use run or beamSearch'],
      [
        () => build({}).advance({ data: [0, 0], shape: [1, 1, 2] }),
        'advance: the outputs have steps of their own, so nothing goes on from them',
      ],
      [
        () => beamSearch(build({}), { data: [0, 0], shape: [1, 1, 2] }),
        'beamSearch: expected a model of one encoderDecoder layer, which has a start token and an end',
      ],
    ]
    for (const [work, message] of cases) expect(work).toThrow(new InputError(message))
  })
})

describe('beamSearch', () => {
  /** The logarithm of the probability of tokens after one input, by the model trained a step behind. */
  const logarithm = (model: Model, tokens: readonly number[]) => {
    const padded = [...tokens, ...Array(3 - tokens.length).fill(0)]
    const y = model.withTape((tape) => {
      const [x, target] = [source.data.slice(0, 4), padded].map((data) => tape.input({ data, shape: [1, data.length] }))
      return tape.read(model.forward(tape, x!, { target: target! })).data.slice()
    })
    return tokens.reduce((sum, token, t) => {
      const row = Array.from(y).slice(4 * t, 4 * t + 4)
      return sum + row[token]! - Math.log(row.reduce((total, score) => total + Math.exp(score), 0))
    }, 0)
  }

  test.each([0, 0.6, 3])(
    'with beams enough finds what all sequences there are come to, length penalty %s',
    (lengthPenalty) => {
      const model = translator('general')
      const all = [2, 3, 0].flatMap((a) =>
        [2, 3, 0].flatMap((b) => [
          [a, b, 0],
          [a, b, 2],
          [a, b, 3],
          [a, b, end],
          [a, end],
        ]),
      )
      const sequences = [...all, [end]]
      const distinct = [...new Map(sequences.map((tokens) => [tokens.join(), tokens])).values()]
      const ranked = distinct
        .map((tokens) => ({ tokens, score: logarithm(model, tokens) / ((5 + tokens.length) / 6) ** lengthPenalty }))
        .sort((a, b) => b.score - a.score)
      const [found] = beamSearch(model, { data: source.data.slice(0, 4), shape: [1, 4] }, { beams: 100, lengthPenalty })
      expect(found).toHaveLength(distinct.length)
      for (const [i, { tokens, score }] of found!.entries()) {
        expect(score).toBeCloseTo(ranked[i]!.score, 9)
        expect(tokens).toEqual(ranked[i]!.tokens.filter((token) => token !== end))
      }
    },
  )

  test('with one beam takes the likeliest token each time, as run does, and tells what it looked at', () => {
    for (const attention of kinds) {
      const model = translator(attention, 6)
      const y = model.run(source, [4, 2])
      const found = beamSearch(model, source, { beams: 1, lengths: [4, 2] })
      for (const [b, [first]] of found.entries()) {
        const greedy = Array.from({ length: 6 }, (_, t) => {
          const row = Array.from(y.data).slice((6 * b + t) * 4, (6 * b + t + 1) * 4)
          return row.indexOf(Math.max(...row))
        })
        const stop = greedy.indexOf(end)
        expect(first!.tokens).toEqual(stop < 0 ? greedy : greedy.slice(0, stop))
        if (!attention) expect(first!.attention).toBeUndefined()
        else {
          const { data, shape } = first!.attention!
          expect(shape).toEqual([first!.tokens.length + Number(stop >= 0), [4, 2][b]])
          for (let row = 0; row < shape[0]!; row++) {
            const weights = Array.from(data).slice(row * shape[1]!, (row + 1) * shape[1]!)
            expect(weights.reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(1, 6)
          }
        }
      }
    }
  })
})

test('learns to put a sequence out in reverse, and attention looks at the digit that it writes', async () => {
  const sequence = () => Array.from({ length: 4 }, () => 2 + random.below(8))
  const inputs = Array.from({ length: 600 }, sequence)
  const targets = inputs.map((digits) => [...digits].reverse().concat(end))
  const train = samplesFrom({
    inputs: { data: inputs.flat(), shape: [600, 4] },
    targets: { data: targets.flat(), shape: [600, 5] },
  })
  const layer = encoderDecoder({
    encoder: [embedding(10, 8), gru(24, { bidirectional: 'sum' })],
    decoder: [embedding(10, 8), gru(24), dense(10)],
    steps: 5,
    start,
    end,
    attention: 'general',
  })
  const model = sequential([layer]).init({ inputs: 'tokens', seed: 1 })
  const options = { epochs: 16, batch: 20, loss: 'crossEntropy', optimizer: adam(1e-2), clipNorm: 1 } as const
  for await (const _ of fit(model, { train }, options));
  const fresh = Array.from({ length: 50 }, sequence)
  const found = beamSearch(model, { data: fresh.flat(), shape: [50, 4] }, { beams: 2 })
  const right = found.filter(([best], i) => best!.tokens.join() === [...fresh[i]!].reverse().join())
  expect(right.length).toBeGreaterThan(45) // by chance one in 4096
  const looked = found.map(([best]) => best!.attention!.data)
  const mean = (row: number, column: number) =>
    looked.reduce((sum, weights) => sum + weights[row * 4 + column]!, 0) / looked.length
  for (const row of [0, 1, 2]) {
    const places = [0, 1, 2, 3].map((column) => mean(row, column))
    expect(Math.abs(places.indexOf(Math.max(...places)) - (3 - row))).toBeLessThanOrEqual(1)
  }
})

test('one to many: a row repeated is read by a cell, whatever lengths the row came of', () => {
  const model = sequential([rnn(3, { returns: 'last' }), repeat(4), leaky(2)]).init({ inputs: 1, seed: 1 })
  expect(model.outputShape).toEqual([4, 2])
  const x = { data: [0.5, -1, 0, 0.5, 9, 9], shape: [2, 3, 1] }
  const y = model.run(x, [3, 1])
  const alone = model.run({ data: [0.5], shape: [1, 1, 1] })
  expect(worst(y.data.slice(8), alone.data)).toBeLessThan(1e-6)
  expect(() => sequential([rnn(3), repeat(4)]).init({ inputs: 1 })).toThrow(
    new InputError("repeat: expected one row of features, got [-1, 3]; take returns: 'last' below"),
  )
  expect(() => model.stream()).toThrow(
    new InputError('repeat makes many steps of one, so it has no one output after each of them'),
  )
  const { model: loaded } = parseModel(formatModel(model), 'm')
  expect(loaded.run(x, [3, 1]).data).toEqual(y.data)
})
