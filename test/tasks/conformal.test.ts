import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Random } from '../../src/base/random.ts'
import { calibrate, conformalInterval } from '../../src/tasks/conformal.ts'
import { normal } from '../../src/tasks/heads/gaussian.ts'
import { type Distribution, pointAt } from '../../src/tasks/heads/index.ts'

const points = (values: readonly number[]) => values.map(pointAt)

describe('intervals around numbers', () => {
  test('take the ⌈(n+1)·level⌉-th least error of each step', () => {
    // Two steps ahead, nine windows: errors 1 … 9 at the first, 10 … 90 at the second.
    const actual = Array.from({ length: 9 }, (_, w) => [w + 1, -10 * (w + 1)]).flat()
    const conformal = calibrate({
      distributions: points(actual.map(() => 0)),
      actual,
      horizon: 2,
      levels: [0.5, 0.9],
    })
    expect(conformal.margins).toEqual([
      [5, 9],
      [50, 90],
    ])
    expect(conformal.notes).toEqual([])
    expect(conformalInterval(conformal, pointAt(100), 1, 0.5)).toEqual([50, 150])
    expect(JSON.parse(JSON.stringify(conformal))).toEqual(conformal)
  })

  test('measure errors in scales of their windows', () => {
    const given = { distributions: points([0, 0, 0]), actual: [2, 40, 600], horizon: 1, levels: [0.5] }
    const conformal = calibrate({ ...given, scales: [1, 10, 100] })
    expect(conformal.margins).toEqual([[4]])
    expect(conformalInterval(conformal, pointAt(7), 0, 0.5, 2)).toEqual([-1, 15])
  })

  test('say when there are too few windows, and take the widest error', () => {
    const { margins, notes } = calibrate({
      distributions: points([0, 0, 0]),
      actual: [1, 2, 3],
      horizon: 1,
      levels: [0.75, 0.95],
    })
    expect(margins).toEqual([[3, 3]])
    expect(notes).toEqual([
      'Intervals of 95 % need at least 19 validation windows to be sure of their share; there are 3, so the widest error among them was taken.',
    ])
  })
})

describe('intervals of distributions', () => {
  test('that are too wide become narrower, and never less than nothing', () => {
    const wide = Array.from({ length: 99 }, () => normal(0, 10))
    const random = new Random(1)
    const conformal = calibrate({
      distributions: wide,
      actual: wide.map(() => random.normal()),
      horizon: 1,
      levels: [0.9],
    })
    const [low, high] = conformalInterval(conformal, normal(0, 10), 0, 0.9)
    expect(high - low).toBeLessThan(5)
    expect(conformalInterval(conformal, normal(3, 0.1), 0, 0.9)).toEqual([3, 3])
  })

  test.each([
    ['numbers', (centre: number) => pointAt(centre)],
    ['distributions far too narrow', (centre: number) => normal(centre, 0.2)],
    ['distributions far too wide', (centre: number) => normal(centre, 30)],
  ] as const)('of %s hold the share they say of what comes', (_, of: (centre: number) => Distribution) => {
    fc.assert(
      fc.property(
        fc.integer(),
        fc.constantFrom(0.5, 0.8, 0.9),
        fc.integer({ min: 19, max: 200 }),
        (seed, level, windows) => {
          const random = new Random(seed, 'exchangeable')
          /** A window's forecast, and what comes of it: skewed, and in the window's scale. */
          const draw = () => {
            const scale = random.between(1, 5)
            const centre = random.between(-9, 9)
            return { scale, distribution: of(centre), actual: centre + scale * Math.exp(random.normal()) }
          }
          const trials = 400
          let inside = 0
          for (let trial = 0; trial < trials; trial++) {
            const past = Array.from({ length: windows }, draw)
            const conformal = calibrate({
              distributions: past.map(({ distribution }) => distribution),
              actual: past.map(({ actual }) => actual),
              scales: past.map(({ scale }) => scale),
              horizon: 1,
              levels: [level],
            })
            const next = draw()
            const [low, high] = conformalInterval(conformal, next.distribution, 0, level, next.scale)
            if (next.actual >= low && next.actual <= high) inside++
          }
          const error = 5 * Math.sqrt((level * (1 - level)) / trials)
          expect(inside / trials).toBeGreaterThan(level - error)
          expect(inside / trials).toBeLessThan(level + 1 / (windows + 1) + error)
        },
      ),
      { numRuns: 5 },
    )
  })
})

describe('what cannot be calibrated', () => {
  const given = { distributions: points([0, 0, 0]), actual: [1, 2, 3], horizon: 1, levels: [0.75] }
  test.each([
    [{ horizon: 2 }, 'conformal intervals: expected windows of 2 forecasts and as many values, got 3 and 3'],
    [{ actual: [1] }, 'conformal intervals: expected windows of 1 forecasts and as many values, got 3 and 1'],
    [{ levels: [90] }, 'conformal intervals: expected levels above 0 and below 1, such as 0.9, got 90'],
  ])('%j', (other, words) => {
    expect(() => calibrate({ ...given, ...other })).toThrow(words)
  })

  test('a level, or a step, that was not', () => {
    const words = 'expected one of the levels 0.75 and a step from 0 to 0, got'
    expect(() => conformalInterval(calibrate(given), pointAt(0), 0, 0.8)).toThrow(
      `${words} 0.8 and 0; calibrate for it`,
    )
    expect(() => conformalInterval(calibrate(given), pointAt(0), 1, 0.75)).toThrow(`${words} 0.75 and 1`)
  })
})
