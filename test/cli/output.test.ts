import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { lossCurves } from '../../src/cli/curves.ts'
import { names, namesText } from '../../src/cli/options.ts'
import { round, shellWord, style, wrapped } from '../../src/cli/output.ts'
import { chart, type Line } from '../../src/cli/plot.ts'
import { progressLine } from '../../src/cli/progress.ts'
import { scoreLines } from '../../src/cli/scores.ts'
import { tableLines } from '../../src/cli/table.ts'

beforeEach(() => {
  vi.stubEnv('NO_COLOR', '1')
  vi.stubEnv('FORCE_COLOR', '')
  vi.stubEnv('COLUMNS', '40')
})
afterEach(() => {
  vi.unstubAllEnvs()
})

describe('text for a terminal', () => {
  test('numbers keep about three digits that matter', () => {
    expect([12345.6, 123.45, 12.346, 0.12345, 0, -3, 0.0001234, 1.5e9].map(round)).toEqual([
      '12346',
      '123.5',
      '12.35',
      '0.123',
      '0.000',
      '-3.00',
      '1.23e-4',
      '1.50e+9',
    ])
  })

  test('a sentence breaks between words; a word longer than the terminal stays whole', () => {
    const long = 'x'.repeat(50)
    expect(wrapped(`one sentence that is a little longer than forty columns ${long} end`)).toEqual([
      'one sentence that is a little longer',
      'than forty columns',
      long,
      'end',
    ])
    expect(wrapped('short')).toEqual(['short'])
  })

  test('numbers stand to the right, words to the left', () => {
    expect(
      tableLines(
        ['tier', 'speed', 'why'],
        [
          ['simd', '9', 'passed'],
          ['relaxed', '–', 'none'],
        ],
      ),
    ).toEqual([
      'tier      speed   why',
      '────────────────────────',
      'simd          9   passed',
      'relaxed       –   none',
    ])
  })

  test('what is left out is said below the table, and does not widen it', () => {
    const scores = [
      { name: 'LSTM', metrics: { mae: 1.5, rmse: 2 } },
      { name: 'seasonal', reason: 'no column of dates' },
    ]
    expect(scoreLines(scores, 'Test part')).toEqual([
      'Test part',
      '',
      '              MAE   RMSE',
      '  ──────────────────────',
      '  LSTM       1.50   2.00',
      '  seasonal      –      –',
      '',
      'Left out: seasonal, no column of dates.',
    ])
  })

  test('metrics that do not fit the terminal are left away, the less useful ones first', () => {
    const metrics = {
      ...{ mae: 1.5, rmse: 2, mape: 30, smape: 12.34, mase: 0.9, crps: 1.1 },
      intervals: [{ level: 0.8, coverage: 0.75, width: 4 }],
    }
    const header = () =>
      scoreLines([{ name: 'LSTM', metrics }], 'Test part')[2]!
        .trim()
        .split(/ {2,}/)
    expect(header()).toEqual(['MAE', 'RMSE', 'MASE', 'sMAPE'])
    vi.stubEnv('COLUMNS', '60')
    expect(header()).toEqual(['MAE', 'RMSE', 'MASE', 'sMAPE', 'in 80 %', 'CRPS'])
    expect(scoreLines([{ name: 'LSTM', metrics }], 'Test part')[4]).toBe(
      '  LSTM   1.50   2.00   0.900   12.3 %    75.0 %   1.10',
    )
    vi.stubEnv('COLUMNS', '100')
    expect(header()).toEqual(['MAE', 'RMSE', 'MASE', 'sMAPE', 'in 80 %', 'CRPS', 'MAPE', 'width 80 %'])
  })

  test('the best of a column is marked: the least error, the most told right, the share nearest to the one meant', () => {
    vi.stubEnv('FORCE_COLOR', '1')
    vi.stubEnv('COLUMNS', '100')
    const scored = (name: string, logLoss: number, accuracy: number, coverage: number) => ({
      name,
      metrics: { mae: 1, rmse: 1, logLoss, accuracy, intervals: [{ level: 0.8, coverage, width: 1 }] },
    })
    const lines = scoreLines([scored('a', 0.5, 0.6, 0.79), scored('b', 0.6, 0.7, 0.99)], 'Test part')
    const [on, off] = style('green', '|').split('|') as [string, string]
    const green = (line: string) =>
      line
        .split(on)
        .slice(1)
        .map((text) => text.split(off)[0])
    expect(green(lines[4]!)).toEqual(['0.500', '1.00', '1.00', '79.0 %', '1.00'])
    expect(green(lines[5]!)).toEqual(['70.0 %', '1.00', '1.00', '1.00'])
    expect(green(scoreLines([scored('a', 1, 1, 1)], 'alone').join(''))).toEqual([]) // nothing to be better than
  })

  test('words are quoted where a shell would split them', () => {
    expect(['runs/weather', 'it is', "it's", '°C'].map(shellWord)).toEqual([
      'runs/weather',
      "'it is'",
      "'it'\\''s'",
      "'°C'",
    ])
  })

  test('names between commas may have spaces around them', () => {
    expect(names(' a, b b ,,c')).toEqual(['a', 'b b', 'c'])
  })

  test('a name with a comma of its own stands in quotes', () => {
    const odd = ['a, b', 'it is "c"', ' d ', 'e', "f'"]
    expect(namesText(odd)).toBe(`"a, b","it is ""c"""," d ",e,f'`)
    expect(names(namesText(odd))).toEqual(odd)
  })
})

