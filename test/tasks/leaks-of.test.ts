import { describe, expect, test } from 'vitest'
import { tableOf, windows } from '../../src/data/index.ts'
import { expectNoLeaks, leaksOf } from '../../src/tasks/leaks-of.ts'

const counting = (rows: number) => Array.from({ length: rows }, (_, i) => i)
const noise = (i: number) => ((i * 7919) % 101) / 10
const y = counting(200).map((i) => Math.sin(i / 4) * 5 + noise(i))
const day = counting(200).map((i) => new Date(Date.UTC(2024, 0, 1 + i)))
const base = { target: 'y', past: 7, horizon: 3 }

describe('leaks of windows', () => {
  test('none in an honest table', () => {
    const table = tableOf({ day, y, rain: y.map((_, i) => noise(i + 50)) })
    expect(leaksOf(windows(table, { ...base, inputs: ['y', 'rain'], scale: 'minmax' }))).toEqual([])
    expect(leaksOf(windows(table, { ...base, log: true, inputs: ['rain'], target: 'rain' }))).toEqual([])
  })

  test('an input that holds the answer is refused, unless leaks are allowed', () => {
    const table = tableOf({ day, y, tomorrow: y.map((_, i) => 2 * (y[i + 1] ?? 0) + 3) })
    const data = windows(table, { ...base, inputs: ['y', 'tomorrow'] })
    expect(() => expectNoLeaks(data)).toThrow("'tomorrow' holds the target 'y' of 1 row later")
    expect(expectNoLeaks(data, true)).toHaveLength(1)
  })

  test('a copy of the target is told as a past input, and refused as known ahead', () => {
    const table = tableOf({ day, y, copy: y })
    expect(expectNoLeaks(windows(table, { ...base, inputs: ['y', 'copy'] }))[0]).toContain(
      "'copy' is the target 'y' under another name",
    )
    expect(() => expectNoLeaks(windows(table, { ...base, future: ['copy'] }))).toThrow(
      "'copy' is the target 'y' in the rows to be forecast",
    )
  })

  test('rows numbered out of order, where no dates order them', () => {
    const order = counting(200).map((i) => (i * 77) % 200)
    const table = tableOf({ step: order, y: order.map((i) => y[i]!) })
    expect(expectNoLeaks(windows(table, base))[0]).toContain("'step' numbers the rows and is out of order")
  })

  test('a scaler fitted beyond the training rows', () => {
    const data = windows(tableOf({ day, y }), base)
    const all = windows(tableOf({ day, y }), { ...base, split: [1, 0, 0] }).spec.scalers
    expect(leaksOf(data)).toEqual([])
    expect(() => expectNoLeaks({ ...data, spec: { ...data.spec, scalers: all } })).toThrow(
      "The scaler of 'y' was fitted on all rows",
    )
  })
})
