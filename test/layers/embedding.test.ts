import { describe, expect, test } from 'vitest'
import { formatModel, parseModel } from '../../src/formats/model-file.ts'
import { dense, embedding, flatten, gru, InputError, type Layer, samplesFrom, sequential } from '../../src/index.ts'
import { epochsOf } from '../train/samples.ts'

const init = (layers: Layer[], inputs: number | 'tokens' = 'tokens', steps?: number) =>
  sequential(layers).init({ inputs, ...(steps ? { steps } : {}), seed: 4 })
const ids = { data: [3, 0, 1, 1, 2, 3], shape: [2, 3] }

describe('embedding', () => {
  test('gives each token its row: what a dense layer makes of one-hot vectors', () => {
    const model = init([embedding(4, 5)])
    expect([model.inputShape, model.outputShape]).toEqual([[-1], [-1, 5]])
    const { data } = model.parameters.read().get('0.weight')!
    const y = model.run(ids)
    expect(y.shape).toEqual([2, 3, 5])
    expect([...y.data]).toEqual(ids.data.flatMap((id) => [...data.subarray(5 * id, 5 * id + 5)]))
  })

  test('starts standard normal, and with zeros for padding', () => {
    const { data, shape } = init([embedding(500, 20, { padding: 1 })])
      .parameters.read()
      .get('0.weight')!
    expect(shape).toEqual([500, 20])
    expect([...data.subarray(20, 40)]).toEqual(Array(20).fill(0))
    const mean = data.reduce((sum, w) => sum + w / 10_000, 0)
    const variance = data.reduce((sum, w) => sum + (w - mean) ** 2 / 9980, 0)
    expect(Math.abs(mean)).toBeLessThan(0.03) // three standard errors
    expect(Math.abs(variance - 1)).toBeLessThan(0.05)
  })

  test('learns the rows that occur, and neither padding nor others', async () => {
    const model = init([embedding(5, 3, { padding: 0 }), gru(4, { returns: 'last' }), dense(1)])
    const before = model.parameters.read().get('0.weight')!.data
    const train = samplesFrom({ inputs: ids, targets: { data: [1, -1], shape: [2, 1] } })
    await epochsOf(model, { train }, { epochs: 3 })
    const after = model.parameters.read().get('0.weight')!.data
    const moved = [0, 1, 2, 3, 4].map((id) => [0, 1, 2].some((i) => before[3 * id + i] !== after[3 * id + i]))
    expect(moved).toEqual([false, true, true, true, false])
    expect([...after.subarray(0, 3)]).toEqual([0, 0, 0])
  })

  test('what stands behind a length is no token', () => {
    const model = init([embedding(4, 5)])
    const y = model.run({ data: [3, Number.NaN, -7, 1, 2, 99], shape: [2, 3] }, [1, 2])
    const whole = model.run(ids)
    expect([...y.data.subarray(0, 5)]).toEqual([...whole.data.subarray(0, 5)])
    expect([...y.data.subarray(5, 15)]).toEqual(Array(10).fill(0))
    expect([...y.data.subarray(15, 25)]).toEqual([...whole.data.subarray(15, 25)])
    expect([...y.data.subarray(25)]).toEqual(Array(5).fill(0))
  })

  test('is kept in a model file', () => {
    const model = init([embedding(4, 3, { padding: 2 }), gru(4, { returns: 'last' })], 'tokens', 3)
    const { model: loaded } = parseModel(formatModel(model), 'm.safetensors')
    expect(loaded.architecture.inputs).toBe('tokens')
    expect(loaded.architecture.layers[0]).toEqual({ kind: 'embedding', vocabulary: 4, units: 3, padding: 2 })
    expect(loaded.run(ids).data).toEqual(model.run(ids).data)
  })
})

test.each<[string, () => unknown, string]>([
  [
    'features in place of tokens',
    () => init([embedding(4, 3)], 2),
    "embedding: expected token ids [time], got [-1, 2]; make it the first layer, and the model by init({ inputs: 'tokens' })",
  ],
  [
    'tokens in place of features',
    () => init([dense(3)]),
    'dense: expected a known number of features, got [-1]; token ids go through an embedding first',
  ],
  [
    'tokens to a recurrent layer',
    () => init([gru(3)]),
    'gru: expected sequences [time, features], got [-1]; token ids go through an embedding first',
  ],
  [
    'another word',
    () => init([embedding(4, 3)], 'token' as 'tokens'),
    'init: inputs: expected one of tokens, got "token"; did you mean \'tokens\'?',
  ],
  [
    'a token beyond the vocabulary',
    () => init([embedding(4, 3)]).run({ data: [0, 1, 2, 4], shape: [2, 2] }),
    'embedding: expected a token from 0 to 3, got 4 at [1, 1] of the batch',
  ],
  [
    'half a token',
    () => init([embedding(4, 3)]).run({ data: [0, 1.5], shape: [1, 2] }),
    'embedding: expected a token from 0 to 3, got 1.5 at [0, 1] of the batch',
  ],
  ['no vocabulary', () => embedding(0, 3), 'embedding: vocabulary: expected a whole number of at least 1, got 0'],
  ['no units', () => embedding(4, 0), 'embedding: units: expected a whole number of at least 1, got 0'],
  [
    'padding beyond the vocabulary',
    () => embedding(4, 3, { padding: 4 }),
    'embedding: padding: expected a whole number from 0 to 3, got 4',
  ],
  [
    'data with features for a model of tokens',
    () =>
      init([embedding(4, 3), flatten()], 'tokens', 3).predict(
        samplesFrom({ inputs: { data: [1, 2], shape: [1, 2, 1] }, targets: { data: [0], shape: [1, 1] } }),
      ),
    'the model takes inputs of [3] [steps] (-1: any), the data has [2, 1]',
  ],
])('%s: one sentence', (_, work, sentence) => expect(work).toThrow(new InputError(sentence)))