describe('chart', () => {
  const came = { name: 'came', points: Array.from({ length: 15 }, (_, i): [number, number] => [i - 14, Math.sin(i)]) }
  const forecast: Line = {
    name: 'forecast',
    points: [
      [1, 2],
      [2, 3],
    ],
  }
  const ticks = [
    [2, 'end'],
    [0, 'now'],
    [-14, 'start'],
  ] as const

  test('fits the terminal, without colours: the forecast has marks, and words stand below their places', () => {
    const drawn = chart({ came, forecast, ticks })
    expect(drawn[0]).toBe('  ⠒ came   ● forecast')
    expect(drawn.at(-1)).toMatch(/^ +start {10,}end$/)
    expect(drawn.join('').match(/●/g)).toHaveLength(3)
    expect(Math.max(...drawn.map((line) => line.length))).toBeLessThanOrEqual(40)
    expect(drawn.find((line) => line.includes('3.00'))).toMatch(/●$/) // the highest point is inside
  })

  test('of words that would run into each other the first stays', () => {
    const [, ...drawn] = chart({
      came,
      forecast,
      ticks: [
        [2, 'the end of it'],
        [1, 'not this'],
      ],
    })
    expect(drawn.at(-1)!.trim()).toBe('the end of it')
  })

  test('shades what lies between the ends of the intervals, and opens from the last known row', () => {
    const band = {
      name: '80 %',
      lower: [
        [1, 1],
        [2, -1],
      ] as const,
      upper: [
        [1, 3],
        [2, 5],
      ] as const,
    }
    const drawn = chart({ came, forecast, band, ticks })
    expect(drawn[0]).toBe('  ⠒ came   ● forecast   ░ 80 %')
    const shaded = drawn.slice(1, -2).map((line) => line.match(/░/g)?.length ?? 0)
    expect(Math.max(...shaded)).toBe(2)
    expect(drawn.slice(1, -2).every((line) => !line.slice(0, -5).includes('░'))).toBe(true)
    expect(drawn.slice(1).join('').match(/●/g)).toHaveLength(2)
  })

  test('leaves a gap where nothing is known', () => {
    const holes = came.points.map(([x, y], i): [number, number] => [x, i > 3 && i < 11 ? Number.NaN : y])
    const drawn = chart({ came: { name: 'came', points: holes }, forecast, ticks }).join('\n')
    expect(drawn).not.toContain('NaN')
    expect(drawn.match(/[⠀-⣿]/g)!.length).toBeLessThan(
      chart({ came, forecast, ticks }).join('').match(/[⠀-⣿]/g)!.length,
    )
  })

  test('draws one step ahead, and a series that never moves', () => {
    const flat = came.points.map(([x]): [number, number] => [x, 5])
    const drawn = chart({
      came: { name: 'came', points: flat },
      forecast: { name: 'forecast', points: [[1, 5]] },
      ticks,
    })
    expect(drawn.join('').match(/●/g)).toHaveLength(2)
    expect(drawn.join('\n')).not.toContain('NaN')
  })

  test('is coloured where colours are wanted', () => {
    vi.stubEnv('FORCE_COLOR', '1')
    const drawn = chart({ came, forecast, ticks }).join('\n')
    expect(drawn).toContain('\u001b[36m')
    expect(drawn).toContain('\u001b[33m●')
  })
})

