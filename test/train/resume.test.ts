import { describe, expect, test } from 'vitest'
import { Random } from '../../src/base/random.ts'
import {
  adagrad,
  adam,
  adamW,
  cosine,
  dense,
  dropout,
  type FitOptions,
  fit,
  lstm,
  type Model,
  oneCycle,
  type RunState,
  reduceOnPlateau,
  rmsprop,
  type Samples,
  samplesFrom,
  sequential,
  sgd,
} from '../../src/index.ts'
import type { KernelChoice } from '../../src/kernels/index.ts'
import { randomTensor } from '../recurrence/cases.ts'
import { epochsOf, weightsOf } from './samples.ts'

const random = new Random(6, 'resume')
const samples = (count: number) =>
  samplesFrom({
    inputs: randomTensor(random, [count, 6, 2]),
    targets: randomTensor(random, [count, 6, 1]),
    lengths: Array.from({ length: count }, (_, i) => 1 + ((5 * i) % 6)),
  })
const data = { train: samples(17), validation: samples(9) }
const start = (seed: number, kernels: KernelChoice = 'auto') =>
  sequential([lstm(4, { layers: 2, dropout: 0.2, variational: { state: 0.1 } }), dropout(0.1), dense(1)]).init({
    inputs: 2,
    seed,
    kernels,
  })

const cases: Record<string, FitOptions> = {
  plain: { epochs: 3, batch: 5 },
  'windows, accumulated, with an average and a schedule of steps': {
    ...{ epochs: 2, batch: 3, accumulate: 2, window: 2, ema: 0.9, clipNorm: 0.5, clipValue: 0.1 },
    optimizer: sgd(cosine({ peak: 0.1, steps: 18, warmup: 3 }), { momentum: 0.9, nesterov: true }),
    sampleWeights: Array.from({ length: 17 }, (_, i) => 0.5 + (i % 3)),
  },
  'the best kept, validation each three steps, rate by plateau': {
    ...{ epochs: 4, batch: 4, validateEvery: 3, keepBest: true, seed: 5 },
    optimizer: adam(reduceOnPlateau({ rate: 0.3, patience: 0, factor: 0.5 }), { amsgrad: true, weightDecay: 0.01 }),
  },
  'early stopping within an epoch': {
    ...{ epochs: 30, batch: 4, validateEvery: 2, earlyStopping: { patience: 3 }, ema: 0.5 },
    optimizer: rmsprop(0.1, { momentum: 0.5, centered: true }),
  },
  'groups, one cycle by steps, in the samples own order': {
    ...{ epochs: 3, batch: 6, shuffle: false, groups: [{ parameters: /weight_hh/, freeze: true }] },
    optimizer: adamW(oneCycle({ peak: 0.05, steps: 9 })),
  },
  'a slot that begins above zero': { epochs: 2, batch: 7, optimizer: adagrad(0.1, { initialAccumulatorValue: 0.1 }) },
}

/** As a file would keep it. */
const kept = ({ numbers, tensors }: RunState): RunState => ({
  numbers: JSON.parse(JSON.stringify(numbers)),
  tensors: new Map([...tensors].map(([name, { data, shape }]) => [name, { data: data.slice(), shape: [...shape] }])),
})

/** All that a training tells from here on, and the weights it ends with. */
async function trained(model: Model, options: FitOptions, given: { train: Samples; validation?: Samples } = data) {
  const told: unknown[] = []
  const states: { at: number; state: RunState }[] = []
  await epochsOf(model, given, {
    ...options,
    onStep(step, run) {
      told.push(step)
      states.push({ at: told.length, state: kept(run.state()) })
    },
    onEpoch({ seconds: _, ...epoch }, run) {
      told.push(epoch)
      states.push({ at: told.length, state: kept(run.state()) })
    },
  })
  return { told, states, weights: weightsOf(model) }
}

