import { describe, expect, test } from 'vitest'
import { InputError } from '../../src/base/errors.ts'
import {
  adagrad,
  adam,
  adamW,
  constant,
  cosine,
  dense,
  exponential,
  type FeedbackSchedule,
  type FitOptions,
  flatten,
  oneCycle,
  type Rate,
  reduceOnPlateau,
  rmsprop,
  type Step,
  sequential,
  sgd,
  stepDecay,
} from '../../src/index.ts'
import { scheduleOf } from '../../src/train/schedules.ts'
import { epochsOf, sums, weightsOf } from './samples.ts'

const [train, validation] = [sums(12), sums(6, 4, 1, 2)]

/** The rates of three epochs of three steps, and the weights they come to. */
async function ratesOf(rate: Rate, options: Partial<FitOptions> = {}) {
  const model = sequential([flatten(), dense(1)]).init({ inputs: 1, steps: 4, seed: 1, kernels: 'reference' })
  const steps: Step[] = []
  const optimizer = sgd(rate)
  const how = { epochs: 3, batch: 4, optimizer, onStep: (step: Step) => steps.push(step) }
  const epochs = await epochsOf(model, { train, validation }, { ...how, ...options })
  return { rates: steps.map(({ rate }) => rate), epochs, weights: weightsOf(model) }
}

describe('in fit', () => {
  test('the rate of each step is told, and is what the optimiser takes', async () => {
    const { rates, weights } = await ratesOf((step, epoch) => 0.01 * step + epoch)
    expect(rates).toEqual(
      [1.01, 1.02, 1.03, 2.04, 2.05, 2.06, 3.07, 3.08, 3.09].map((rate) => expect.closeTo(rate, 12)),
    )
    const byGroup = await ratesOf(0.5, { groups: [{ parameters: /./, rate: () => rates[byHand++]! }] })
    expect(byGroup.weights).toEqual(weights)
    expect(byGroup.rates).toEqual(Array(9).fill(0.5))
  })
  let byHand = 0

  test('a schedule of epochs keeps its rate in all steps of one', async () => {
    const rates = [0.1, 0.05, 0.025].flatMap((rate) => [rate, rate, rate])
    expect((await ratesOf(exponential({ rate: 0.1, factor: 0.5, unit: 'epochs' }))).rates).toEqual(rates)
    expect((await ratesOf(stepDecay({ rate: 0.1, every: 1, factor: 0.5, unit: 'epochs' }))).rates).toEqual(rates)
    const half = [0.05, 0.1, 0.05].flatMap((rate) => [rate, rate, rate])
    const warm = cosine({ peak: 0.1, steps: 3, warmup: 1, unit: 'epochs' })
    expect((await ratesOf(warm)).rates).toEqual(half.map((rate) => expect.closeTo(rate, 12)))
  })

  test('a number and its constant are the same', async () =>
    expect(await ratesOf(constant(0.1))).toMatchObject({ ...(await ratesOf(0.1)), epochs: expect.anything() }))

  test.each([
    ['epoch', {}],
    ['two steps', { validateEvery: 2 }],
  ])('reduceOnPlateau goes by the validation after each %s', async (_, options) => {
    const seen: number[] = []
    const own: FeedbackSchedule = {
      start: { rate: 0.3 },
      rate: ({ rate }) => rate!,
      observe({ rate }, loss) {
        seen.push(loss)
        return { rate: rate! / 2 }
      },
    }
    const told: number[] = []
    const onStep = ({ validation }: Step) => validation && told.push(validation.loss)
    const steps: number[] = []
    const { epochs } = await ratesOf(own, {
      ...options,
      onStep: (step) => {
        steps.push(step.rate)
        onStep(step)
      },
    })
    expect(seen).toEqual(told.length > 0 ? told : epochs.map(({ validation }) => validation.loss))
    const every = 'validateEvery' in options ? 2 : 3
    expect(steps).toEqual(Array.from({ length: 9 }, (_, i) => 0.3 / 2 ** Math.floor(i / every)))
  })

  test('and by the training loss where there are no validation samples', async () => {
    const model = sequential([flatten(), dense(1)]).init({ inputs: 1, steps: 4, seed: 1 })
    const seen: number[] = []
    const observe = (memory: object, loss: number) => {
      seen.push(loss)
      return { ...memory }
    }
    const optimizer = sgd({ start: {}, rate: () => 0.1, observe })
    const epochs = await epochsOf(model, { train }, { epochs: 3, optimizer })
    expect(seen).toEqual(epochs.map(({ loss }) => loss))
  })

  test.each([Number.NaN, -1, Number.POSITIVE_INFINITY])(
    'a schedule that gives %d is refused at its step',
    async (rate) => {
      await expect(ratesOf((step) => (step < 4 ? 0.1 : rate))).rejects.toThrow(
        new InputError(`fit: expected a schedule to give a learning rate of at least 0, got ${rate} for step 4`),
      )
    },
  )
})

