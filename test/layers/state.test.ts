import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Random } from '../../src/base/random.ts'
import { dense, fit, gru, InputError, type Layer, lstm, rnn, sequential } from '../../src/index.ts'
import { randomTensor } from '../recurrence/cases.ts'

const random = new Random(21, 'state')
const worst = (a: ArrayLike<number>, b: ArrayLike<number>) => {
  expect(a.length).toBe(b.length)
  return Math.max(...Array.from(a, (value, i) => Math.abs(value - b[i]!)))
}
/** Some steps of sequences `[B, T, F]`. */
const cut = ({ data, shape }: { data: ArrayLike<number>; shape: readonly number[] }, from: number, to: number) => {
  const [batch, steps, width] = shape as [number, number, number]
  const rows = Array.from({ length: batch }, (_, b) =>
    Array.from(data).slice((b * steps + from) * width, (b * steps + to) * width),
  )
  return { data: rows.flat(), shape: [batch, to - from, width] }
}

describe('advance', () => {
  const x = randomTensor(random, [4, 9, 3], 1.5)
  const model = sequential([lstm(5, { layers: 2, initial: 'learned' }), gru(4, { zoneout: 0.2 }), dense(2)]).init({
    inputs: 3,
    seed: 2,
  })

  test('sequences cut anywhere give what they give whole, their states gone through JSON', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 9 }), fc.boolean(), (split, ragged) => {
        const lengths = ragged ? [9, 2, 0, 6] : [9, 9, 9, 9]
        const first = model.advance(cut(x, 0, split), { lengths: lengths.map((length) => Math.min(split, length)) })
        const state = JSON.parse(JSON.stringify(first.state))
        const rest = lengths.map((length) => Math.max(0, length - split))
        const second = model.advance(cut(x, split, 9), { lengths: rest, state })
        const [whole, end] = [model.run(x, lengths), model.advance(x, { lengths }).state]
        for (const [part, from, to] of [
          [first.y, 0, split],
          [second.y, split, 9],
        ] as const)
          expect(worst(part.data, cut(whole, from, to).data) || 0).toBeLessThan(1e-6)
        for (const [name, values] of Object.entries(end.values))
          expect(worst(second.state.values[name]!, values), name).toBeLessThan(1e-6)
      }),
    )
  })

  test('a stream goes on where it ended, and it where a stream ended', () => {
    const at = (t: number) => cut(x, t, t + 1).data
    const { y, state } = model.advance(cut(x, 0, 6))
    const stream = model.stream({ state })
    const whole = model.run(x)
    expect(worst(stream.push(at(6)), cut(whole, 6, 7).data)).toBeLessThan(1e-6)
    expect(worst(model.advance(cut(x, 7, 9), { state: stream.state }).y.data, cut(whole, 7, 9).data)).toBeLessThan(1e-6)
    expect(worst(y.data, model.advance(cut(x, 1, 7)).y.data)).toBeGreaterThan(1e-3)
  })

  test('refuses what cannot go on, in one sentence', () => {
    const { state } = model.advance(x)
    expect(() => model.advance(cut({ ...x, shape: [2, 18, 3] }, 0, 3), { state })).toThrow(
      new InputError('state: expected 2 sessions, got 4'),
    )
    const other = sequential([lstm(5)]).init({ inputs: 3 })
    expect(() => other.advance(x, { state })).toThrow(/^state: it belongs to another architecture/)
    const both = sequential([gru(5, { bidirectional: 'sum' })]).init({ inputs: 3 })
    expect(() => both.advance(x)).toThrow(
      new InputError(
        "advance: '0.h_l0_reverse' is carried from the last step to the first, so nothing goes on from it",
      ),
    )
  })
})

describe('windows of training', () => {
  test('a model that cannot be cut is refused in one sentence', async () => {
    const samples = (steps: number) => ({
      count: 1,
      inputShape: [steps, 1],
      targetShape: [steps, 1],
      fillInputs() {},
      fillTargets() {},
      restore: (y: ArrayLike<number>) => Float64Array.from(y),
    })
    const first = (layers: Layer[], window: number, steps?: number) => {
      const model = sequential(layers).init({ inputs: 1, ...(steps ? { steps } : {}) })
      return fit(model, { train: samples(4) }, { epochs: 1, window }).next()
    }
    const uncut =
      'fit: window cuts sequences, so the model must be made for any number of steps (init without steps) ' +
      "and give an output at each (returns: 'all')"
    await expect(first([rnn(2), dense(1)], 0)).rejects.toThrow(
      new InputError('fit: window: expected a whole number of at least 1, got 0'),
    )
    await expect(first([rnn(2), dense(1)], 2, 4)).rejects.toThrow(new InputError(uncut))
    await expect(first([rnn(1, { reverse: true })], 2)).rejects.toThrow(
      new InputError("fit: window: '0.h_l0' is carried from the last step to the first, so nothing goes on from it"),
    )
  })
})
