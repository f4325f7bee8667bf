import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Random } from '../../src/base/random.ts'
import { formatModel } from '../../src/formats/model-file.ts'
import {
  dense,
  dropout,
  fit,
  flatten,
  gru,
  InputError,
  type Layer,
  lstm,
  type Model,
  rnn,
  type StreamState,
  sequential,
} from '../../src/index.ts'
import { chooseTier } from '../../src/kernels/index.ts'
import { layerOf, randomTensor, unitsOf } from '../recurrence/cases.ts'
import { allCells } from '../recurrence/cells.ts'
import { sums } from '../train/samples.ts'

/** The model's outputs after each step of `x [B, T, I]`, by running it on every prefix. */
function prefixes(model: Model, x: readonly (readonly number[][])[]): number[][] {
  const [batch, steps] = [x.length, x[0]!.length]
  return Array.from({ length: steps }, (_, t) => {
    const data = x.flatMap((sequence) => sequence.slice(0, t + 1).flat())
    const y = model.run({ data, shape: [batch, t + 1, x[0]![0]!.length] })
    const outputs = y.shape.at(-1)!
    const width = y.data.length / batch
    return Array.from({ length: batch }, (_, b) => [...y.data.slice((b + 1) * width - outputs, (b + 1) * width)]).flat()
  })
}

/** Sequences `[B, T, I]` as nested arrays. */
const draw = (random: Random, batch: number, steps: number, inputs: number): number[][][] =>
  Array.from({ length: batch }, () =>
    Array.from({ length: steps }, () => [...Array.from(randomTensor(random, [inputs], 1.5).data)]),
  )

const worst = (actual: ArrayLike<number>, expected: ArrayLike<number>): number => {
  expect(actual.length).toBe(expected.length)
  return Math.max(...Array.from(expected, (value, i) => Math.abs(value - actual[i]!)))
}

const through = (state: StreamState): StreamState => JSON.parse(JSON.stringify(state))
const tolerances = { auto: chooseTier().tier === 'reference' ? 1e-12 : 1e-6, reference: 1e-12 } as const

const sizes = fc.record({
  sessions: fc.oneof(fc.constant(1), fc.integer({ min: 2, max: 19 })),
  steps: fc.integer({ min: 1, max: 6 }),
  inputs: fc.integer({ min: 1, max: 5 }),
  units: fc.oneof(fc.integer({ min: 1, max: 9 }), fc.constant(33)),
  layers: fc.integer({ min: 1, max: 3 }),
  returns: fc.constantFrom('all', 'last'),
  split: fc.nat(5),
  seed: fc.nat(1e6),
})

describe.each(allCells)('%s', (_, cell) => {
  test.each(['auto', 'reference'] as const)(
    'a step at a time is the batch run on every prefix, split anywhere, its state gone through JSON: %s kernels',
    (kernels) => {
      fc.assert(
        fc.property(sizes, ({ sessions, steps, units, layers, returns, split, seed, ...size }) => {
          const sizes = unitsOf(cell, { ...size, seed, hidden: units })
          const { inputs } = sizes
          const stack = [
            layerOf(cell, sizes, { layers, returns: returns as 'all' | 'last' }),
            dropout(0.5),
            dense(3, { activation: 'tanh' }),
          ]
          const model = sequential(stack).init({ inputs, seed, kernels })
          const x = draw(new Random(seed, 'stream'), sessions, steps, inputs)
          let stream = model.stream({ sessions })
          for (const [t, expected] of prefixes(model, x).entries()) {
            if (t === split) stream = model.stream({ state: through(stream.state) })
            const y = stream.push(x.map((sequence) => sequence[t]!))
            expect(worst(y, expected)).toBeLessThan(tolerances[kernels])
          }
        }),
        { numRuns: kernels === 'auto' ? 25 : 10 },
      )
    },
  )
})

