import { describe, expect, test } from 'vitest'
import { Random } from '../../src/base/random.ts'
import { dense, dropout, flatten, lstm, sequential, sgd } from '../../src/index.ts'
import { epochsOf, sums } from './samples.ts'

const train = sums(64, 5, 2)
const still = { batch: 64, shuffle: false, optimizer: sgd(1e-9) }
const withDropout = () =>
  sequential([lstm(8), dropout(0.4), flatten(), dense(1)]).init({ inputs: 2, steps: 5, seed: 4 })

describe('dropout', () => {
  test('lets everything pass outside training: predictions equal those of the model without it', () => {
    const model = withDropout()
    const plain = sequential([lstm(8), flatten(), dense(1)]).init({ inputs: 2, steps: 5 })
    model.parameters.write(model.parameters.read()) // float32, as the other model gets them
    const down = (name: string) => name.replace(/^3\./, '2.')
    plain.parameters.write(new Map([...model.parameters.read()].map(([name, weight]) => [down(name), weight])))
    expect(model.predict(train).data).toEqual(plain.predict(train).data)
    expect(model.predict(train).data).toEqual(model.predict(train).data)
  })

  test('in training each step drops others, the same for the same seed; validation drops none', async () => {
    const losses = async (seed: number) => {
      const epochs = await epochsOf(withDropout(), { train, validation: train }, { ...still, epochs: 6, seed })
      return { training: epochs.map(({ loss }) => loss), validation: epochs.map(({ validation }) => validation.loss) }
    }
    const { training, validation } = await losses(1)
    expect(new Set(training).size).toBe(6)
    // The weights stand still, so without dropout nothing changes from epoch to epoch.
    for (const loss of validation) expect(loss).toBeCloseTo(validation[0]!, 6)
    for (const loss of training) expect(Math.abs(loss - validation[0]!)).toBeGreaterThan(1e-4)
    expect((await losses(1)).training).toEqual(training)
    expect((await losses(2)).training).not.toEqual(training)
  })

  test('what it keeps it scales up, so that the mean stays', () => {
    const model = sequential([dropout(0.25), dense(1)]).init({ inputs: 100 })
    const y = model.withTape((tape) => {
      const x = tape.input({ data: new Float64Array(20_000).fill(3), shape: [2, 100, 100] })
      return tape.read(model.layers[0]!.forward(x, { tape, parameter: (name) => model.parameters.get(name) })).data
    }, new Random(1, 'step'))
    const dropped = y.filter((value) => value === 0).length
    for (const value of y) if (value !== 0) expect(value).toBeCloseTo(4, 5)
    expect(Math.abs(dropped / y.length - 0.25)).toBeLessThan(0.015) // about five standard deviations
  })
})
