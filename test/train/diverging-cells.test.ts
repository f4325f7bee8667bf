import { describe, expect, test } from 'vitest'
import { meanLossOf } from '../../src/autograd/index.ts'
import {
  type Divergence,
  dense,
  encoderDecoder,
  flatten,
  gru,
  lstm,
  type RecurrentLayerOptions,
  rnn,
  samplesFrom,
  sequential,
} from '../../src/index.ts'
import { failure, plain, put, tiers, where } from './diverging.ts'
import { epochsOf } from './samples.ts'

const BIG = 1000

describe.each(tiers)('a state that explodes, %s', (kernels) => {
  const round = kernels === 'simd' ? Math.fround : (value: number) => value
  /** The step at which h ← 1000·h, from 1 on, is first infinite, as the kernels round. */
  const end = (() => {
    let [h, t] = [1, 0]
    for (; Number.isFinite(h); t++) h = round(h * BIG)
    return t
  })()
  const steps = end + 20
  const spike = (at: number, steps: number) => Array.from({ length: steps }, (_, t) => (t === at ? 1 : 0))
  const weights = (layer: number, end = 'l0') => ({
    ...{ [`${layer}.weight_ih_${end}`]: 1, [`${layer}.weight_hh_${end}`]: BIG },
    ...{ [`${layer}.bias_ih_${end}`]: 0, [`${layer}.bias_hh_${end}`]: 0 },
  })
  /** Sample 0 has nothing to grow; 1 begins at step 5, 2 at step 3, 3 at step 3 too. */
  const inputs = [new Array(steps).fill(0), spike(5, steps), spike(3, steps), spike(3, steps)]
  const relu = (options: RecurrentLayerOptions = {}) => rnn(1, { activation: 'relu', returns: 'last', ...options })
  const run = (options: RecurrentLayerOptions, parameters: object, lengths?: number[], more = {}) => {
    const model = sequential([relu(options), dense(1)]).init({ inputs: 1, kernels })
    return where(put(model, { ...weights(0), ...parameters }), plain(inputs, [0, 0, 0, 0], lengths), more)
  }
  const found: Partial<Divergence> = {
    ...{ phase: 'forward', layer: 'layer 0 (rnn)', op: 'recurrent', state: 'h' },
    ...{ step: 3 + end, samples: [2, 3], value: Number.POSITIVE_INFINITY },
  }

  test('by layer, state, step and samples', async () => {
    expect(await run({}, {})).toEqual(found)
    const model = put(sequential([relu(), dense(1)]).init({ inputs: 1, kernels }), weights(0))
    const { message } = await failure(model, plain(inputs, [0, 0, 0, 0]))
    expect(message).toMatch(
      new RegExp(
        `: the state 'h' in layer 0 \\(rnn\\) became Infinity at time step ${3 + end} \\(from 0\\), in sample 2 and sample 3; ` +
          "the model is as it was before that step \\(start: { recurrent: 'orthogonal' }, a bounded activation or scaled inputs usually help\\)$",
      ),
    )
  })

  test('in a batch of several shards, the earliest step of all', async () => {
    const many = Array.from({ length: 70 }, (_, i) => spike(i % 3 === 0 ? 7 : i === 64 ? 2 : 4, steps))
    const model = put(sequential([relu(), dense(1)]).init({ inputs: 1, kernels }), weights(0))
    const data = plain(many, new Array(70).fill(0))
    expect(await where(model, data, { batch: 70 })).toMatchObject({ step: 2 + end, samples: [64] })
  })

  test('with checkpoints', async () => expect(await run({ checkpoint: 4 }, {})).toEqual(found))

  test('where sequences end before it, not there', async () => {
    expect(await run({}, {}, [steps, steps, 3 + end, steps])).toEqual({ ...found, samples: [3] })
  })

  test('read from its own last step', async () => {
    const read = (inputs: readonly (readonly number[])[], lengths: readonly number[]) => {
      const model = put(sequential([relu({ reverse: true }), dense(1)]).init({ inputs: 1, kernels }), weights(0))
      return where(model, plain(inputs, [0, 0, 0, 0], lengths))
    }
    const backwards = inputs.map((row) => [...row].reverse())
    // Two steps off the end of sample 3 make it the first: its spike is read 1 step on instead of 3.
    const shorter = await read(backwards, [steps, steps, steps, steps - 2])
    expect(shorter).toEqual({ ...found, step: steps - 4 - end, samples: [3] })
    // Read at the same time, but at other steps of the sequences: the samples are those of the step that is told.
    const still = inputs[0]!
    const together = await read(
      [still, still, spike(steps - 2, steps), spike(steps - 4, steps)],
      [5, 5, steps, steps - 2],
    )
    expect(together).toEqual({ ...found, step: steps - 2 - end, samples: [2] })
  })

  test('in a cell of a stack, in a direction', async () => {
    const parameters = { ...weights(0, 'l1'), '0.weight_hh_l0': 0 }
    expect(await run({ layers: 2 }, parameters)).toEqual({ ...found, cell: 'cell 1' })
    const both = sequential([relu({ bidirectional: 'sum' }), dense(1)]).init({ inputs: 1, kernels })
    put(both, { ...weights(0), ...weights(0, 'l0_reverse'), '0.weight_hh_l0': 0 })
    const mirrored = plain(
      inputs.map((row) => [...row].reverse()),
      [0, 0, 0, 0],
    )
    expect(await where(both, mirrored)).toEqual({ ...found, cell: 'reverse direction', step: steps - 4 - end })
  })

  test('in windows: the step in the whole sequence', async () => {
    const model = put(sequential([relu({ returns: 'all' })]).init({ inputs: 1, kernels }), weights(0))
    const every = samplesFrom({
      inputs: { data: inputs.flat(), shape: [4, steps, 1] },
      targets: { data: new Array(4 * steps).fill(0), shape: [4, steps, 1] },
    })
    // Nothing is learned of p - p, and it is a number as long as p is.
    const options = { window: 5, loss: meanLossOf((p) => p.sub(p)) }
    const error = await epochsOf(model, { train: every }, { epochs: 1, shuffle: false, ...options }).catch((e) => e)
    expect(error.step).toBe(1 + Math.floor((3 + end) / 5))
    expect(error.where).toEqual({ ...found })
  })

  test('in the decoder of an encoder-decoder', async () => {
    const layer = encoderDecoder({
      encoder: [lstm(2)],
      decoder: [rnn(1, { activation: 'relu' })],
      steps,
      start: [0],
    })
    const model = sequential([layer]).init({ inputs: 1, steps: 3, kernels })
    put(model, {
      ...{ '0.decoder.0.weight_ih_l0': 1, '0.decoder.0.weight_hh_l0': BIG },
      ...{ '0.decoder.0.bias_ih_l0': 0, '0.decoder.0.bias_hh_l0': 0 },
      ...{ '0.bridge.0.h_l0.weight': 0, '0.bridge.0.h_l0.bias': 0 },
    })
    const data = samplesFrom({
      inputs: { data: new Array(12).fill(1), shape: [4, 3, 1] },
      targets: { data: inputs.flat(), shape: [4, steps, 1] },
    })
    // Targets are read a step behind.
    const layerName = 'layer 0 (rnn) of the decoder of layer 0 (encoderDecoder)'
    expect(await where(model, data)).toEqual({ ...found, layer: layerName, step: 4 + end })
  })

  test('at the gate that made it', async () => {
    const huge = kernels === 'simd' ? 1e30 : 1e200
    const model = sequential([flatten(), dense(6)]).init({ inputs: 1, steps: 6, kernels })
    expect(model.size).toBeGreaterThan(0)
    const cell = sequential([lstm(1, { returns: 'last' }), dense(1)]).init({ inputs: 2, kernels })
    // PyTorch stacks input, forget, candidate, output: ∞ - ∞ in the candidate alone.
    put(cell, { '0.weight_ih_l0': [1, 1, 1, 1, huge, -huge, 1, 1], '0.bias_ih_l0': 0 })
    const numbers = Array.from({ length: 2 * 5 * 2 }, (_, i) => (i >= 16 ? huge : 0))
    const data = samplesFrom({
      inputs: { data: numbers, shape: [2, 5, 2] },
      targets: { data: [0, 0], shape: [2, 1] },
    })
    const error = await failure(cell, data)
    expect(error.where).toMatchObject({ phase: 'forward', gate: 'candidate', step: 3, samples: [1], value: Number.NaN })
    expect(error.message).toContain(
      "the gate 'candidate' in layer 0 (lstm) became NaN at time step 3 (from 0), in sample 1",
    )
  })
})