describe('stream', () => {
  const deep = (seed = 5) =>
    sequential([lstm(6, { layers: 2 }), gru(5, { reset: 'before', returns: 'last' }), dense(4), dense(2)]).init({
      inputs: 3,
      seed,
    })
  const model = deep()
  const x = draw(new Random(3, 'stream'), 4, 9, 3)
  const at = (t: number) => x.map((sequence) => sequence[t]!)

  test('several recurrent layers, the step flat or in rows, at the width of a batch and of one', () => {
    const expected = prefixes(model, x)
    const [rows, flat] = [model.stream({ sessions: 4 }), model.stream({ sessions: 4 })]
    const alone = x.map(() => model.stream())
    for (const [t, wanted] of expected.entries()) {
      const y = rows.push(at(t))
      expect(worst(y, wanted)).toBeLessThan(1e-6)
      expect(flat.push(Float64Array.from(at(t).flat()))).toEqual(y)
      for (const [i, stream] of alone.entries())
        expect(worst(stream.push(x[i]![t]!), y.slice(2 * i, 2 * i + 2))).toBeLessThan(1e-6)
    }
  })

  test('a layer that gives every step gives this one', () => {
    const plain = sequential([rnn(4)]).init({ inputs: 3, steps: 9, seed: 1 })
    const y = plain.run({ data: x[0]!.flat(), shape: [1, 9, 3] }).data
    const stream = plain.stream()
    for (let t = 0; t < 9; t++) expect(worst(stream.push(x[0]![t]!), y.slice(4 * t, 4 * t + 4))).toBeLessThan(1e-6)
  })

  test('what it returned stays as it was', () => {
    const stream = model.stream({ sessions: 4 })
    const first = stream.push(at(0))
    const copy = first.slice()
    stream.push(at(1))
    expect(first).toEqual(copy)
  })

  test('one session begins again, the others go on', () => {
    const [stream, fresh] = [model.stream({ sessions: 4 }), model.stream()]
    stream.push(at(0))
    stream.push(at(1))
    stream.reset(2)
    const [y, begun, gone] = [stream.push(at(2)), fresh.push(x[2]![2]!), prefixes(model, x)[2]!]
    expect(worst(y.slice(4, 6), begun)).toBeLessThan(1e-6)
    expect(worst(y.slice(4, 6), gone.slice(4, 6))).toBeGreaterThan(1e-3)
    for (const i of [0, 1, 3]) expect(worst(y.slice(2 * i, 2 * i + 2), gone.slice(2 * i, 2 * i + 2))).toBeLessThan(1e-6)
    stream.reset()
    expect(
      Object.values(stream.state.values)
        .flat()
        .every((value) => value === 0),
    ).toBe(true)
    expect(worst(stream.push(at(0)), prefixes(model, x)[0]!)).toBeLessThan(1e-6)
  })

  test('a state is plain: through JSON and structuredClone it is the same, and goes on to the bit', () => {
    const stream = model.stream({ sessions: 4 })
    for (let t = 0; t < 5; t++) stream.push(at(t))
    const state = stream.state
    expect(Object.keys(state.values)).toEqual(['0.h_l0', '0.c_l0', '0.h_l1', '0.c_l1', '1.h_l0'])
    expect(state.values['1.h_l0']).toHaveLength(4 * 5)
    expect(through(state)).toEqual(state)
    expect(structuredClone(state)).toEqual(state)
    const others = [model.stream({ state: through(state) }), model.stream({ sessions: 4 })]
    others[1]!.restore(structuredClone(state))
    const y = stream.push(at(5))
    for (const other of others) expect(other.push(at(5))).toEqual(y)
    expect(stream.state).not.toEqual(state)
  })

  test('it neither sees training nor disturbs it', async () => {
    const make = () => sequential([lstm(4, { returns: 'last' }), dense(1)]).init({ inputs: 1, seed: 2 })
    const [streamed, plain] = [make(), make()]
    const [stream, control] = [streamed.stream(), plain.stream()]
    const data = { train: sums(40) }
    for await (const _ of fit(streamed, data, { epochs: 3, onStep: () => stream.push([0.5]) }));
    for await (const _ of fit(plain, data, { epochs: 3, onStep: () => control.push([0.5]) }));
    const untouched = make()
    for await (const _ of fit(untouched, data, { epochs: 3 }));
    expect(formatModel(streamed)).toEqual(formatModel(untouched))
    stream.reset()
    expect(stream.push([0.5])).toEqual(make().stream().push([0.5]))
    expect(worst(stream.push([0.5]), streamed.stream().push([0.5]))).toBeGreaterThan(1e-4)
  })

  test('streams come and go', () => {
    for (let i = 0; i < 1000; i++) expect(model.stream().push([1, 2, 3])).toHaveLength(2)
  })

  test('after `using` it is gone', () => {
    const stream = model.stream()
    stream[Symbol.dispose]()
    const gone = new InputError('stream: it has been disposed of; make a new one with model.stream()')
    expect(() => stream.push([1, 2, 3])).toThrow(gone)
    expect(() => stream.reset()).toThrow(gone)
    expect(() => stream.state).toThrow(gone)
  })
})

