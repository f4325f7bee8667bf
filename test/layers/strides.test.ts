import { describe, expect, test } from 'vitest'
import { Random } from '../../src/base/random.ts'
import {
  conv1d,
  dense,
  embedding,
  encoderDecoder,
  fit,
  gradientFlow,
  gru,
  InputError,
  maxPool1d,
  repeat,
  samplesFrom,
  sequential,
} from '../../src/index.ts'
import { randomTensor } from '../recurrence/cases.ts'

const x = randomTensor(new Random(5, 'strides'), [3, 11, 2])
const numbers = Array.from(x.data)
const strided = conv1d(4, 3, { stride: 2 })
const init = (layers: Parameters<typeof sequential>[0]) =>
  sequential(layers).init({ inputs: 2, seed: 2, kernels: 'reference' })

describe('behind a layer with strides', () => {
  test.each([
    ['in the encoder', [], [strided]],
    ['before it', [strided], []],
  ])('attention looks at the steps that each sequence has left: %s', (_, before, inside) => {
    const model = init([
      ...before,
      encoderDecoder({
        encoder: [...inside, gru(3, { returns: 'all' })],
        decoder: [embedding(4, 2), gru(3, { returns: 'all' }), dense(4)],
        start: 0,
        end: 1,
        steps: 3,
        attention: 'dot',
      }),
    ])
    const lengths = [11, 5, 8]
    const together = model.run(x, lengths)
    for (const [b, length] of lengths.entries()) {
      const alone = model.run({ data: numbers.slice(b * 22, b * 22 + length * 2), shape: [1, length, 2] })
      for (const [i, value] of alone.data.entries()) expect(together.data[b * 12 + i]).toBeCloseTo(value, 12)
    }
  })

  test.each([
    ['a convolution', [strided], 5],
    ['repeat', [gru(4, { returns: 'last' }), repeat(7)], 7],
  ])('a cell is shown in the steps that it ran: %s', (_, before, steps) => {
    const layer = gru(3, { returns: 'last' })
    const model = init([...before, layer, dense(1)])
    const sample = { x: { data: numbers.slice(0, 22), shape: [11, 2] }, y: { data: [0.5], shape: [1] } }
    expect(model.inspect(layer, sample).gates.update.shape).toEqual([steps, 3])
    expect(gradientFlow(model, layer, sample).jacobian).toHaveLength(steps)
  })
})

describe('one sentence', () => {
  const message = (act: () => unknown) => {
    expect(act).toThrow(InputError)
    return expect(act)
  }

  test('steps that see others are not cut apart', async () => {
    const layers = [gru(3, { returns: 'all' as const }), maxPool1d(2)]
    message(() => init(layers).advance(x)).toThrow(
      /^advance: maxPool1d sees several steps at once, so nothing goes on from one of them$/,
    )
    const targets = randomTensor(new Random(6, 'strides'), [3, 5, 3])
    const training = fit(init(layers), { train: samplesFrom({ inputs: x, targets }) }, { epochs: 1, window: 4 })
    await expect(training.next()).rejects.toThrow(
      /^fit: window: maxPool1d sees several steps at once, so nothing goes on from one of them$/,
    )
  })

  test.each([strided, repeat(2)])('a decoder takes a step at a time: $config.kind', (layer) => {
    message(() =>
      encoderDecoder({ encoder: [gru(3)], decoder: [layer, gru(3, { returns: 'all' })], start: [0, 0], steps: 3 }),
    ).toThrow(/^encoderDecoder: the decoder takes a step at a time, which (conv1d|repeat) can't$/)
  })
})
