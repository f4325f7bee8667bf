import { describe, expect, test } from 'vitest'
import { Random } from '../../src/base/random.ts'
import { formatModel, parseModel } from '../../src/formats/model-file.ts'
import { cells, defineCell, dense, gru, InputError, lstm, recurrent, sequential, unroll } from '../../src/index.ts'
import { randomTensor } from '../recurrence/cases.ts'

const lengths = [5, 1, 0, 3]
const x = randomTensor(new Random(8, 'bidirectional'), [4, 5, 3], 1.5)
const largest = (a: ArrayLike<number>, b: ArrayLike<number>) => {
  expect(a.length).toBe(b.length)
  return Math.max(...Array.from(a, (value, i) => Math.abs(value - b[i]!)))
}
/** Rows `[n, units]` of two directions side by side. */
const sideBySide = (there: ArrayLike<number>, back: ArrayLike<number>, units: number) =>
  Array.from({ length: there.length / units }, (_, i) =>
    [there, back].flatMap((of) => Array.from(of).slice(i * units, (i + 1) * units)),
  ).flat()

describe('a bidirectional layer', () => {
  const merges = {
    concat: (a: ArrayLike<number>, b: ArrayLike<number>) => sideBySide(a, b, 2),
    sum: (a: ArrayLike<number>, b: ArrayLike<number>) => Array.from(a, (value, i) => value + b[i]!),
    mean: (a: ArrayLike<number>, b: ArrayLike<number>) => Array.from(a, (value, i) => (value + b[i]!) / 2),
  }

  test.each(['concat', 'sum', 'mean'] as const)('is two cells, each its own way, of each sequence: %s', (merge) => {
    for (const returns of ['all', 'last'] as const) {
      const model = sequential([lstm(2, { bidirectional: merge, returns })]).init({ inputs: 3, kernels: 'reference' })
      const weights = [...model.parameters.read()]
      const [there, back] = [false, true].map((reverse) => {
        const own = weights.filter(([name]) => name.endsWith('_reverse') === reverse)
        const named = Object.fromEntries(own.map(([name, weight]) => [name.replace(/^0\.|_l0.*$/g, ''), weight]))
        return unroll(cells.lstm, { x, weights: named, lengths, reverse, kernels: 'reference' })
      })
      const y = model.run(x, lengths)
      const [a, b] = returns === 'all' ? [there!.y, back!.y] : [there!.state.h, back!.state.h]
      expect(y.shape).toEqual([...a.shape.slice(0, -1), merge === 'concat' ? 4 : 2])
      expect(largest(y.data, merges[merge](a.data, b.data))).toBeLessThan(1e-6)
      expect(largest(a.data, b.data)).toBeGreaterThan(0.01)
    }
  })

  test('of two layers: the second reads both directions of the first, merged', () => {
    for (const bidirectional of ['concat', 'mean'] as const) {
      const stacked = sequential([gru(2, { layers: 2, bidirectional })]).init({ inputs: 3, seed: 4 })
      const single = sequential([gru(2, { bidirectional }), gru(2, { bidirectional })]).init({ inputs: 3 })
      const renamed = [...stacked.parameters.read()].map(
        ([name, weight]) => [name.replace(/^0\.(.*)_l1/, '1.$1_l0'), weight] as const,
      )
      single.parameters.write(new Map(renamed))
      expect(single.run(x, lengths).data).toEqual(stacked.run(x, lengths).data)
    }
  })

  test('shows both directions, and comes back from its file', () => {
    const layer = lstm(2, { bidirectional: 'concat', returns: 'last' })
    const model = sequential([layer, dense(1)]).init({ inputs: 3, kernels: 'reference' })
    const sample = { x: { data: Array.from(x.data).slice(0, 15), shape: [5, 3] } }
    const seen = model.inspect(layer, sample)
    expect(seen.gates.forget.shape).toEqual([5, 2])
    expect(seen.reverse!.state.c.shape).toEqual([2])
    const both = sideBySide(seen.state.h.data, seen.reverse!.state.h.data, 2)
    const { data: weight } = model.parameters.read().get('1.weight')!
    const bias = model.parameters.read().get('1.bias')!.data[0]!
    const y = both.reduce((sum, value, i) => sum + value * weight[i]!, bias)
    expect(Math.abs(y - model.run({ ...sample.x, shape: [1, 5, 3] }).data[0]!)).toBeLessThan(1e-6)
    const { model: loaded } = parseModel(formatModel(model), 'm')
    expect(loaded.architecture).toEqual(model.architecture)
    expect(largest(loaded.run(x).data, model.run(x).data)).toBeLessThan(1e-6)
  })

  test('refuses what it cannot do, in one sentence', () => {
    const init = (layer: ReturnType<typeof recurrent>) => sequential([layer]).init({ inputs: 2 })
    expect(() => lstm(2, { bidirectional: 'cat' as 'concat' })).toThrow(
      new InputError('lstm: bidirectional: expected one of concat, sum, mean, got "cat"'),
    )
    expect(() => lstm(2, { bidirectional: 'sum', reverse: true })).toThrow(
      new InputError('lstm: bidirectional reads both ways already; leave reverse away'),
    )
    expect(() => init(gru(2, { bidirectional: 'sum' }) as never).stream()).toThrow(
      new InputError('gru: with bidirectional it reads the last step first, so it has to know it'),
    )
    expect(() => recurrent(cells.lstm, 2, { bidirectinal: 'sum' } as object)).toThrow(
      /^lstm: option: expected one of .*, got "bidirectinal"; did you mean 'bidirectional'\?$/,
    )
    const skip = defineCell({
      name: 'skip',
      state: ['h'],
      step: ({ x, h, linear }) => ({ h: x.add(linear('hidden', h)) }),
    })
    init(recurrent(skip, 2, { bidirectional: 'sum', layers: 2 }))
    expect(() => init(recurrent(skip, 2, { bidirectional: 'concat', layers: 2 }))).toThrow(
      new InputError("cell 'skip' uses x outside a product, so its units must equal its inputs: got 2 and 4"),
    )
  })
})
