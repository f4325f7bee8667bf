import { describe, expect, test } from 'vitest'
import { Random } from '../../src/base/random.ts'
import {
  type Cell,
  cells,
  dense,
  gradientFlow,
  InputError,
  leaky,
  lstm,
  type RecurrentLayer,
  rnn,
  sequential,
  unroll,
} from '../../src/index.ts'
import { randomTensor } from '../recurrence/cases.ts'

const x = randomTensor(new Random(41, 'flow'), [30, 2])
const y = { data: [0.5], shape: [1] }
const init = (layer: RecurrentLayer) => sequential([layer, dense(1)]).init({ inputs: 2, seed: 1, kernels: 'reference' })
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
    [0.5, 'The gradient vanishes: from 10 steps back on less than a thousandth of it is left.'],
    [1, 'The gradient neither vanishes nor explodes over 30 steps.'],
    [2, 'The gradient explodes: 10 steps back it has grown more than a thousandfold.'],
  ])('of a linear cell is its scale to the power of the steps: %s', (scale, verdict) => {
    const flow = linear(scale)
    for (const [t, norm] of flow.jacobian.entries()) expect(norm / scale ** (29 - t)).toBeCloseTo(1, 6)
    expect(flow.verdict).toBe(verdict)
  })

  test("has the loss's gradient by every state, as unroll has it from a state that is given", () => {
    const layer = lstm(4, { returns: 'last' })
    const model = init(layer)
    const flow = gradientFlow(model, layer as never, { x, y })
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
    const model = init(layer as never)
    const before = model.run({ ...x, shape: [1, 30, 2] }).data
    const flow = gradientFlow(model, layer as never, { x, y: { data: Array(30).fill(0), shape: [30, 1] } })
    for (const norm of [...flow.loss, ...flow.jacobian]) expect(norm).toBeGreaterThan(0)
    expect(model.run({ ...x, shape: [1, 30, 2] }).data).toEqual(before)
  })

  test("refuses another model's layer, and one that reads backwards", () => {
    const model = init(rnn(2))
    expect(() => gradientFlow(model, rnn(2), { x, y })).toThrow(
      new InputError('gradientFlow: this layer is not one of the model'),
    )
    const reverse = rnn(2, { reverse: true })
    expect(() => gradientFlow(init(reverse), reverse, { x, y })).toThrow(
      new InputError('gradientFlow: expected a layer that reads the first step first'),
    )
  })
})