describe('a gradient that overflows while all outputs are finite', () => {
  const steps = 40
  const kernels = 'simd'
  const zeros = Array.from({ length: 4 }, () => new Array(steps).fill(0))
  const targets = [0, 1, 2, 3]
  const still = (end = 'l0') => ({ [`0.bias_ih_${end}`]: 0, [`0.bias_hh_${end}`]: 0, [`0.weight_hh_${end}`]: BIG })

  /** dL/dh of each sample: of the mean of (w·h - y)², h being 0. */
  const seeds = targets.map((target) => (-2 * target * 1e10) / 4)
  /** dz ← 1000·dz from the last step back: at the origin tanh' is 1. */
  const backOne = (dz: number) => Math.fround(dz * BIG)
  /** The latest step at which a sample's dz, in float32, is too large, and the samples where it is. */
  function first(lengths: readonly number[], most = Number.MAX_VALUE, back = backOne) {
    const ends = seeds.map((dz, b) => {
      let [value, t] = [Math.fround(dz), lengths[b]! - 1]
      for (; t >= 0 && Math.abs(value) <= most; t--) value = back(value)
      return t
    })
    const step = Math.max(...ends)
    return { step, samples: ends.flatMap((end, b) => (end === step ? [b] : [])) }
  }
  const whole = [steps, steps, steps, steps]

  const run = (options: RecurrentLayerOptions = {}, lengths?: number[], parameters: object = {}) => {
    const model = sequential([rnn(1, { returns: 'last', ...options }), dense(1)]).init({ inputs: 1, kernels })
    const own = put(model, { ...still(), '1.weight': 1e10, '1.bias': 0, ...parameters })
    return failure(own, plain(zeros, targets, lengths))
  }

  test('at the latest step and the product, for those samples', async () => {
    const { step, samples } = first(whole)
    expect(step).toBeGreaterThan(0)
    const { where, message } = await run()
    expect(where).toMatchObject({
      phase: 'backward',
      layer: 'layer 0 (rnn)',
      op: 'recurrent',
      gate: 'hidden',
      step,
      samples,
    })
    expect(message).toMatch(
      /^the gradient's norm became (NaN|Infinity) in epoch 1, step 1: on the way back the gradient of /,
    )
    expect(message).toContain(`'hidden' in layer 0 (rnn) at time step ${step} (from 0) became -Infinity, in sample`)
    expect((await run({ checkpoint: 4 })).where).toEqual(where)
  })

  test('of sequences of their own lengths, and read from their ends', async () => {
    const lengths = [steps, steps - 9, 30, 25]
    expect((await run({}, lengths)).where).toMatchObject(first(lengths))
    // Read from the end, the last step is step 0.
    const { step, samples } = first(whole)
    expect((await run({ reverse: true })).where).toMatchObject({ step: steps - 1 - step, samples })
  })

  test('of numbers that are finite, whose squares are not', async () => {
    const length = 7
    const model = sequential([rnn(1, { returns: 'last' }), dense(1)]).init({ inputs: 1, kernels })
    put(model, { ...still(), '1.weight': 1e10, '1.bias': 0 })
    const short = zeros.map((row) => row.slice(0, length))
    const { where, message } = await failure(model, plain(short, targets))
    // Their sum is beyond 2^128 where a number is beyond 2^64 over the root of how many there are.
    const { step, samples } = first([length, length, length, length], Math.sqrt(2 ** 128 / model.size))
    expect(step).toBeGreaterThan(0)
    expect(where).toMatchObject({ phase: 'backward', gate: 'hidden', step, samples })
    expect(Number.isFinite(where!.value)).toBe(true)
    expect(message).toMatch(/: on the way back .* grew to -\d\.\de\+\d\d, too large for a norm, in sample /)
  })

  test('of a parameter, where all steps come to finite numbers', async () => {
    const model = sequential([flatten(), dense(1)]).init({ inputs: 1, steps: 2, kernels })
    put(model, { '1.weight': [0, 0], '1.bias': 0 })
    const data = plain(
      [
        [1e30, 0],
        [1e30, 0],
      ],
      [1e15, 1e15],
    )
    const { where, message } = await failure(model, data)
    expect(where).toMatchObject({ phase: 'backward', layer: 'layer 1 (dense)', op: 'dense', parameter: '1.weight' })
    expect(where!.samples).toEqual([0, 1])
    expect(message).toContain("on the way back the gradient of the parameter '1.weight' became -Infinity")
  })

  test('of numbers too large to be squared, however large those on the way through are', async () => {
    const model = sequential([flatten(), dense(1), dense(1)]).init({ inputs: 1, steps: 1, kernels })
    put(model, { '1.weight': 1, '1.bias': 0, '2.weight': 0, '2.bias': 0 })
    const { where } = await failure(model, plain([[1e20]], [1]))
    const found = { phase: 'backward', layer: 'layer 2 (dense)', op: 'dense', parameter: '2.weight', samples: [0] }
    expect(where).toEqual({ ...found, value: Math.fround(-2 * Math.fround(1e20)) })
  })

  test('of a gate', async () => {
    const model = sequential([gru(1, { returns: 'last' }), dense(1)]).init({ inputs: 1, kernels })
    put(model, { '0.weight_hh_l0': [0, 0, BIG], '0.bias_ih_l0': 0, '0.bias_hh_l0': 0, '0.weight_ih_l0': 0 })
    put(model, { '1.weight': 1e10, '1.bias': 0 })
    const { where } = await failure(model, plain(zeros, targets))
    // h' = (1 - u)·n + u·h, with u = r = ½ and n' = 1: dn = dh/2, and dh ← dh/2 + 1000·r·dn.
    const found = first(whole, Number.MAX_VALUE, (dh) => Math.fround(dh / 2 + Math.fround((BIG * dh) / 4)))
    expect(where).toMatchObject({ phase: 'backward', layer: 'layer 0 (gru)', gate: 'candidate', ...found })
  })
})
