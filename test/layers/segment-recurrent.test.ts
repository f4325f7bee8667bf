import { describe, expect, test } from 'vitest'
import { Random } from '../../src/base/random.ts'
import { formatModel, parseModel } from '../../src/formats/model-file.ts'
import {
  cells,
  dense,
  gru,
  InputError,
  lstm,
  type Model,
  memoryPlan,
  type RecurrentLayer,
  samplesFrom,
  sequential,
  sgd,
  unroll,
} from '../../src/index.ts'
import { type SegmentOptions, segmentRecurrent } from '../../src/layers/index.ts'
import { lossOf, Trainer } from '../../src/train/trainer.ts'
import { randomTensor } from '../recurrence/cases.ts'

const random = new Random(17, 'segments')
const worst = (a: ArrayLike<number>, b: ArrayLike<number>) => {
  expect(a.length).toBe(b.length)
  return Math.max(...Array.from(a, (value, i) => Math.abs(value - b[i]!)))
}
const modelOf = (
  layer: RecurrentLayer,
  options: SegmentOptions,
  inputs = 1,
  kernels: 'reference' | 'auto' = 'reference',
) => sequential([segmentRecurrent(layer, options)]).init({ inputs, seed: 4, kernels })
const numbers = (model: Model, name: string) => {
  const { at, size, shape } = model.parameters.get(`0.${name}`)
  return { data: Array.from(model.kernels.memory.copy(at, size)), shape }
}
/** W·x + b. */
const times = (model: Model, name: string, x: readonly number[]) => {
  const [weight, bias] = [numbers(model, `${name}.weight`).data, numbers(model, `${name}.bias`).data]
  return bias.map((b, o) => x.reduce((sum, value, i) => sum + weight[o * x.length + i]! * value, b))
}

describe('segment-wise recurrence', () => {
  test('by hand with unroll: segments through a dense layer, positions and channels from where the past ends', () => {
    const model = modelOf(gru(4), { segment: 3, steps: 5, outputs: 2, channels: 3 }, 3)
    const channel = [2, 0]
    const x = randomTensor(random, [2, 7, 3])
    const data = Array.from(x.data, (value, i) => (i % 3 === 2 ? channel[Math.floor(i / 21)]! : value))
    const y = model.run({ data, shape: [2, 7, 3] })
    expect(y.shape).toEqual([2, 5, 2])

    const names = ['weight_ih', 'weight_hh', 'bias_ih', 'bias_hh']
    const weights = Object.fromEntries(names.map((name) => [name, numbers(model, `layer.${name}_l0`)]))
    const [position, channels] = [numbers(model, 'position').data, numbers(model, 'channel').data]
    for (const [b, own] of channel.entries()) {
      const step = (t: number) => data.slice((b * 7 + t) * 3, (b * 7 + t) * 3 + 2)
      // Seven steps are two full segments and one that begins with the first step three times.
      const segments = [
        [0, 0, 0],
        [1, 2, 3],
        [4, 5, 6],
      ].map((steps) => steps.flatMap(step))
      const read = segments.flatMap((segment) => times(model, 'value', segment).map((v) => Math.max(0, v)))
      const past = { data: read, shape: [1, 3, 4] }
      const { state } = unroll(cells.gru, { x: past, weights, kernels: 'reference' })
      const wanted = [0, 1].flatMap((s) => {
        const asked = [...position.slice(2 * s, 2 * s + 2), ...channels.slice(2 * own, 2 * own + 2)]
        const x = { data: asked, shape: [1, 1, 4] }
        const { y } = unroll(cells.gru, { x, weights, state, kernels: 'reference' })
        return times(model, 'output', Array.from(y.data))
      })
      expect(worst(y.data.slice(b * 10, b * 10 + 10), wanted.slice(0, 10))).toBeLessThan(1e-12)
    }
  })

  test("of what is known ahead it reads each step's own segment, and of the target nothing", () => {
    const model = modelOf(gru(4), { segment: 2, steps: 4, reads: 'inputs' }, 2)
    const x = randomTensor(random, [1, 10, 2])
    const changed = (step: number) => {
      const data = Array.from(x.data)
      data[2 * step + 1]! += 1
      const [before, after] = [model.run(x).data, model.run({ ...x, data }).data]
      return Array.from(before, (value, i) => Math.abs(value - after[i]!) > 1e-9)
    }
    expect(changed(6)).toEqual([true, true, false, false])
    expect(changed(9)).toEqual([false, false, true, true])
    expect(changed(5)).toEqual([true, true, true, true])
  })

  const variants: [string, RecurrentLayer, SegmentOptions, number][] = [
    ['a GRU', gru(4, { returns: 'last' }), { segment: 2, steps: 4 }, 1],
    ['an LSTM of two layers, channels', lstm(3, { layers: 2 }), { segment: 3, steps: 4, channels: 2 }, 2],
    [
      'what is known ahead, learned states',
      gru(3, { initial: 'learned' }),
      { segment: 2, steps: 3, reads: 'inputs', outputs: 2 },
      2,
    ],
  ]
  test.each(variants)('every gradient by central differences: %s', (_, layer, options, inputs) => {
    const model = modelOf(layer, options, inputs)
    const drawn = randomTensor(random, [2, 8, inputs])
    const data = Array.from(drawn.data, (v, i) =>
      options.channels && i % inputs === inputs - 1 ? Math.floor(i / 16) : v,
    )
    const y = randomTensor(random, [2, options.steps, options.outputs ?? 1])
    const loss = (backward = false) =>
      model.withTape((tape) => {
        const out = model.forward(tape, tape.input({ ...drawn, data }))
        const mean = lossOf('mse').run(tape, out, tape.input(y))
        if (backward) tape.backward(mean)
        return tape.read(mean).data[0]!
      })
    const { parameters, kernels } = model
    parameters.clear(parameters.gradient)
    loss(true)
    for (const name of parameters.names) {
      const { at, gradient, size } = parameters.get(name)
      const own = kernels.memory.copy(gradient, size)
      const slopes = Array.from(own, (_, i) => {
        const value = kernels.memory.view(at, size)[i]!
        const [up, down] = [1e-5, -1e-5].map((by) => {
          kernels.memory.view(at, size)[i] = value + by
          return loss()
        })
        kernels.memory.view(at, size)[i] = value
        return (up! - down!) / 2e-5
      })
      expect(worst(own, slopes), name).toBeLessThan(1e-8)
      expect(Math.max(...Array.from(own, Math.abs)), name).toBeGreaterThan(1e-6)
    }
  })

  test.each(variants)('comes back from its file, and is planned to the byte: %s', (_, layer, options, inputs) => {
    const model = modelOf(layer, options, inputs, 'auto')
    const x = { data: new Float32Array(2 * 8 * inputs), shape: [2, 8, inputs] }
    const { model: loaded } = parseModel(formatModel(model), 'm')
    expect(loaded.run(x).data).toEqual(model.run(x).data)
    const y = randomTensor(random, [2, options.steps, options.outputs ?? 1])
    const loss = lossOf('mse')
    const fresh = modelOf(layer, options, inputs, 'auto')
    const trainer = new Trainer(fresh, { optimizer: sgd(0.1), loss, seed: 0 })
    for (const _ of trainer.steps(samplesFrom({ inputs: x, targets: y }), [[0, 1]]));
    const { kept, arenaPeak } = fresh.kernels.memory.usage()
    expect(memoryPlan(fresh, { batch: 2, steps: 8, optimizer: sgd(0.1), loss }).total).toBe(kept + arenaPeak)
  })
})

