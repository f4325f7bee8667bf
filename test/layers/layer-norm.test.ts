import { describe, expect, test } from 'vitest'
import { formatModel, parseModel } from '../../src/formats/model-file.ts'
import {
  adam,
  dense,
  embedding,
  gru,
  InputError,
  layerNorm,
  memoryPlan,
  samplesFrom,
  sequential,
} from '../../src/index.ts'
import { epochsOf, sums } from '../train/samples.ts'

const layers = [gru(6), layerNorm(), gru(4, { returns: 'last' }), layerNorm({ epsilon: 1e-3 }), dense(1)]
const init = () => sequential(layers).init({ inputs: 1, steps: 4, seed: 3 })

describe('layerNorm', () => {
  test("starts with PyTorch's names and numbers, and leaves shapes as they are", () => {
    const model = init()
    const { shape, data } = model.parameters.read().get('1.weight')!
    expect([shape, [...data]]).toEqual([[6], Array(6).fill(1)])
    expect([...model.parameters.read().get('1.bias')!.data]).toEqual(Array(6).fill(0))
    expect(model.outputShape).toEqual([1])
  })

  test('learns, is planned to the byte, and kept in a model file', async () => {
    const model = init()
    const before = model.parameters.read().get('1.weight')!.data
    const epochs = await epochsOf(model, { train: sums(20) }, { epochs: 30, batch: 20, optimizer: adam(0.01) })
    expect(epochs.at(-1)!.loss).toBeLessThan(0.8 * epochs[0]!.loss)
    expect(model.parameters.read().get('1.weight')!.data).not.toEqual(before)
    const { kept, arenaPeak } = model.kernels.memory.usage()
    expect(memoryPlan(sequential(layers), { inputs: 1, steps: 4, batch: 20 }).total).toBe(kept + arenaPeak)
    const { model: loaded } = parseModel(formatModel(model), 'm.safetensors')
    const x = { data: [1, -1, 0.5, 0.25], shape: [1, 4, 1] }
    expect(loaded.architecture.layers[3]).toEqual({ kind: 'layerNorm', epsilon: 1e-3 })
    expect(loaded.run(x).data).toEqual(model.run(x).data)
  })

  test('a step at a time', () => {
    const [model, x] = [init(), [0.5, -1, 2, 0.1]]
    using stream = model.stream({ sessions: 2 })
    const y = x.map((value) => stream.push([value, -value])).at(-1)!
    const whole = model.run({ data: [...x, ...x.map((value) => -value)], shape: [2, 4, 1] })
    for (const i of [0, 1]) expect(Math.abs(y[i]! - whole.data[i]!)).toBeLessThan(1e-6)
  })

  test.each<[() => unknown, string]>([
    [() => layerNorm({ epsilon: 0 }), 'layerNorm: epsilon: expected a number above 0, got 0'],
    [
      () => sequential([layerNorm()]).init({ inputs: 'tokens' }),
      'layerNorm: expected a known number of features, got [-1]; token ids go through an embedding first',
    ],
  ])('%#: one sentence', (work, sentence) => expect(work).toThrow(new InputError(sentence)))
})

describe('an embedding and a dense layer of one table', () => {
  const tied = () =>
    sequential([embedding(7, 4), gru(4), dense(7, { tie: '0.weight' })]).init({ inputs: 'tokens', seed: 2 })
  const ids = { data: [1, 2, 3, 4, 5, 6], shape: [2, 3] }

  test('there is one parameter fewer, found under both names', () => {
    const model = tied()
    expect(model.parameters.names).not.toContain('2.weight')
    expect(model.parameters.get('2.weight')).toBe(model.parameters.get('0.weight'))
    expect(model.outputShape).toEqual([-1, 7])
  })

  test('it answers as a model whose two tables are equal', () => {
    const model = tied()
    const free = sequential([embedding(7, 4), gru(4), dense(7)]).init({ inputs: 'tokens', seed: 2 })
    const weights = model.parameters.read()
    free.parameters.write(new Map([...weights, ['2.weight', weights.get('0.weight')!]]))
    expect(model.run(ids).data).toEqual(free.run(ids).data)
  })

  test('learns from both uses, in a stream and a file too', async () => {
    const model = tied()
    const targets = { data: [2, 3, 4, 5, 6, 0], shape: [2, 3] }
    const before = model.parameters.read().get('0.weight')!.data
    const train = samplesFrom({ inputs: ids, targets })
    const epochs = await epochsOf(model, { train }, { epochs: 60, loss: 'crossEntropy', optimizer: adam(0.02) })
    expect(epochs.at(-1)!.loss).toBeLessThan(0.5 * epochs[0]!.loss)
    const after = model.parameters.read().get('0.weight')!.data
    // Token 0 is never read: its row moves because it is an answer.
    expect(after.subarray(0, 4)).not.toEqual(before.subarray(0, 4))
    const { model: loaded } = parseModel(formatModel(model), 'm.safetensors')
    expect(loaded.run(ids).data).toEqual(model.run(ids).data)
    using stream = loaded.stream()
    const y = [1, 2, 3].map((id) => stream.push([id])).at(-1)!
    const whole = model.run(ids).data.slice(14, 21)
    for (const [i, value] of y.entries()) expect(Math.abs(value - whole[i]!)).toBeLessThan(1e-5)
  })

  test.each<[string, () => unknown, string]>([
    [
      'no such parameter',
      () => sequential([embedding(7, 4), dense(7, { tie: '0.wieght' })]).init({ inputs: 'tokens' }),
      "tie: the model has no parameter '0.wieght' of its own for '1.weight'; did you mean '0.weight'?",
    ],
    [
      'another shape',
      () => sequential([embedding(7, 4), gru(3), dense(7, { tie: '0.weight' })]).init({ inputs: 'tokens' }),
      "tie: '2.weight' is of [7, 3] and '0.weight' of [7, 4]",
    ],
  ])('%s: one sentence', (_, work, sentence) => expect(work).toThrow(new InputError(sentence)))
})
