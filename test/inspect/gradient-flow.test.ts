import { describe, expect, test } from 'vitest'
import { Random } from '../../src/base/random.ts'
import {
  type Cell,
  cells,
  dense,
  encoderDecoder,
  gradientFlow,
  gru,
  InputError,
  leaky,
  lstm,
  type PlainTensor,
  type RecurrentLayer,
  recurrent,
  rnn,
  sequential,
  unroll,
} from '../../src/index.ts'
import { randomTensor } from '../recurrence/cases.ts'

const x = randomTensor(new Random(41, 'flow'), [30, 2])
const y = { data: [0.5], shape: [1] }
const init = <S extends string, G extends string>(layer: RecurrentLayer<S, G>) =>
  sequential([layer, dense(1)]).init({ inputs: 2, seed: 1, kernels: 'reference' })
/** A linear cell h[t] = scale·h[t-1] + W·x[t]. */
const linear = (scale: number) => {
  const layer = rnn(3, { activation: 'identity', returns: 'last' })
  const model = init(layer)
  const weights = model.parameters.read()
  weights.get('0.weight_hh_l0')!.data.set([scale, 0, 0, 0, scale / 2, 0, 0, 0, scale / 4])
  model.parameters.write(weights)
  return gradientFlow(model, layer, { x, y })
}