describe('refusals', () => {
  const init = (layers: Layer[], inputs = 2) => sequential(layers).init({ inputs, steps: 4 })
  const model = init([gru(3, { returns: 'last' }), dense(1)])

  test('layers whose output hangs on steps to come', () => {
    expect(() => init([lstm(3, { reverse: true })]).stream()).toThrow(
      new InputError('lstm: with reverse it reads the last step first, so it has to know it'),
    )
    expect(() => init([lstm(3), flatten(), dense(1)]).stream()).toThrow(
      new InputError('flatten puts all steps of a sequence in one row, so it has no output after each of them'),
    )
    // Where time has gone already there is nothing to wait for.
    const flat = init([lstm(3, { returns: 'last' }), flatten(), dense(1)])
    const y = flat.run({ data: [0.1, 0.2, 0.3, 0.4, 0, 0, 0, 0], shape: [1, 4, 2] }).data
    const stream = flat.stream()
    const pushed = [
      [0.1, 0.2],
      [0.3, 0.4],
      [0, 0],
      [0, 0],
    ].map((step) => stream.push(step))
    expect(worst(pushed.at(-1)!, y)).toBeLessThan(1e-6)
  })

  test.each<[string, unknown, string]>([
    ['too few', [1], 'push: expected one step, 2 numbers; got 1 numbers'],
    ['none', [], 'push: expected one step, 2 numbers; got 0 numbers'],
    [
      'two steps',
      [
        [1, 2],
        [3, 4],
      ],
      'push: expected one step, 2 numbers; got 2 rows',
    ],
    ['a short row', [[1]], 'push: expected one step, 2 numbers; got a row of 1 numbers'],
    ['a hole', [1, Number.NaN], 'push: expected finite numbers, got NaN at place 1'],
    ['beyond float32', [1e300 * 1e300, 0], 'push: expected finite numbers, got Infinity at place 0'],
  ])('a step of another size or with holes: %s', (_, x, message) => {
    const stream = model.stream()
    stream.push([0.5, 0.5])
    const before = stream.state
    expect(() => stream.push(x as number[])).toThrow(new InputError(message))
    expect(stream.state).toEqual(before)
  })

  test('sessions that do not exist', () => {
    expect(() => model.stream({ sessions: 0 })).toThrow(
      new InputError('stream: sessions: expected a whole number of at least 1, got 0'),
    )
    const stream = model.stream({ sessions: 3 })
    expect(() => stream.reset(3)).toThrow(new InputError('stream: session: expected a whole number from 0 to 2, got 3'))
    expect(() => stream.push([1, 2])).toThrow(
      new InputError('push: expected one step, 3 rows of 2 numbers, or all of them flat; got 2 numbers'),
    )
  })

  test('a state of another architecture, number of sessions or format, or a damaged one', () => {
    const stream = model.stream({ sessions: 2 })
    stream.push([1, 2, 3, 4])
    const state = stream.state
    const other = init([gru(3, { returns: 'last', reset: 'before' }), dense(1)])
    expect(() => other.stream({ state })).toThrow(InputError)
    expect(() => other.stream({ state })).toThrow(/^state: it belongs to another architecture: expected \{.*, got \{.*/)
    expect(() => model.stream({ state, sessions: 3 })).toThrow(new InputError('state: expected 3 sessions, got 2'))
    const old = { ...state, format: 0 }
    expect(() => model.stream({ state: old })).toThrow(
      new InputError('state: expected what stream.state gives, of format 1, got format 0'),
    )
    const before = stream.state
    const [name, values] = Object.entries(state.values)[0]!
    for (const damaged of [{}, { [name]: values.slice(1) }, { [name]: values.map(() => null) }, { [name]: 'h' }, null])
      expect(() => stream.restore({ ...state, values: damaged } as unknown as StreamState)).toThrow(
        new InputError("state: expected 6 finite numbers in '0.h_l0'; it is damaged"),
      )
    for (const nothing of [undefined, null, 7, 'state'])
      expect(() => stream.restore(nothing as unknown as StreamState)).toThrow('of format 1, got format undefined')
    expect(stream.state).toEqual(before)
  })
})
