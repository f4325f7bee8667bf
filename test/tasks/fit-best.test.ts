import { describe, expect, test } from 'vitest'
import { tableOf, type WindowedData, WindowSet, windows } from '../../src/data/index.ts'
import { dense, flatten, type Model, sequential } from '../../src/layers/index.ts'
import { baselines } from '../../src/tasks/baselines.ts'
import { fitBest } from '../../src/tasks/fit-best.ts'
import { forecasterDefaults } from '../../src/tasks/forecaster.ts'
import { adam, type Epoch } from '../../src/train/index.ts'

// Training rows wave, validation rows do not: what is learned soon does worse there.
const x = Array.from({ length: 100 }, (_, i) => (i < 60 ? Math.sin(i) : Math.cos(i * i)))
const data = windows(tableOf({ x }), { target: 'x', past: 3, horizon: 1, split: [0.6, 0.2, 0.2] })
const start = () => sequential([flatten(), dense(8, { activation: 'tanh' }), dense(1)]).init({ inputs: 1, steps: 3 })
const options = () => ({ epochs: 12, batch: 8, optimizer: adam(0.05), seed: 3 })

const weightsOf = (model: Model) => [...model.parameters.read().values()].flatMap(({ data: numbers }) => [...numbers])

async function fitted(given: WindowedData) {
  const model = start()
  const epochs: { epoch: Epoch; weights: number[] }[] = []
  const best = await fitBest(model, given, options(), {
    onEpoch: (epoch) => void epochs.push({ epoch, weights: weightsOf(model) }),
  })
  return { best, epochs, weights: weightsOf(model) }
}

/** A test part that nobody may read. */
const unread = (): WindowSet =>
  new Proxy(data.test, {
    get(_, property) {
      throw new Error(`the test part was read: ${String(property)}`)
    },
  })

describe('fitBest', () => {
  test('leaves the weights of the epoch with the lowest validation loss', async () => {
    const { best, epochs, weights } = await fitted(data)
    const losses = epochs.map(({ epoch }) => epoch.validation.loss)
    const lowest = losses.indexOf(Math.min(...losses))
    expect(lowest).toBeLessThan(11) // else any rule would do
    expect(best).toEqual({ epoch: lowest + 1, loss: losses[lowest] })
    expect(weights).toEqual(epochs[lowest]!.weights)
    expect(weights).not.toEqual(epochs.at(-1)!.weights)
  })

  test('goes by the training loss where there is no validation part', async () => {
    const { best, epochs } = await fitted({ ...data, validation: new WindowSet({} as never, 0, 0) })
    const losses = epochs.map(({ epoch }) => epoch.loss)
    expect(best).toEqual({ epoch: losses.indexOf(Math.min(...losses)) + 1, loss: Math.min(...losses) })
  })

  test('never reads the test part, and neither do the baselines', async () => {
    const closed = { ...data, test: unread() }
    expect(() => closed.test.count).toThrow('the test part was read: count')
    const { best } = await fitted(closed)
    expect(best).toEqual((await fitted(data)).best)
    await expect(baselines(closed, { ...forecasterDefaults, epochs: 1 })).resolves.toHaveLength(3)
  })
})