describe('one sentence', () => {
  const message = (act: () => unknown) => {
    expect(act).toThrow(InputError)
    return expect(act)
  }

  test('for layers and options that do not fit', () => {
    message(() => modelOf(gru(4, { reverse: true }), { segment: 2, steps: 4 })).toThrow(
      /^segmentRecurrent: expected a recurrent layer that reads forwards alone, such as gru\(512\)$/,
    )
    message(() => segmentRecurrent(dense(4) as never, { segment: 2, steps: 4 })).toThrow(/expected a recurrent layer/)
    message(() => modelOf(gru(4), { segment: 0, steps: 4 })).toThrow(
      /^segmentRecurrent: segment: expected a whole number/,
    )
    message(() => modelOf(gru(4), { segment: 2, steps: 4, dropout: 1 })).toThrow(
      /^segmentRecurrent: dropout: expected a rate/,
    )
    message(() => modelOf(gru(4), { segment: 2, steps: 4, stepz: 3 } as never)).toThrow(/did you mean 'steps'\?$/)
    message(() => modelOf(gru(4), { segment: 2, steps: 4, channels: 2 })).toThrow(
      /^segmentRecurrent: channels: the last feature is the channel's number, and there is no other$/,
    )
    const known = { segment: 2, steps: 4, reads: 'inputs' } as const
    message(() => modelOf(gru(4), known).run({ data: [1, 2, 3, 4], shape: [1, 4, 1] })).toThrow(
      /^segmentRecurrent: reads: 'inputs': expected more than the 4 steps that are put out, got 4$/,
    )
    const layered = sequential([dense(2), segmentRecurrent(gru(4), { segment: 2, steps: 2, channels: 2 })])
    message(() => layered.init({ inputs: 1 }).run({ data: [1, 2], shape: [1, 2, 1] })).toThrow(
      /make it the first layer$/,
    )
  })

  test('for sequences of several lengths, a channel that is none, and a step alone', () => {
    const model = modelOf(gru(4), { segment: 2, steps: 4 })
    const x = { data: [1, 2, 3, 4, 5, 6], shape: [2, 3, 1] }
    message(() => model.run(x, [3, 2])).toThrow(
      /^segmentRecurrent: expected sequences of one length, got 2 of 3 steps in sequence 1; cut them to the same number of steps$/,
    )
    expect(model.run(x, [3, 3]).shape).toEqual([2, 4, 1])
    const channels = modelOf(gru(4), { segment: 2, steps: 4, channels: 2 }, 2)
    message(() => channels.run({ data: [1, 2, 3, 2], shape: [1, 2, 2] })).toThrow(/expected a token from 0 to 1, got 2/)
    message(() => model.stream()).toThrow(/^segmentRecurrent sees several steps at once/)
  })
})
