import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { Random } from '../../src/base/random.ts'
import { fitScaler, readCsv } from '../../src/data/index.ts'
import { type LeakageGiven, leaks } from '../../src/tasks/leakage.ts'

const ROWS = 300
const random = new Random(4, 'columns')
const noise = Array.from({ length: ROWS }, () => random.normal())
const walk: number[] = []
for (const step of noise) walk.push((walk.at(-1) ?? 50) + 0.3 + step)
const other = Array.from({ length: ROWS }, () => random.normal())
const by = (value: (row: number) => number) => Array.from({ length: ROWS }, (_, row) => value(row))
const column = (name: string, values: readonly number[], known = false) => ({ name, values, known })
const target = column('demand', walk)
const given: LeakageGiven = { target, inputs: [target], horizon: 5 }
const found = (more: Partial<LeakageGiven>) => leaks({ ...given, ...more }).map(({ sentence }) => sentence)
const kinds = (more: Partial<LeakageGiven>) =>
  leaks({ ...given, ...more }).map(({ severity, kind }) => `${severity}: ${kind}`)
/** Row t holds another's row t + lag. */
const shifted = (values: readonly number[], lag: number) =>
  values.map((_, row) => values[row + lag] ?? values[Math.min(ROWS - 1, Math.max(0, row + lag))]!)

test('nothing is found where nothing is', () => {
  const inputs = [
    target,
    column('noise', other),
    column(
      'hour',
      by((row) => row % 24),
      true,
    ),
  ]
  expect(leaks({ ...given, inputs, timeColumn: 'date', missing: 'previous' })).toEqual([])
})

describe('scalers', () => {
  const parts = [
    { name: 'train', rows: [{ start: 0, end: 200 }] },
    { name: 'validation', rows: [{ start: 200, end: 250 }] },
    { name: 'test', rows: [{ start: 250, end: 300 }] },
  ]
  const scalerOf = (end: number, kind: 'standard' | 'minmax' = 'standard') => ({
    demand: fitScaler(kind, Float64Array.from(walk.slice(0, end))),
  })

  test.each(['standard', 'minmax'] as const)('%s, fitted on train, on validation as well, and on all rows', (kind) => {
    expect(found({ parts, scalers: scalerOf(200, kind) })).toEqual([])
    expect(found({ parts, scalers: scalerOf(250, kind) })[0]).toContain(
      "The scaler of 'demand' was fitted on the rows of train and validation (shift",
    )
    expect(kinds({ parts, scalers: scalerOf(300, kind) })).toEqual(['refuse: scaler'])
    expect(found({ parts, scalers: scalerOf(300, kind) })[0]).toMatch(
      /^The scaler of 'demand' was fitted on all rows \(shift [\d.-]+, scale [\d.]+; the train rows alone give shift [\d.-]+, scale [\d.]+\), so training knows what comes later; fit it on the train rows\.$/,
    )
  })

  test('that leave values as they are know nothing, nor does one of a column with holes', () => {
    expect(found({ parts, scalers: { demand: fitScaler('none', Float64Array.from(walk)) } })).toEqual([])
    const holes = column(
      'holes',
      by((row) => (row % 7 === 0 ? Number.NaN : row)),
    )
    const fitted = fitScaler('standard', Float64Array.from(holes.values.slice(0, 200).filter((v) => !Number.isNaN(v))))
    expect(found({ inputs: [holes], parts, scalers: { holes: fitted } })).toEqual([])
  })
})

describe('windows', () => {
  const part = (origins: readonly number[]) => ({
    name: 'train',
    rows: [
      { start: 0, end: 100 },
      { start: 150, end: 250 },
    ],
    origins,
  })

  test('whose targets are in the rows of another part', () => {
    expect(found({ parts: [part([20, 94, 160, 244])] })).toEqual([])
    expect(found({ parts: [part([20, 95, 160, 99])] })).toEqual([
      '2 of 4 train windows have targets in the rows of another part, the first after row 96; leave out windows that straddle a split.',
    ])
  })
})

describe('an input that is the target', () => {
  test.each([1, 3, 5])('of %i rows later is refused', (lag) => {
    expect(found({ inputs: [column('next', shifted(walk, lag))] })).toEqual([
      `'next' holds the target 'demand' of ${lag} row${lag === 1 ? '' : 's'} later (their changes correlate with 1.00000), so the model would read the answer; leave it out of the inputs.`,
    ])
  })

  test('in other units, upside down, rounded, with holes', () => {
    const next = shifted(walk, 2)
    for (const values of [
      next.map((value) => 32 + 1.8 * value),
      next.map((value) => -value),
      next.map((value) => Number(value.toFixed(2))),
      next.map((value, row) => (row % 11 === 0 ? Number.NaN : value)),
    ])
      expect(kinds({ inputs: [column('next', values)] })).toEqual(['refuse: future input'])
  })

  test('beyond the horizon, or in the past, is none', () => {
    for (const lag of [6, -1, -5]) expect(found({ inputs: [column('moved', shifted(walk, lag))] })).toEqual([])
  })

  test('of the same row is a warning, and refused where it is known ahead', () => {
    expect(kinds({ inputs: [column('copy', walk)] })).toEqual(['warn: target copy'])
    expect(found({ inputs: [column('copy', walk)] })[0]).toContain(
      "'copy' is the target 'demand' under another name, row by row: as a past input it does no harm",
    )
    expect(found({ inputs: [column('copy', walk, true)] })[0]).toContain(
      "'copy' is the target 'demand' in the rows to be forecast",
    )
    expect(kinds({ inputs: [column('demand', walk, true)] })).toEqual(['refuse: future input'])
  })

  test('known ahead, of fewer rows before than the horizon reaches', () => {
    expect(found({ inputs: [column('lagged', shifted(walk, -2), true)] })[0]).toContain(
      "'lagged' holds the target 'demand' of 2 rows before, which is still to come 5 rows ahead",
    )
    expect(found({ inputs: [column('lagged', shifted(walk, -5), true)] })).toEqual([])
  })

  test('in several series, each by itself', () => {
    const series = [0, 100, 200].map((start) => ({ start, end: start + 100 }))
    const next = walk.map((_, row) => (row % 100 === 99 ? 0 : walk[row + 1]!))
    expect(kinds({ series, inputs: [column('next', next)] })).toEqual(['refuse: future input'])
  })
})

