import { describe, expect, test } from 'vitest'
import { tableOf, type WindowSet } from '../../src/data/index.ts'
import { predict, prepareForecaster, trained, trainForecaster } from '../../src/tasks/forecaster.ts'
import type { ForecasterRequest } from '../../src/tasks/forecaster-options.ts'
import { predictRecursive } from '../../src/tasks/prediction.ts'

const counting = (rows: number) => Array.from({ length: rows }, (_, i) => i)
const day = counting(120).map((i) => new Date(Date.UTC(2024, 0, 1 + i)))
const table = tableOf({
  day,
  y: counting(120).map((i) => 10 + Math.sin(i / 3) * 4 + ((i * 37) % 11) / 5),
  price: counting(120).map((i) => 5 + ((i * 13) % 7)),
  rain: counting(120).map((i) => ((i * 29) % 10) / 2),
})
const small = { target: 'y', past: 6, horizon: 3, hidden: 4, cell: 'gru', epochs: 2, segment: 4, seed: 3 } as const
const prepare = (options: Partial<ForecasterRequest>) => prepareForecaster(table, { ...small, ...options }, 'simd')
const inputsOf = (set: WindowSet, i: number) => {
  const x = new Float32Array(set.inputShape[0] * set.inputShape[1])
  set.fillInputs([i], x)
  return x
}

describe.each(['direct', 'recursive', 'encoder-decoder', 'segments'] as const)('strategy %s', (strategy) => {
  test.each([
    ['the target alone', {}],
    ['columns known ahead and the calendar', { inputs: ['y'], future: ['price'], calendar: ['weekday' as const] }],
    ['a gaussian head', { head: 'gaussian' as const }],
    ['windows at one level, of logarithms', { normalise: 'standard' as const, log: true }],
  ])('trains and forecasts with %s', async (_, options) => {
    const forecaster = prepare({ strategy, ...options })
    const before = predict(trained(forecaster), forecaster.data.test).means
    await trainForecaster(forecaster)
    const said = predict(trained(forecaster), forecaster.data.test)
    expect(said.means).toHaveLength(forecaster.data.test.count * 3)
    expect(said.means.every(Number.isFinite)).toBe(true)
    expect(said.means).not.toEqual(before)
  })
})

describe('a recursive forecast', () => {
  test('reads its own answers, and what is known of each row, as the next step', async () => {
    const forecaster = prepare({ strategy: 'recursive', inputs: ['y'], future: ['price'], answers: 1 })
    const { data, model, head } = forecaster
    const set = data.test
    const said = predictRecursive(model, set, head)
    const x = inputsOf(set, 4)
    for (let ahead = 0; ahead < 3; ahead++) {
      const steps = 6 + ahead
      const y = model.run({ data: x.slice(0, steps * 2), shape: [1, steps, 2] })
      const scaled = y.data[0]!
      expect(said.means[4 * 3 + ahead]).toBeCloseTo(set.units(4).shift + set.units(4).scale * scaled, 4)
      if (ahead < 2) x[steps * 2] = scaled
    }
  })

  test('never reads the targets', () => {
    const { data, model, head } = prepare({ strategy: 'recursive', head: 'gaussian' })
    const changed = tableOf({ day, y: counting(120).map((i) => (i < 110 ? table.numbers('y')[i]! : 1e3)) })
    const other = prepareForecaster(changed, { ...small, strategy: 'recursive', split: [0.7, 0.15, 0.15] }, 'simd').data
    const first = [...counting(data.test.count)].find((i) => data.test.origin(i) === 109)!
    const one = predictRecursive(model, data.test.take([first]), head, { paths: 20, seed: 1 })
    const two = predictRecursive(model, other.test.take([first]), head, { paths: 20, seed: 1 })
    expect(two.means).toEqual(one.means)
  })

  test('of a head with a distribution is drawn along paths, which spread', () => {
    const { data, model, head } = prepare({ strategy: 'recursive', head: 'gaussian' })
    const said = predictRecursive(model, data.test.take([0]), head, { paths: 400, seed: 1 })
    const width = (ahead: number) => said.at(0, ahead).quantile(0.9) - said.at(0, ahead).quantile(0.1)
    expect(width(0)).toBeGreaterThan(0)
    expect(said.at(0, 0).quantile(0.5)).toBeGreaterThan(said.at(0, 0).quantile(0.1))
  })

  test('learns from every step of a window, and is validated on each row once', () => {
    const { training, data } = prepare({ strategy: 'recursive' })
    expect(training.train.targetShape).toEqual([6, 1])
    expect(training.train.inputShape).toEqual([11, 1])
    expect(training.validation.count).toBe(3)
    expect(data.validation.count).toBe(16)
  })
})

test('columns of one kind are learned as series by one model', async () => {
  const wide = tableOf({ day, oslo: table.numbers('y'), rome: table.numbers('y').map((y) => 100 - 3 * y) })
  const { data, options } = prepareForecaster(wide, { ...small, target: '', wide: ['oslo', 'rome'] }, 'simd')
  expect(options.target).toBe('value')
  expect(data.panel.series.map(({ id }) => id)).toEqual(['oslo', 'rome'])
  expect(data.test.series(data.test.count - 1).id).toBe('rome')
})

describe('refusals', () => {
  test.each<[Partial<ForecasterRequest>, string]>([
    [{ strategy: 'other' as 'direct' }, 'strategy: expected one of direct, recursive, encoder-decoder, segments'],
    [
      { strategy: 'recursive', inputs: ['y', 'rain'] },
      'strategy: a recursive forecast of 3 rows would need rain of rows to come; name what is known as future',
    ],
    [
      { strategy: 'recursive', inputs: ['price'], future: ['price'] },
      'a recursive forecast reads its own answers; name y',
    ],
    [{ strategy: 'recursive', answers: 7 }, 'answers: expected no more steps than the 6 rows that a model sees, got 7'],
    [{ head: 'negativeBinomial', log: true }, 'log: a negativeBinomial head takes targets as they are'],
    [{ head: 'mixture', normalise: 'last' }, "normalise: a mixture head can't shift its targets; take 'mean'"],
    [{ levels: [80] }, 'levels: expected shares above 0 and below 1, such as 0.8, got 80'],
    [{ ensemble: 0 }, 'ensemble: expected a whole number from 1 to 100, got 0'],
    [{ dropout: 1 }, 'dropout'],
  ])('%j', (options, sentence) => {
    expect(() => prepare(options)).toThrow(sentence)
  })
})