describe.each(Object.entries(cases))('%s', (_, options) => {
  test.each(['reference', 'auto'] as const)(
    'a run restored after a step or an epoch tells the same from there on, and ends with the same bytes: %s kernels',
    async (kernels) => {
      const whole = await trained(start(1, kernels), options)
      expect(whole.states.length).toBeGreaterThan(5)
      for (const { at, state } of whole.states.filter((_, i) => i % 3 === 1 || i === whole.states.length - 1)) {
        const rest = await trained(start(2, kernels), { ...options, resume: state })
        expect(rest.told).toEqual(whole.told.slice(at))
        expect(rest.weights).toEqual(whole.weights)
        expect(rest.states.at(-1)?.state.tensors).toEqual(
          at < whole.told.length ? whole.states.at(-1)!.state.tensors : undefined,
        )
      }
    },
  )
})

test('a finished run goes on for more epochs, as if it had been asked for them', async () => {
  const [more, model] = [await trained(start(1), { epochs: 4, batch: 5 }), start(3)]
  const { states } = await trained(start(1), { epochs: 2, batch: 5 })
  const rest = await trained(model, { epochs: 4, batch: 5, resume: states.at(-1)!.state })
  expect(rest.told).toEqual(more.told.slice(states.length))
  expect(rest.weights).toEqual(more.weights)
})

test('the state is a copy, that later steps leave alone', async () => {
  let [taken, copy]: (RunState | undefined)[] = []
  const onStep: FitOptions['onStep'] = (_, run) => {
    taken ??= run.state()
    copy ??= kept(taken)
  }
  await epochsOf(start(1), data, { epochs: 2, window: 3, ema: 0.5, keepBest: true, onStep })
  expect(taken).toEqual(copy)
})

test('amid a validation and after the end there is no state to tell', async () => {
  const sentence = 'fit: state() tells what stands between two steps: call it while onStep or onEpoch runs'
  let state = (): unknown => undefined
  const refused: boolean[] = []
  const validation: Samples = {
    ...data.validation,
    fillInputs(rows, into) {
      expect(state).toThrow(sentence)
      refused.push(true)
      data.validation.fillInputs(rows, into)
    },
  }
  const onStep: FitOptions['onStep'] = (_, run) => {
    state = () => run.state()
    expect(state).not.toThrow()
  }
  for await (const _ of fit(start(1), { ...data, validation }, { epochs: 2, ema: 0.5, onStep }))
    expect(state).not.toThrow()
  expect(refused).toEqual([true, true])
  expect(state).toThrow(sentence)
})

describe('a state that does not fit is refused', () => {
  const options = { epochs: 2, batch: 5, optimizer: adam(0.01) }
  test.each<[string, Partial<FitOptions>, (state: RunState) => RunState, string]>([
    ['batch', { batch: 4 }, (state) => state, 'fit: resume: expected a run with the same batch, 4, got one with 5'],
    ['seed', { seed: 1 }, (state) => state, 'fit: resume: expected a run with the same seed, 1, got one with 0'],
    ['window', { window: 2 }, (state) => state, 'fit: resume: expected a run with the same window, 2, got one with 6'],
    [
      'optimiser',
      { optimizer: sgd(0.1) },
      (state) => state,
      'fit: resume: expected a run with the same optimizer, ' +
        'sgd {"momentum":0,"dampening":0,"nesterov":false,"weightDecay":0}, ' +
        'got one with adam {"beta1":0.9,"beta2":0.999,"epsilon":1e-8,"amsgrad":false,"weightDecay":0}',
    ],
    [
      'no average in it',
      { ema: 0.5 },
      (state) => state,
      "fit: resume: average: the parameter '0.weight_ih_l0' of shape [16, 2] is missing",
    ],
    [
      'another shape',
      {},
      ({ numbers, tensors }) => ({
        numbers,
        tensors: new Map([...tensors, ['adam m/2.bias', { data: new Float32Array(2), shape: [2] }]]),
      }),
      'fit: resume: adam m: 2.bias: expected shape [1], got [2]',
    ],
  ])('%s', async (_, other, change, sentence) => {
    const { states } = await trained(start(1), options)
    const run = fit(start(2), data, { ...options, ...other, resume: change(states[0]!.state) })
    await expect(run.next()).rejects.toThrow(sentence)
  })
})
