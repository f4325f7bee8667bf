import { expect, test } from 'vitest'
import { adam, dense, dropout, type Epoch, fit, gru, sequential } from '../../src/index.ts'
import { epochsOf, sums, weightsOf } from './samples.ts'

const [train, validation] = [sums(30), sums(20, 4, 1, 2)]
const start = (kernels: 'reference' | 'auto' = 'reference') =>
  sequential([gru(4, { returns: 'last' }), dropout(0.1), dense(1)]).init({ inputs: 1, seed: 2, kernels })
const DECAY = 0.8
const options = { batch: 7, optimizer: adam(0.05) }

/** Raw weights as training goes, and their average by its formula. */
async function byHand(epochs: number) {
  const model = start()
  let average = weightsOf(model)
  const raw: number[][] = []
  const onStep = () => {
    raw.push(weightsOf(model))
    average = average.map((mean, i) => DECAY * mean + (1 - DECAY) * raw.at(-1)![i]!)
  }
  const told = await epochsOf(model, { train, validation }, { ...options, epochs, onStep })
  return { raw, average, told }
}

const furthest = (values: readonly number[], wanted: readonly number[]) =>
  Math.max(...wanted.map((value, i) => Math.abs(value - values[i]!)))

test('a ← d·a + (1-d)·w from the first weights on: the raw weights train, the model ends with the average', async () => {
  const wanted = await byHand(3)
  const [model, raw] = [start(), [] as number[][]]
  const onStep = () => raw.push(weightsOf(model))
  await epochsOf(model, { train, validation }, { ...options, epochs: 3, ema: DECAY, onStep })
  expect(raw).toEqual(wanted.raw)
  expect(furthest(weightsOf(model), wanted.average)).toBeLessThan(1e-14)
  expect(furthest(weightsOf(model), wanted.raw.at(-1)!)).toBeGreaterThan(1e-3)
  const inWasm = start('auto')
  await epochsOf(inWasm, { train, validation }, { ...options, epochs: 3, ema: DECAY })
  expect(furthest(weightsOf(inWasm), wanted.average)).toBeLessThan(1e-5)
})

test('validation takes the average, after a break the model has it too, and between epochs it has the raw weights', async () => {
  const wanted = await byHand(2)
  const model = start()
  let last: Epoch | undefined
  for await (last of fit(model, { train, validation }, { ...options, epochs: 9, ema: DECAY }))
    if (last.epoch === 2) {
      expect(weightsOf(model)).toEqual(wanted.raw.at(-1))
      break
    }
  expect(furthest(weightsOf(model), wanted.average)).toBeLessThan(1e-14)
  const targets = new Float64Array(20)
  validation.fillTargets([...targets.keys()], targets)
  const error = (model: ReturnType<typeof start>) =>
    model.predict(validation).data.reduce((sum, y, i) => sum + (y - targets[i]!) ** 2 / 20, 0)
  expect(last!.validation.loss).toBeCloseTo(error(model), 12)
  expect(last!.validation.loss).not.toBeCloseTo(wanted.told[1]!.validation.loss, 3)
})

test('what is kept as best is the average', async () => {
  const model = start()
  const averages: number[][] = []
  let average = weightsOf(model)
  let best = 0
  const onStep = () => {
    average = average.map((mean, i) => DECAY * mean + (1 - DECAY) * weightsOf(model)[i]!)
  }
  const onEpoch = (epoch: Epoch) => {
    averages.push(average)
    best = epoch.best!.epoch
  }
  const ema = { ...options, epochs: 12, ema: DECAY, keepBest: true, onStep, onEpoch, optimizer: adam(0.3) }
  await epochsOf(model, { train, validation }, ema)
  expect(best).toBeLessThan(12)
  expect(furthest(weightsOf(model), averages[best - 1]!)).toBeLessThan(1e-13)
})
