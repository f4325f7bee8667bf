import { describe, expect, test } from 'vitest'
import { tableOf, windows } from '../../src/data/index.ts'
import { adam, type Epoch, type FitOptions, fit, type Samples, type Step } from '../../src/index.ts'
import { dense, flatten, sequential } from '../../src/layers/index.ts'
import { epochsOf, weightsOf } from './samples.ts'

// Training rows wave, validation rows do not: what is learned soon does worse there.
const x = Array.from({ length: 100 }, (_, i) => (i < 60 ? Math.sin(i) : Math.cos(i * i)))
const { train, validation } = windows(tableOf({ x }), { target: 'x', past: 3, horizon: 1, split: [0.6, 0.2, 0.2] })
const start = () => sequential([flatten(), dense(8, { activation: 'tanh' }), dense(1)]).init({ inputs: 1, steps: 3 })
const options = { epochs: 12, batch: 8, optimizer: adam(0.05), seed: 3 }
const STEPS = Math.ceil(train.count / 8)

/** A training, with the weights after each epoch and each step. */
async function trained(
  more: Partial<FitOptions>,
  data: { train: Samples; validation?: Samples } = { train, validation },
) {
  const model = start()
  const epochs: { epoch: Epoch; weights: number[] }[] = []
  const steps: { step: Step; weights: number[] }[] = []
  await epochsOf(model, data, {
    ...options,
    ...more,
    onEpoch: (epoch) => epochs.push({ epoch, weights: weightsOf(model) }),
    onStep: (step) => steps.push({ step, weights: weightsOf(model) }),
  })
  return { model, epochs, steps, weights: weightsOf(model) }
}

const lowestOf = (losses: readonly number[]) => losses.indexOf(Math.min(...losses))

describe('keepBest', () => {
  test('leaves the weights of the epoch with the lowest validation loss', async () => {
    const { epochs, weights } = await trained({ keepBest: true })
    const losses = epochs.map(({ epoch }) => epoch.validation.loss)
    const lowest = lowestOf(losses)
    expect(lowest).toBeLessThan(11) // else any rule would do
    expect(epochs.at(-1)!.epoch.best).toEqual({ epoch: lowest + 1, step: (lowest + 1) * STEPS, loss: losses[lowest] })
    expect(weights).toEqual(epochs[lowest]!.weights)
    expect(weights).not.toEqual(epochs.at(-1)!.weights)
  })

  test('goes by the training loss where there are no validation samples', async () => {
    for (const data of [{ train }, { train, validation: { ...sampled(train), count: 0 } }]) {
      const { epochs } = await trained({ keepBest: true }, data)
      const losses = epochs.map(({ epoch }) => epoch.loss)
      expect(epochs.at(-1)!.epoch.best).toMatchObject({ epoch: lowestOf(losses) + 1, loss: Math.min(...losses) })
    }
  })

  test('after a break and an abort as well; without it the last weights stay', async () => {
    const { epochs } = await trained({})
    const lowest = lowestOf(epochs.map(({ epoch }) => epoch.validation.loss))
    expect(epochs[0]!.epoch.best).toBeUndefined()
    for (const keepBest of [true, false]) {
      const wanted = epochs[keepBest ? lowest : 8]!.weights
      const [broken, aborted, control] = [start(), start(), new AbortController()]
      for await (const { epoch } of fit(broken, { train, validation }, { ...options, keepBest })) if (epoch === 9) break
      expect(weightsOf(broken)).toEqual(wanted)
      const onEpoch = ({ epoch }: Epoch) => epoch === 9 && control.abort()
      await epochsOf(aborted, { train, validation }, { ...options, keepBest, signal: control.signal, onEpoch })
      expect(weightsOf(aborted)).toEqual(wanted)
    }
  })

  test('the sentence of a training that ran off says which weights the model has', async () => {
    const model = start()
    let steps = 0
    const spoiled: Samples = {
      ...sampled(train),
      fillInputs: (rows, into) => (steps === 2 * STEPS ? into.fill(Number.NaN) : train.fillInputs(rows, into)),
    }
    const onStep = () => steps++
    const { epochs } = await trained({ epochs: 2 })
    const best = lowestOf(epochs.map(({ epoch }) => epoch.validation.loss))
    await expect(
      epochsOf(model, { train: spoiled, validation }, { ...options, keepBest: true, onStep }),
    ).rejects.toThrow(
      new RegExp(
        `^the loss became NaN in epoch 3, step 1: .*; the model has its best weights, of epoch ${best + 1} \\(`,
      ),
    )
    expect(weightsOf(model)).toEqual(epochs[best]!.weights)
  })
})

