import { describe, expect, test } from 'vitest'
import {
  cells,
  chronoBias,
  formatModel,
  gru,
  lstm,
  parseModel,
  type RecurrentLayer,
  recurrent,
  rnn,
  sequential,
} from '../../src/index.ts'

const H = 5
const startedOf = (layer: RecurrentLayer) => sequential([layer]).init({ inputs: 3, seed: 4 }).parameters.read()
const blockOf = (data: ArrayLike<number>, block: number, size: number) =>
  Array.from(data).slice(block * size, (block + 1) * size)

describe('start', () => {
  test.each([
    ['lstm', lstm(H, { start: { recurrent: 'orthogonal' } }), 'hh', 4, H],
    ['gru', gru(H, { start: { recurrent: 'orthogonal' } }), 'hh', 3, H],
    ['projected', recurrent(cells.projectedLstm, H, { projection: 3, start: { recurrent: 'orthogonal' } }), 'hh', 4, 3],
    [
      'projection',
      recurrent(cells.projectedLstm, H, { projection: 3, start: { recurrent: 'orthogonal' } }),
      'hr',
      1,
      H,
    ],
  ] as const)('orthogonal: each block of %s has orthonormal rows or columns', (_, layer, matrix, blocks, columns) => {
    const weights = startedOf(layer)
    const { data, shape } = weights.get(`0.weight_${matrix}_l0`)!
    expect(shape[1]).toBe(columns)
    const rows = shape[0]! / blocks
    for (let block = 0; block < blocks; block++) {
      const values = blockOf(data, block, rows * columns)
      const tall = rows > columns
      const at = (i: number, k: number) => values[tall ? k * columns + i : i * columns + k]!
      const [count, length] = tall ? [columns, rows] : [rows, columns]
      for (let i = 0; i < count; i++)
        for (let j = 0; j < count; j++) {
          const product = Array.from({ length }, (_, k) => at(i, k) * at(j, k)).reduce((sum, value) => sum + value)
          expect(product).toBeCloseTo(i === j ? 1 : 0, 6)
        }
    }
    const [one, other] = [blockOf(data, 0, rows * columns), blockOf(data, 1, rows * columns)]
    expect(one).not.toEqual(other)
  })

  test('identity: the matrices that read states alone; the others start as ever', () => {
    const [plain, started] = [rnn(H), rnn(H, { start: { recurrent: 'identity' } })].map(startedOf)
    const eye = Array.from({ length: H * H }, (_, i) => (i % (H + 1) === 0 ? 1 : 0))
    expect(Array.from(started!.get('0.weight_hh_l0')!.data)).toEqual(eye)
    for (const name of ['weight_ih_l0', 'bias_ih_l0', 'bias_hh_l0'])
      expect(started!.get(`0.${name}`)).toEqual(plain!.get(`0.${name}`))
  })

  test('bias: the sum of both biases is what was said, in the gate that was said', () => {
    const chrono = chronoBias(H, 100)
    const bias = { forget: chrono, input: chrono.map((b) => -b), output: 0.5 }
    const weights = startedOf(lstm(H, { layers: 2, bidirectional: 'concat', start: { bias } }))
    for (const end of ['l0', 'l0_reverse', 'l1', 'l1_reverse']) {
      const [ih, hh] = ['ih', 'hh'].map((name) => weights.get(`0.bias_${name}_${end}`)!.data)
      const sums = Array.from(ih!, (value, i) => value + hh![i]!)
      const [input, forget, candidate, output] = [0, 1, 2, 3].map((block) => blockOf(sums, block, H))
      for (const [i, b] of chrono.entries()) {
        expect(forget![i]).toBeCloseTo(b, 6)
        expect(input![i]).toBeCloseTo(-b, 6)
      }
      expect(output).toEqual(Array(H).fill(0.5))
      for (const b of candidate!) expect(Math.abs(b)).toBeLessThan(2 / Math.sqrt(H))
    }
  })

  test('bias: a product in two parts has it once', () => {
    const weights = startedOf(gru(H, { start: { bias: { candidate: 2 } } }))
    const [ih, hh] = ['ih', 'hh'].map((name) => blockOf(weights.get(`0.bias_${name}_l0`)!.data, 2, H))
    expect([ih, hh]).toEqual([Array(H).fill(2), Array(H).fill(0)])
  })

  test('chronoBias: a unit keeps e^b steps, from 1 to the longest', () => {
    const times = chronoBias(4, 10).map(Math.exp)
    for (const [i, time] of [2, 4, 6, 8].entries()) expect(times[i]).toBeCloseTo(time, 12)
  })

  test('goes through a model file', () => {
    const model = sequential([lstm(2, { start: { recurrent: 'orthogonal', bias: { forget: [1, 2] } } })])
    const started = model.init({ inputs: 1, seed: 1 })
    const again = parseModel(formatModel(started)).model
    expect(again.architecture).toEqual(started.architecture)
    expect(again.parameters.read()).toEqual(started.parameters.read())
  })

  test('says what is wrong', () => {
    expect(() => lstm(2, { start: { recurrent: 'ortogonal' as 'orthogonal' } })).toThrow(
      'start: recurrent: expected one of orthogonal, identity, got "ortogonal"',
    )
    // @ts-expect-error a gate that the cell doesn't have
    const misnamed = () => lstm(2, { start: { bias: { forgot: 1 } } })
    expect(misnamed).toThrow("lstm: start: bias: no product of the cell is named 'forgot'; did you mean 'forget'?")
    expect(() => lstm(2, { start: { bias: { forget: [1, 2, 3] } } })).toThrow(
      'lstm: start: bias: forget: expected a number for each of 2 units, got 3',
    )
    expect(() => lstm(2, { start: { bias: { forget: Number.NaN } } })).toThrow(
      'lstm: start: bias: forget: expected finite numbers, got NaN',
    )
    expect(() => lstm(2, { start: { biases: {} } as object })).toThrow('start: option: expected one of recurrent, bias')
    expect(() => chronoBias(2, 1)).toThrow('chronoBias: longest: expected a number of steps of at least 2, got 1')
    expect(() => chronoBias(0, 9)).toThrow('chronoBias: units: expected a whole number of at least 1, got 0')
  })
})