describe('curves of losses', () => {
  const falling = (count: number) =>
    Array.from({ length: count }, (_, i) => ({
      ...{ epoch: i + 1, epochs: count, gradientNorm: 1, seconds: 1 },
      loss: 1 / (i + 1),
      validation: { loss: 0.5 + 1 / (i + 1) },
    }))

  test('go from the first epoch to the last, both lines within the highest and the lowest loss', () => {
    const [legend, top, ...others] = lossCurves(falling(5), 3)
    expect(legend).toBe('Loss by epoch  ⠒ training  ● validation')
    expect(top).toMatch(/^ {2} 1\.50 ┤●/)
    expect(others[6]).toMatch(/^ {2}0\.200 ┤ .*[⠤⣀⢀]+$/)
    expect([top, ...others].join('').match(/●/g)).toHaveLength(5)
    expect(others.at(-2)!.trim().split(/ +/)).toEqual(['1', 'kept', '3', '5'])
  })

  test.each([3, 5, 30, 1000])('of %i epochs fit the terminal', (count) => {
    const widths = lossCurves(falling(count), count).map((line) => line.length)
    expect(Math.max(...widths)).toBeLessThanOrEqual(40)
    expect(Math.max(...widths)).toBeGreaterThan(30)
  })

  test('are left out where there is no line to see, and draw one that never moves or has no validation', () => {
    expect(lossCurves(falling(2), 1)).toEqual([])
    const flat = falling(4).map((epoch) => ({ ...epoch, loss: 2, validation: { loss: Number.NaN } }))
    const drawn = lossCurves(flat, 1).join('\n')
    expect(drawn).not.toMatch(/NaN|undefined/)
    expect(drawn.match(/[⠒⠤⠉⣀]/g)!.length).toBeGreaterThan(20)
  })
})

describe('the progress bar', () => {
  const shown = { epoch: ' 3/30', loss: '0.524', validation: '0.610', norm: '0.900', speed: '9,000', left: '4 s' }

  test('tells all in 79 columns, and is filled as far as training has come', () => {
    const line = (share: number) => progressLine({ ...shown, what: 'epoch', share }, 79)
    expect(line(0.5)).toBe('epoch  3/30 ██░░  loss 0.524  val 0.610  ‖g‖ 0.900   9,000 samples/s   4 s left')
    expect(line(0)).toContain('░░░░')
    expect(line(1)).not.toContain('░')
    expect(line(1)).toHaveLength(79)
  })

  test.each([20, 60, 70, 100, 200])('fits %i columns', (width) => {
    const long = { ...shown, epoch: '1000/1000', speed: '1,234,567', left: '100 min' }
    expect(progressLine({ ...long, what: 'baseline', share: 0.5 }, width).length).toBeLessThanOrEqual(width)
    if (width >= 100) expect(progressLine({ ...long, what: 'baseline', share: 0.5 }, width)).toContain('samples/s')
  })
})
