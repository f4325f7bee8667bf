import { expect, test } from 'vitest'
import { Random } from '../../src/base/random.ts'
import {
  adam,
  cells,
  dense,
  gru,
  lstm,
  type PlainTensor,
  rnn,
  samplesFrom,
  sequential,
  sgd,
  unroll,
} from '../../src/index.ts'
import { randomTensor } from '../recurrence/cases.ts'
import { epochsOf, weightsOf } from './samples.ts'

const random = new Random(9, 'window')
const inputs = randomTensor(random, [3, 10, 2])
const targets = randomTensor(random, [3, 10, 3])
const train = samplesFrom({ inputs, targets })
const still = { epochs: 1, batch: 3, shuffle: false }

test('each window goes on from the last state, and its gradient ends at its beginning: by unroll, in float64', async () => {
  const model = sequential([rnn(3)]).init({ inputs: 2, seed: 1, kernels: 'reference' })
  const rate = 0.2
  const names = model.parameters.names.map((name) => name.replace(/^0\.|_l0$/g, ''))
  const weights = new Map<string, { data: Float64Array; shape: readonly number[] }>()
  for (const [i, name] of names.entries()) {
    const { at, size, shape } = model.parameters.get(model.parameters.names[i]!)
    weights.set(name, { data: model.kernels.memory.copy(at, size) as Float64Array, shape })
  }
  const cut = ({ data, shape }: PlainTensor, from: number, to: number): PlainTensor => ({
    data: [0, 1, 2].flatMap((b) => Array.from(data).slice((b * 10 + from) * shape[2]!, (b * 10 + to) * shape[2]!)),
    shape: [3, to - from, shape[2]!],
  })
  let state: { h?: PlainTensor } = {}
  for (const [from, to] of [
    [0, 4],
    [4, 8],
    [8, 10],
  ] as const) {
    const run = unroll(cells.rnn, {
      x: cut(inputs, from, to),
      weights: Object.fromEntries(weights),
      state,
      kernels: 'reference',
    })
    const target = cut(targets, from, to).data
    const dy = { ...run.y, data: run.y.data.map((y, i) => (2 * (y - target[i]!)) / run.y.data.length) }
    const back = run.backward({ y: dy }).weights
    for (const [name, { data }] of weights) for (const i of data.keys()) data[i]! -= rate * back[name]!.data[i]!
    state = run.state
  }
  const onStep = { steps: [] as string[] }
  const told = (step: { step: number; steps: number }) => onStep.steps.push(`${step.step} of ${step.steps}`)
  await epochsOf(model, { train }, { ...still, window: 4, optimizer: sgd(rate), onStep: told })
  const expected = [...weights.values()].flatMap(({ data }) => [...data])
  expect(Math.max(...weightsOf(model).map((value, i) => Math.abs(value - expected[i]!)))).toBeLessThan(1e-12)
  expect(onStep.steps).toEqual(['1 of 3', '2 of 3', '3 of 3'])
})

test('a window as long as the sequences changes nothing, and a shorter one does', async () => {
  const trained = async (window?: number) => {
    const model = sequential([lstm(4, { layers: 2, dropout: 0.2 }), dense(3)]).init({ inputs: 2, seed: 2 })
    const epochs = await epochsOf(
      model,
      { train, validation: train },
      { ...still, epochs: 2, ...(window ? { window } : {}) },
    )
    return { weights: weightsOf(model), losses: epochs.map(({ loss, validation }) => [loss, validation.loss]) }
  }
  const whole = await trained()
  expect(await trained(10)).toEqual(whole)
  expect(await trained(99)).toEqual(whole)
  expect((await trained(3)).weights).not.toEqual(whole.weights)
})

test('losses of windows come to the loss of the whole, ragged too, and steps in which all have ended are left out', async () => {
  const lengths = [3, 6, 1]
  const data = samplesFrom({ inputs, targets, lengths })
  const losses = async (window?: number) => {
    const model = sequential([gru(4), dense(3)]).init({ inputs: 2, seed: 2, kernels: 'reference' })
    let steps = 0
    const options = { ...still, optimizer: sgd(1e-12), onStep: () => steps++, ...(window ? { window } : {}) }
    const [epoch] = await epochsOf(model, { train: data, validation: data }, options)
    return { steps, loss: epoch!.loss, validation: epoch!.validation.loss }
  }
  const [whole, cut] = [await losses(), await losses(2)]
  expect([whole.steps, cut.steps]).toEqual([1, 3])
  expect(cut.loss).toBeCloseTo(whole.loss, 9)
  expect(cut.validation).toBeCloseTo(whole.validation, 9)
})

test('what was seen long before a window began is in the state: a latch set every 25 steps, in windows of 10', async () => {
  const steps = 3000
  const signs = Array.from({ length: steps / 25 }, () => (random.uniform() < 0.5 ? -1 : 1))
  const series = samplesFrom({
    inputs: {
      data: Array.from({ length: steps }, (_, t) => (t % 25 === 0 ? signs[t / 25]! : 0)),
      shape: [1, steps, 1],
    },
    targets: { data: Array.from({ length: steps }, (_, t) => signs[Math.floor(t / 25)]!), shape: [1, steps, 1] },
  })
  const model = sequential([lstm(8), dense(1)]).init({ inputs: 1, seed: 3 })
  const options = { epochs: 10, window: 10, optimizer: adam(1e-2), clipNorm: 1 }
  const epochs = await epochsOf(model, { train: series }, options)
  // Three windows of five hold no sign: alone they could not do better than 0.6.
  expect(epochs.at(-1)!.loss).toBeLessThan(0.1)
})