describe('what looks like a copy and is none', () => {
  const line = by((row) => 3 + 0.1 * row)
  const wave = (phase: number) => by((row) => 10 * Math.sin((2 * Math.PI * (row + phase)) / 24))
  const day = (phase: number) => by((row) => [5, 4, 9, 1, 2, 7, 7.5, 3, 0, 6, 11, 8][(row + phase) % 12]!)
  const jump = (at: number) => by((row) => Number(row >= at) * 1000 + 0.001 * other[(row * 7) % ROWS]!)

  test.each([
    ['two lines', line, line.map((value) => 2 * value)],
    ['a walk with drift and a line', walk, line],
    ['a walk and one that goes with it', walk, walk.map((value, row) => value + 0.1 * other[row]!)],
    ['constants', by(() => 4), by(() => 4)],
    ['a target that never changes', by(() => 4), walk],
    ['a wave and another phase of it', wave(0), wave(5)],
    ['a season that repeats, and its shift', day(0), day(3)],
    ['one jump each', jump(100), jump(98)],
    ['spikes', by((row) => Number(row === 50)), by((row) => Number(row === 48))],
  ])('%s', (_, target, input) => {
    for (const known of [false, true])
      for (const [a, b] of [
        [target, input],
        [input, target],
      ] as const)
        expect(
          leaks({ target: column('y', a), inputs: [column('x', b, known)], horizon: 30, timeColumn: 'date' }).filter(
            ({ kind }) => kind === 'future input',
          ),
        ).toEqual([])
  })

  test('a series too short to tell', () => {
    const short = walk.slice(0, 15)
    expect(leaks({ target: column('y', short), inputs: [column('x', shifted(short, 1))], horizon: 3 })).toEqual([])
  })
})

describe('rows out of order', () => {
  const index = by((row) => 1900 + row)
  const mixed = Array.from(new Random(1).permutation(ROWS), (row) => index[row]!)

  test('by a column that numbers them', () => {
    expect(found({ columns: [column('year', index)] })).toEqual([])
    expect(found({ columns: [column('year', mixed)] })).toEqual([
      "'year' numbers the rows and is out of order, and no column of times says how rows follow each other: windows would mix what came before and after; sort the rows by it.",
    ])
    expect(found({ columns: [column('year', index.toReversed())] })[0]).toMatch(/^'year' runs backwards, and no/)
    expect(found({ columns: [column('year', mixed)], timeColumn: 'date' })).toEqual([])
  })

  test('of each series by itself', () => {
    const series = [0, 100, 200].map((start) => ({ start, end: start + 100 }))
    expect(
      found({
        series,
        columns: [
          column(
            'step',
            by((row) => row % 100),
          ),
        ],
      }),
    ).toEqual([])
    expect(
      kinds({
        series,
        columns: [
          column(
            'step',
            by((row) => (row * 7) % 100),
          ),
        ],
      }),
    ).toEqual(['warn: order'])
  })
})

test("filling by 'linear' knows the value behind a gap", () => {
  expect(found({ missing: 'linear' })).toEqual([
    "Missing values were filled by 'linear', between the values before and after: a past near a gap knows what follows it; 'previous' takes the past alone.",
  ])
})

test('what is refused stands first', () => {
  expect(kinds({ missing: 'linear', inputs: [column('copy', walk), column('next', shifted(walk, 1))] })).toEqual([
    'refuse: future input',
    'warn: target copy',
    'warn: missing',
  ])
})

describe('shared tables', () => {
  const files = {
    'weather/daily-min-temperatures.csv': [],
    'weather/seattle-weather.csv': [],
    'stocks/sp500-2000-daily.csv': ['close = adjclose', 'adjclose = close'],
    'stocks/stocks-monthly.csv': [],
    'outbreak/covid-italy-national-daily.csv': [],
    'forecast-benchmarks/ETTh1.csv': [],
    'forecast-benchmarks/airline-passengers.csv': [],
    'forecast-benchmarks/monthly-sunspots.csv': [],
    'earthquakes/usgs-week-2018.csv': [],
  }
  for (const [file, copies] of Object.entries(files)) {
    const path = fileURLToPath(new URL(`../../../shared/data/${file}`, import.meta.url))
    test(`${file} has no future in it`, async (context) => {
      if (!existsSync(path)) context.skip('the shared data is not beside this checkout')
      const table = await readCsv(path)
      const columns = table.columns.filter((name) => table.kind(name) === 'number')
      const inputs = columns.map((name) =>
        column(
          name,
          table.text(name).map((cell) => (cell === '' ? Number.NaN : Number(cell))),
        ),
      )
      const all = inputs.flatMap((target) => {
        const others = inputs.filter((one) => one !== target)
        return leaks({ target, inputs: others, horizon: 48, timeColumn: 'date' }).map((leak) => ({ ...leak, target }))
      })
      expect(all.filter(({ severity }) => severity === 'refuse')).toEqual([])
      expect(all.map(({ target, sentence }) => `${target.name} = ${sentence.split("'")[1]}`)).toEqual(copies)
    })
  }
})