describe('validateEvery', () => {
  test('validates after every so many steps, over the ends of epochs, and says so with the step', async () => {
    const { steps, epochs } = await trained({ epochs: 4, validateEvery: 5 })
    const validated = steps.flatMap(({ step }, i) => (step.validation ? [i + 1] : []))
    expect(validated).toEqual(Array.from({ length: Math.floor((4 * STEPS) / 5) }, (_, i) => 5 * (i + 1)))
    for (const [i, { epoch }] of epochs.entries())
      expect(epoch.validation).toEqual(
        steps.slice(0, (i + 1) * STEPS).findLast(({ step }) => step.validation)!.step.validation,
      )
    const often = await trained({ epochs: 2, validateEvery: STEPS })
    const once = await trained({ epochs: 2 })
    expect(often.epochs.map(({ epoch }) => epoch.validation)).toEqual(once.epochs.map(({ epoch }) => epoch.validation))
  })

  test('the best may lie within an epoch', async () => {
    const { steps, epochs, weights } = await trained({ validateEvery: 3, keepBest: true })
    const validated = steps.filter(({ step }) => step.validation)
    const lowest = validated[lowestOf(validated.map(({ step }) => step.validation!.loss))]!
    expect(steps.indexOf(lowest) % STEPS).not.toBe(STEPS - 1)
    expect(weights).toEqual(lowest.weights)
    expect(epochs.at(-1)!.epoch.best).toMatchObject({ step: steps.indexOf(lowest) + 1, epoch: lowest.step.epoch })
  })
})

describe('early stopping', () => {
  test('ends after as many validations without a better one, with the best weights', async () => {
    const all = await trained({ epochs: 40 })
    const losses = all.epochs.map(({ epoch }) => epoch.validation.loss)
    for (const patience of [1, 3]) {
      let [best, since, ended] = [Number.POSITIVE_INFINITY, 0, 0]
      while (since < patience) {
        const loss = losses[ended++]!
        since = loss < best ? 0 : since + 1
        best = Math.min(best, loss)
      }
      const { epochs, weights } = await trained({ epochs: 40, earlyStopping: { patience } })
      expect(epochs).toHaveLength(ended)
      expect(ended).toBeLessThan(40)
      expect(weights).toEqual(all.epochs[losses.indexOf(best)]!.weights)
    }
  })

  test('what is better by less than minDelta is not', async () => {
    const { epochs } = await trained({ epochs: 40, earlyStopping: { patience: 2, minDelta: 10 } })
    expect(epochs.map(({ epoch }) => epoch.best!.epoch)).toEqual([1, 1, 1])
  })

  test('within an epoch its last report is of the steps so far', async () => {
    const { epochs, steps } = await trained({ epochs: 40, validateEvery: 3, earlyStopping: { patience: 2 } })
    const last = epochs.at(-1)!.epoch
    expect(steps.length % 3).toBe(0)
    expect(steps.length % STEPS).not.toBe(0)
    expect(last.epoch).toBe(Math.ceil(steps.length / STEPS))
    const own = steps.filter(({ step }) => step.epoch === last.epoch).map(({ step }) => step.loss)
    expect(last.loss).toBeCloseTo(
      own.reduce((sum, loss) => sum + loss / own.length, 0),
      12,
    )
  })

  test('a validation loss that is no number is refused where something goes by it', async () => {
    const blind: Samples = { ...sampled(validation), fillTargets: (_, into) => into.fill(Number.NaN) }
    await expect(trained({ keepBest: true }, { train, validation: blind })).rejects.toThrow(
      'fit: the validation loss became NaN in epoch 1, so nothing can go by it ' +
        '(keepBest, earlyStopping and reduceOnPlateau need validation targets that count, and are numbers)',
    )
    const { epochs } = await trained({ epochs: 1 }, { train, validation: blind })
    expect(epochs[0]!.epoch.validation.loss).toBeNaN()
  })
})

/** Samples as a plain object. */
function sampled(samples: Samples): Samples {
  const { count, inputShape, targetShape } = samples
  return {
    ...{ count, inputShape, targetShape },
    fillInputs: (rows, into) => samples.fillInputs(rows, into),
    fillTargets: (rows, into) => samples.fillTargets(rows, into),
    restore: (outputs) => samples.restore(outputs),
  }
}