describe('gradientFlow', () => {
  test.each([
    [0.5, 10, 'The gradient vanishes: from 10 steps back on less than a thousandth of it is left.'],
    [1, undefined, 'The gradient neither vanishes nor explodes over 30 steps.'],
    [2, 10, 'The gradient explodes: 10 steps back it has grown more than a thousandfold.'],
  ])('of a linear cell is its scale to the power of the steps: %s', (scale, stepsBack, verdict) => {
    const flow = linear(scale)
    for (const [t, norm] of flow.jacobian.entries()) expect(norm / scale ** (29 - t)).toBeCloseTo(1, 6)
    expect(flow.verdict).toBe(verdict)
    expect(flow.stepsBack).toBe(stepsBack)
  })

  test("has the loss's gradient by every state, as unroll has it from a state that is given", () => {
    const layer = lstm(4, { returns: 'last' })
    const model = init(layer)
    const flow = gradientFlow(model, layer, { x, y })
    const exact = (name: string) => {
      const { at, size, shape } = model.parameters.get(name)
      return { data: model.kernels.memory.copy(at, size), shape }
    }
    const names = ['weight_ih', 'weight_hh', 'bias_ih', 'bias_hh']
    const weights = Object.fromEntries(names.map((name) => [name, exact(`0.${name}_l0`)]))
    const cut = (from: number, to: number) => ({
      data: Array.from(x.data).slice(2 * from, 2 * to),
      shape: [1, to - from, 2],
    })
    const output = model.run({ ...x, shape: [1, 30, 2] }).data[0]!
    const dh = { data: exact('1.weight').data.map((weight) => 2 * (output - 0.5) * weight), shape: [1, 4] }
    for (const t of [0, 13, 28]) {
      const { state } = unroll(cells.lstm, { x: cut(0, t + 1), weights, kernels: 'reference' })
      const rest = unroll(cells.lstm as Cell, { x: cut(t + 1, 30), weights, state, kernels: 'reference' })
      const back = rest.backward({ state: { h: dh } }).state
      expect(Math.hypot(...back.h!.data, ...back.c!.data) / flow.loss[t]!).toBeCloseTo(1, 9)
    }
    expect(flow.jacobian.at(-1)).toBeCloseTo(1, 9)
  })

  test('is that of outputs at every step too, and leaves the model as it was', () => {
    const layer = leaky(3, { layers: 2, residual: true, initial: 'learned' })
    const model = init(layer)
    const before = model.run({ ...x, shape: [1, 30, 2] }).data
    const flow = gradientFlow(model, layer, { x, y: { data: Array(30).fill(0), shape: [30, 1] } })
    for (const norm of [...flow.loss, ...flow.jacobian]) expect(norm).toBeGreaterThan(0)
    expect(model.run({ ...x, shape: [1, 30, 2] }).data).toEqual(before)
  })

  test.each([0, 7, 29])(
    'of any two steps: a linear cell has its scale to the power of those between, at step %i',
    (at) => {
      const layer = rnn(3, { activation: 'identity', returns: 'last' })
      const model = init(layer)
      const weights = model.parameters.read()
      weights.get('0.weight_hh_l0')!.data.set([0.75, 0, 0, 0, 0.5, 0, 0, 0, 0.25])
      model.parameters.write(weights)
      const { jacobian } = gradientFlow(model, layer, { x, y }, { at })
      expect(jacobian).toHaveLength(at + 1)
      for (const [t, norm] of jacobian.entries()) expect(norm / 0.75 ** (at - t)).toBeCloseTo(1, 9)
    },
  )

  test('in an encoder and in a decoder is that of unroll, whose states go from one to the other', () => {
    const [encoder, decoder] = [lstm(2), lstm(2)]
    const pair = encoderDecoder({ encoder: [encoder], decoder: [decoder], steps: 3, start: [0, 0] })
    const model = sequential([pair]).init({ inputs: 2, seed: 2, kernels: 'reference' })
    model.parameters.write(model.parameters.read()) // float32, as another model will be given them
    const sample = {
      x: { data: Array.from(x.data).slice(0, 10), shape: [5, 2] },
      y: { data: [1, 0, -1, 0.5, 0, 1], shape: [3, 2] },
    }
    const weightsOf = (part: string) => {
      const names = ['weight_ih', 'weight_hh', 'bias_ih', 'bias_hh']
      return Object.fromEntries(
        names.map((name) => {
          const { at, size, shape } = model.parameters.get(`0.${part}.0.${name}_l0`)
          return [name, { data: model.kernels.memory.copy(at, size), shape }]
        }),
      )
    }
    const run = (part: string, data: readonly number[], state = {}) =>
      unroll(cells.lstm as Cell, {
        x: { data, shape: [1, data.length / 2, 2] },
        state,
        weights: weightsOf(part),
        kernels: 'reference',
      })
    const norm = ({ h, c }: Record<string, PlainTensor>) => Math.hypot(...Array.from(h!.data), ...Array.from(c!.data))
    const fed = [0, 0, ...sample.y.data.slice(0, 4)]
    const read = run('encoder', sample.x.data)
    const written = run('decoder', fed, read.state)
    const dy = Array.from(written.y.data, (value, i) => (2 * (value - sample.y.data[i]!)) / 6)
    const given = written.backward({ y: { data: dy, shape: [1, 3, 2] } }).state

    const inEncoder = gradientFlow(model, encoder, sample)
    expect(inEncoder.loss).toHaveLength(5)
    expect(inEncoder.loss[4]! / norm(given)).toBeCloseTo(1, 9)
    const { state } = run('encoder', sample.x.data.slice(0, 4))
    const rest = run('encoder', sample.x.data.slice(4), state)
    expect(inEncoder.loss[1]! / norm(rest.backward({ state: given }).state)).toBeCloseTo(1, 9)
    const plain = sequential([encoder]).init({ inputs: 2, kernels: 'reference' })
    plain.parameters.write(
      new Map(
        [...model.parameters.read()].flatMap(([name, value]) =>
          name.startsWith('0.encoder.') ? [[name.replace('encoder.0.', ''), value] as const] : [],
        ),
      ),
    )
    const target = { data: Array(10).fill(0), shape: [5, 2] }
    for (const [t, norm] of gradientFlow(plain, encoder, { ...sample, y: target }).jacobian.entries())
      expect(inEncoder.jacobian[t]).toBeCloseTo(norm, 9)

    const inDecoder = gradientFlow(model, decoder, sample)
    expect([inDecoder.loss.length, inDecoder.jacobian.length]).toEqual([3, 3])
    const first = run('decoder', fed.slice(0, 2), read.state)
    const after = run('decoder', fed.slice(2), first.state).backward({
      y: { data: dy.slice(2), shape: [1, 2, 2] },
    }).state
    const total = { ...after, h: { data: Array.from(after.h!.data, (value, i) => value + dy[i]!), shape: [1, 2] } }
    expect(inDecoder.loss[0]! / norm(total)).toBeCloseTo(1, 9)
  })

  test('in an encoder by way of attention too: the loss hangs on every step, and the model is the same', () => {
    const [encoder, decoder] = [leaky(3, { layers: 2 }), recurrent(cells.projectedLstm, 4, { projection: 2 })]
    const options = { encoder: [encoder], decoder: [decoder, dense(1)], steps: 2, start: [0] }
    const sample = { x, y: { data: [0.5, -0.5], shape: [2, 1] } }
    const flows = [{}, { attention: 'additive' } as const].map((attention) => {
      const model = sequential([encoderDecoder({ ...options, ...attention })]).init({
        inputs: 2,
        seed: 3,
        kernels: 'reference',
      })
      const before = model.run({ ...x, shape: [1, 30, 2] }).data
      const flow = gradientFlow(model, encoder, sample, { at: 20 })
      expect(gradientFlow(model, decoder, sample).jacobian.at(-1)).toBeCloseTo(1, 9)
      expect(model.run({ ...x, shape: [1, 30, 2] }).data).toEqual(before)
      return flow
    })
    const [without, by] = flows.map(({ loss }) => loss[0]!)
    expect(by! / without!).toBeGreaterThan(100)
    for (const { jacobian } of flows) expect(jacobian).toHaveLength(21)
  })

  test("refuses another model's layer, one that reads backwards, in both directions, and a step that is not there", () => {
    const model = init(rnn(2))
    expect(() => gradientFlow(model, rnn(2), { x, y })).toThrow(
      new InputError('gradientFlow: this layer is not one of the model'),
    )
    const reverse = rnn(2, { reverse: true })
    expect(() => gradientFlow(init(reverse), reverse, { x, y })).toThrow(
      new InputError('gradientFlow: expected a layer that reads the first step first'),
    )
    const both = gru(2, { bidirectional: 'concat' })
    expect(() => gradientFlow(init(both), both, { x, y })).toThrow(
      new InputError('gradientFlow: expected a layer that reads the first step first'),
    )
    const layer = rnn(2, { returns: 'last' })
    expect(() => gradientFlow(init(layer), layer, { x, y }, { at: 30 })).toThrow(
      new InputError('gradientFlow: at: expected a whole number from 0 to 29, got 30'),
    )
  })
})
