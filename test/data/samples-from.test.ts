import { describe, expect, test } from 'vitest'
import { InputError, type PlainSamples, samplesFrom } from '../../src/index.ts'

const tensor = (shape: number[], data = Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => i)) => ({
  data,
  shape,
})

describe('samplesFrom', () => {
  test('gives the rows that are asked for, in their order', () => {
    const samples = samplesFrom({ inputs: tensor([3, 2, 2]), targets: tensor([3, 1]), lengths: [2, 0, 1] })
    expect(samples).toMatchObject({ count: 3, inputShape: [2, 2], targetShape: [1] })
    const [x, y] = [new Float64Array(8), new Float64Array(2)]
    samples.fillInputs([2, 0], x)
    samples.fillTargets([2, 0], y)
    expect([...x]).toEqual([8, 9, 10, 11, 0, 1, 2, 3])
    expect([...y]).toEqual([2, 0])
    expect(samples.lengths!([2, 0])).toEqual(Int32Array.of(1, 2))
    expect(samples.restore([1.5])).toEqual(Float64Array.of(1.5))
  })

  test('takes one class a sample, token ids, and no lengths', () => {
    const samples = samplesFrom({ inputs: tensor([3, 5]), targets: tensor([3]) })
    expect(samples).toMatchObject({ inputShape: [5], targetShape: [] })
    expect(samples.lengths).toBeUndefined()
    const y = new Float64Array(1)
    samples.fillTargets([1], y)
    expect([...y]).toEqual([1])
  })

  test.each<[string, PlainSamples, string]>([
    [
      'numbers missing',
      { inputs: tensor([2, 3], [1, 2]), targets: tensor([2]) },
      'samplesFrom: inputs: shape [2, 3] needs 6 numbers, got 2',
    ],
    [
      'targets missing',
      { inputs: tensor([2, 3]), targets: tensor([2, 2], [1]) },
      'samplesFrom: targets: shape [2, 2] needs 4 numbers, got 1',
    ],
    [
      'no dimension',
      { inputs: tensor([2, 3]), targets: tensor([]) },
      'samplesFrom: targets: expected a shape [count, …], got []',
    ],
    [
      'another count',
      { inputs: tensor([2, 3]), targets: tensor([3]) },
      'samplesFrom: expected a target for each of the 2 inputs, got 3',
    ],
    [
      'too few lengths',
      { inputs: tensor([2, 3]), targets: tensor([2]), lengths: [1] },
      'samplesFrom: expected a length for each of the 2 inputs, got 1',
    ],
    [
      'a length too long',
      { inputs: tensor([2, 3]), targets: tensor([2]), lengths: [1, 4] },
      'samplesFrom: length 1: expected a whole number from 0 to 3, got 4',
    ],
    [
      'half a length',
      { inputs: tensor([2, 3]), targets: tensor([2]), lengths: [0.5, 3] },
      'samplesFrom: length 0: expected a whole number from 0 to 3, got 0.5',
    ],
  ])('refuses %s', (_, plain, sentence) => expect(() => samplesFrom(plain)).toThrow(new InputError(sentence)))
})