test('past their last step cosine and oneCycle stay where they came to', () => {
  const [falling, cycle] = [cosine({ peak: 1, steps: 10, end: 0.1 }), oneCycle({ peak: 1, steps: 10 })].map(scheduleOf)
  for (const step of [11, 12, 1e6]) {
    expect(falling!.rate({}, step, 1)).toBeCloseTo(0.1, 15)
    expect(cycle!.rate({}, step, 1)).toBeCloseTo(1 / 25 / 1e4, 15)
  }
  expect(cycle!.rate({}, 10, 1)).toBeCloseTo(1 / 25 / 1e4, 15)
})

describe('what is out of its range is refused', () => {
  const rate = 0.1
  test.each<[() => unknown, string]>([
    [() => constant(0), 'constant: rate: expected a learning rate above 0, got 0'],
    [() => stepDecay({ rate, every: 0 }), 'stepDecay: every: expected a whole number of at least 1, got 0'],
    [() => stepDecay({ rate, every: 2, factor: -1 }), 'stepDecay: factor: expected a number above 0, got -1'],
    [
      () => exponential({ rate, factor: 0.9, unit: 'epoch' as 'epochs' }),
      'exponential: unit: expected one of steps, epochs, got "epoch"; did you mean \'epochs\'?',
    ],
    [
      () => exponential({ rate: Number.NaN, factor: 0.9 }),
      'exponential: rate: expected a learning rate above 0, got NaN',
    ],
    [() => cosine({ peak: 0, steps: 9 }), 'cosine: peak: expected a learning rate above 0, got 0'],
    [() => cosine({ peak: 1, steps: 9, end: -1 }), 'cosine: end: expected a learning rate of at least 0, got -1'],
    [() => cosine({ peak: 1, steps: 9, warmup: 9 }), 'cosine: warmup: expected a whole number from 0 to 8, got 9'],
    [() => cosine({ peak: 1, steps: 1.5 }), 'cosine: steps: expected a whole number of at least 1, got 1.5'],
    [() => oneCycle({ peak: 1, steps: 1 }), 'oneCycle: steps: expected a whole number of at least 2, got 1'],
    [
      () => oneCycle({ peak: 1, steps: 9, pctStart: 1 }),
      'oneCycle: pctStart: expected a share of at least 0 and below 1, got 1',
    ],
    [() => oneCycle({ peak: 1, steps: 9, divFactor: 0 }), 'oneCycle: divFactor: expected a number above 0, got 0'],
    [
      () => reduceOnPlateau({ rate, factor: 1 }),
      'reduceOnPlateau: factor: expected a number above 0 and below 1, got 1',
    ],
    [
      () => reduceOnPlateau({ rate, patience: -1 }),
      'reduceOnPlateau: patience: expected a whole number of at least 0, got -1',
    ],
    [
      () => reduceOnPlateau({ rate, thresholdMode: 'relative' as 'rel' }),
      'reduceOnPlateau: thresholdMode: expected one of rel, abs, got "relative"',
    ],
    [() => sgd(0.1, { momentum: -1 }), 'sgd: momentum: expected a number of at least 0, got -1'],
    [
      () => sgd(0.1, { nesterov: true }),
      'sgd: nesterov takes a momentum above 0 and no dampening, got momentum 0 and dampening 0',
    ],
    [() => rmsprop(0.1, { alpha: 1 }), 'rmsprop: alpha: expected a decay of at least 0 and below 1, got 1'],
    [() => rmsprop(0.1, { epsilon: 0 }), 'rmsprop: epsilon: expected a number above 0, got 0'],
    [() => adagrad(0.1, { lrDecay: -1 }), 'adagrad: lrDecay: expected a number of at least 0, got -1'],
    [() => adamW(-1), 'adamW: expected a learning rate above 0, got -1'],
    [() => adam(0.1, { weightDecay: -0.1 }), 'adam: weightDecay: expected a number of at least 0, got -0.1'],
  ])('%s', (make, sentence) => expect(make).toThrow(new InputError(sentence)))
})
