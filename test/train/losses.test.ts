import { describe, expect, test } from 'vitest'
import { meanLossOf } from '../../src/autograd/index.ts'
import { max } from '../../src/expr/index.ts'
import { dense, type FitOptions, flatten, sequential, sgd } from '../../src/index.ts'
import { epochsOf, samplesOf, weightsOf } from './samples.ts'

// A model that answers 0 to everything: the errors are the targets with the sign turned, -0.5, 3, -1, 0, 2 and -0.25.
const targets = [0.5, -3, 1, 0, -2, 0.25]
const data = samplesOf(
  targets.map(() => [1]),
  targets.map((target) => [target]),
)
/** The loss for quantile 0.9: an answer too low costs nine times one too high. */
const pinball = meanLossOf((prediction, target) => {
  const error = target.sub(prediction)
  return max(error.mul(0.9), error.mul(-0.1))
})

const cases: readonly [string, NonNullable<FitOptions['loss']>, number, number][] = [
  // The loss, and its derivative by the bias: the mean over samples of the derivative by the prediction.
  ['mse', 'mse', (0.25 + 9 + 1 + 0 + 4 + 0.0625) / 6, (2 * (-0.5 + 3 - 1 + 0 + 2 - 0.25)) / 6],
  ['mae', 'mae', (0.5 + 3 + 1 + 0 + 2 + 0.25) / 6, (-1 + 1 - 1 + 0 + 1 - 1) / 6],
  ['huber', 'huber', (0.125 + 2.5 + 0.5 + 0 + 1.5 + 0.03125) / 6, (-0.5 + 1 - 1 + 0 + 1 - 0.25) / 6],
]

const zero = () => {
  const model = sequential([flatten(), dense(1)]).init({ inputs: 1, steps: 1 })
  model.parameters.write(
    new Map([...model.parameters.read()].map(([name, w]) => [name, { ...w, data: w.data.fill(0) }])),
  )
  return model
}
const once = (loss: NonNullable<FitOptions['loss']>) => ({ epochs: 1, batch: 8, optimizer: sgd(1), loss })

describe.each(cases)('%s', (_, loss, value, slope) => {
  test('its value and its slope', async () => {
    const model = zero()
    const [epoch] = await epochsOf(model, { train: data }, once(loss))
    expect(epoch!.loss).toBeCloseTo(value, 6)
    // Input and bias both multiply 1, so weight and bias take the same step of minus the slope.
    for (const weight of weightsOf(model)) expect(weight).toBeCloseTo(-slope, 6)
  })
})

test('a loss of your own: the pinball loss at 0.9 settles on the 90 % quantile', async () => {
  const series = Array.from({ length: 101 }, (_, i) => [i / 100])
  const train = samplesOf(
    series.map(() => [0]),
    series,
  )
  const model = zero()
  const [epoch] = await epochsOf(model, { train: data }, { ...once(pinball), optimizer: sgd(1e-9) })
  expect(epoch!.loss).toBeCloseTo((0.9 * (0.5 + 1 + 0.25) + 0.1 * (3 + 2)) / 6, 6)
  await epochsOf(model, { train }, { epochs: 400, batch: 101, optimizer: sgd(0.05), loss: pinball })
  expect(model.predict(train).data[0]).toBeGreaterThan(0.88)
  expect(model.predict(train).data[0]).toBeLessThan(0.92)
})

test('the loss is over all targets of a sample, and mse is the default', async () => {
  const wide = samplesOf([[1], [1]], [targets.slice(0, 3), targets.slice(3)])
  const model = sequential([flatten(), dense(3)]).init({ inputs: 1, steps: 1 })
  model.parameters.write(
    new Map([...model.parameters.read()].map(([name, w]) => [name, { ...w, data: w.data.fill(0) }])),
  )
  const [epoch] = await epochsOf(model, { train: wide, validation: wide }, { epochs: 1, optimizer: sgd(1e-12) })
  expect(epoch!.loss).toBeCloseTo(cases[0]![2], 6)
  expect(epoch!.validation.loss).toBeCloseTo(cases[0]![2], 6)
})
