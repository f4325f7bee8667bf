import { describe, expect, test } from 'vitest'
import { InputError } from '../../src/base/errors.ts'
import {
  adam,
  dense,
  embedding,
  type FitOptions,
  flatten,
  gru,
  lstm,
  type ParameterGroup,
  type Step,
  sequential,
  sgd,
} from '../../src/index.ts'
import { epochsOf, samplesOf, sums } from './samples.ts'

const train = sums(30, 4, 2)
const start = (kernels: 'reference' | 'auto' = 'reference') =>
  sequential([lstm(3, { layers: 2 }), gru(3, { returns: 'last' }), dense(1)]).init({ inputs: 2, seed: 2, kernels })

/** A training's numbers by parameter: how far each went from where it began. */
async function moved(options: Partial<FitOptions>, kernels: 'reference' | 'auto' = 'reference') {
  const model = start(kernels)
  const before = model.parameters.copies(model.parameters.at)
  const steps: Step[] = []
  await epochsOf(model, { train }, { epochs: 1, batch: 30, onStep: (step) => steps.push(step), ...options })
  const after = model.parameters.copies(model.parameters.at)
  const by = new Map(
    [...after].map(([name, { data }]) => [name, [...data].map((w, i) => w - before.get(name)!.data[i]!)]),
  )
  return { steps, before, after, by }
}

test('frozen parameters stay to the bit through an optimiser that decays, and count in no norm', async () => {
  for (const kernels of ['reference', 'auto'] as const) {
    const groups = [{ parameters: /^0\..*_l0/, freeze: true, weightDecay: 1 }]
    const how = { epochs: 5, batch: 8, groups, ema: 0.5, optimizer: adam(0.1, { weightDecay: 0.1 }), clipNorm: 0.1 }
    const { before, after, by } = await moved(how, kernels)
    for (const [name, { data }] of after)
      if (/^0\..*_l0/.test(name)) expect(data, name).toEqual(before.get(name)!.data)
      else expect(Math.hypot(...by.get(name)!), name).toBeGreaterThan(0)
  }
  const [free, frozen] = [
    await moved({ optimizer: sgd(1) }),
    await moved({ optimizer: sgd(1), groups: [{ parameters: /^[01]/, freeze: true }] }),
  ]
  const rest = ['2.weight', '2.bias'].flatMap((name) => free.by.get(name)!)
  expect(frozen.steps[0]!.gradientNorm).toBeCloseTo(Math.hypot(...rest), 12)
  expect(frozen.steps[0]!.gradientNorm).toBeLessThan(free.steps[0]!.gradientNorm)
})

test('a rate of its own, one made from that of the step, a decay of its own; the first group that matches counts', async () => {
  const free = await moved({ optimizer: sgd(0.2) })
  const groups: ParameterGroup[] = [
    { parameters: ['2.bias', '1.bias_ih_l0'], rate: 0.05 },
    { parameters: (name) => name.startsWith('1.'), rate: (rate) => 3 * rate },
    { parameters: /weight/g, weightDecay: 0.5 },
    { parameters: /./, freeze: true },
  ]
  const { by, before, steps } = await moved({ optimizer: sgd(0.2), groups })
  const factorOf = (name: string) => (/^2.bias|^1.bias_ih/.test(name) ? 0.25 : name.startsWith('1.') ? 3 : 1)
  for (const [name, went] of by) {
    const frozen = name.startsWith('0.') && name.includes('bias')
    const decay = /^[02].weight/.test(name) ? 0.5 : 0
    const wanted = free.by.get(name)!.map((step, i) => {
      return frozen ? 0 : factorOf(name) * step - 0.2 * decay * before.get(name)!.data[i]!
    })
    expect(Math.max(...wanted.map((step, i) => Math.abs(step - went[i]!))), name).toBeLessThan(1e-13)
  }
  expect(steps[0]!.rate).toBe(0.2)
})

test('a tied table belongs to the group of either name', async () => {
  const layers = [embedding(5, 3), gru(3), dense(5, { tie: '0.weight' })]
  const model = sequential(layers).init({ inputs: 'tokens', seed: 1 })
  const ids = Array.from({ length: 6 }, (_, i) => [i % 5, (i * 2) % 5, 3])
  const data = { ...samplesOf(ids, ids, [3]), targetShape: [3] }
  const table = model.parameters.get('2.weight')
  const read = () => [...model.kernels.memory.copy(table.at, table.size)]
  const before = read()
  const groups = [{ parameters: ['2.weight'], freeze: true }]
  await epochsOf(model, { train: data }, { epochs: 2, loss: 'crossEntropy', groups })
  expect(read()).toEqual(before)
})

const names = '1.weight, 1.bias'
describe('what a group cannot be', () => {
  test.each<[ParameterGroup[], string]>([
    [[{ parameters: ['1.wieght'] }], "the model has no parameter '1.wieght'; did you mean '1.weight'?"],
    [
      [{ parameters: ['1.bias'] }, { parameters: /gamma/ }],
      `fit: groups: group 2: expected to match some of the parameters (${names}), but it matches none`,
    ],
    [
      [{ parameters: [] }],
      `fit: groups: group 1: expected to match some of the parameters (${names}), but it matches none`,
    ],
    [[{ parameters: /./, rate: 0 }], 'fit: groups: group 1: rate: expected a learning rate above 0, got 0'],
    [
      [{ parameters: /./, weightDecay: -1 }],
      'fit: groups: group 1: weightDecay: expected a number of at least 0, got -1',
    ],
    [[{ parameters: /./, freeze: true }], 'fit: groups: all parameters are frozen, so there is nothing to train'],
    [
      [{ parameters: /./, rate: () => Number.NaN }],
      'fit: expected a schedule to give a learning rate of at least 0, got NaN for step 1',
    ],
  ])('%o', async (groups, sentence) => {
    const model = sequential([flatten(), dense(1)]).init({ inputs: 2, steps: 4 })
    await expect(epochsOf(model, { train }, { epochs: 1, groups })).rejects.toThrow(new InputError(sentence))
  })
})
