import fc from 'fast-check'
import { expect, test } from 'vitest'
import { addSteps, type Missing, panelOf, type Step, showTime, stepsBetween, tableOf } from '../../src/data/index.ts'

const STEPS: readonly Step[] = [
  { unit: 'minute', count: 15, label: '15 minutes' },
  { unit: 'hour', count: 1, label: 'hour' },
  { unit: 'day', count: 1, label: 'day' },
  { unit: 'weekday', count: 1, label: 'weekday' },
  { unit: 'month', count: 1, label: 'month', dayOfMonth: 31 },
  { unit: 'month', count: 3, label: '3 months', dayOfMonth: 1 },
]

interface Row {
  readonly id: string
  readonly time: number
  /** Its place on the grid of its series, which begins at 0. */
  readonly place: number
  readonly value: number
}

/** Series on one grid, each with its first 20 rows and gaps behind them, all rows in some order. */
const series = fc
  .record({
    step: fc.constantFrom(...STEPS),
    count: fc.integer({ min: 1, max: 4 }),
    holes: fc.array(fc.boolean(), { minLength: 15, maxLength: 15 }),
    order: fc.infiniteStream(fc.nat()),
  })
  .map(({ step, count, holes, order }) => {
    const start = addSteps(Date.UTC(2024, 0, 31), step, 1)
    const rows = Array.from({ length: count }, (_, s) => {
      const places = [...Array(20).keys(), ...holes.flatMap((hole, i) => (hole ? [] : [20 + i]))]
      return places.map(
        (place): Row => ({ id: `s${s}`, time: addSteps(start, step, place), place, value: 100 * s + place }),
      )
    }).flat()
    const keys = new Map(rows.map((row) => [row, order.next().value as number]))
    return { step, count, rows: rows.sort((a, b) => keys.get(a)! - keys.get(b)!) }
  })

const tableFrom = (rows: readonly Row[]) =>
  tableOf({
    id: rows.map(({ id }) => id),
    t: rows.map(({ time }) => showTime(time)),
    x: rows.map(({ value }) => value),
  })

test('rows in any order make the same panel, in order', () => {
  fc.assert(
    fc.property(series, ({ rows, step, count }) => {
      const panel = panelOf(tableFrom(rows), { id: 'id' })
      const inOrder = [...rows].sort((a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : a.time - b.time))
      expect([...panel.numbers('x')]).toEqual(inOrder.map(({ value }) => value))
      expect([...panel.table.dates('t')]).toEqual(inOrder.map(({ time }) => time))
      expect(panel.sorted).toBe(inOrder.some((row, i) => row !== rows[i]))
      expect(panel.series.length).toBe(count)
      expect(panel.step?.label).toBe(step.label)
    }),
  )
})

test('with a choice for missing values every series is whole, and only what was missing is made up', () => {
  fc.assert(
    fc.property(series, fc.constantFrom<Missing>('previous', 'linear', 'zero', 'skip'), ({ rows, step }, missing) => {
      const panel = panelOf(tableFrom(rows), { id: 'id', missing })
      const times = panel.table.dates('t')
      const values = panel.numbers('x')
      for (const { id, start, end } of panel.series) {
        const own = rows.filter((row) => row.id === id).sort((a, b) => a.time - b.time)
        expect(end - start).toBe(own.at(-1)!.place + 1)
        let last = Number.NaN
        for (let row = start; row < end; row++) {
          if (row > start) expect(stepsBetween(times[row - 1]!, times[row]!, step)).toBeCloseTo(1, 9)
          expect(panel.table.text('id')[row]).toBe(id)
          const given = own.find(({ time }) => time === times[row])
          const made = { previous: last, linear: 100 * Number(id[1]) + row - start, zero: 0, skip: Number.NaN }
          expect(values[row]).toBe(given ? given.value : made[missing as keyof typeof made])
          if (given) last = given.value
        }
      }
    }),
  )
})

test('repeated rows are refused, or merged to what they were', () => {
  fc.assert(
    fc.property(series, fc.array(fc.nat(), { minLength: 1, maxLength: 5 }), ({ rows }, twice) => {
      const repeated = [...rows, ...twice.map((i) => rows[i % rows.length]!)]
      expect(() => panelOf(tableFrom(repeated), { id: 'id' })).toThrow('expected each time once')
      const alone = panelOf(tableFrom(rows), { id: 'id' })
      for (const duplicates of ['first', 'last', 'mean'] as const) {
        const merged = panelOf(tableFrom(repeated), { id: 'id', duplicates })
        expect([...merged.numbers('x')]).toEqual([...alone.numbers('x')])
        expect(merged.series).toEqual(alone.series)
      }
    }),
  )
})
