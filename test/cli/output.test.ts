import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { names } from '../../src/cli/options.ts'
import { round, shellWord, wrapped } from '../../src/cli/output.ts'
import { chart } from '../../src/cli/plot.ts'
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
})

describe('chart', () => {
  const came = { name: 'came', points: Array.from({ length: 15 }, (_, i): [number, number] => [i - 14, Math.sin(i)]) }

  test('fits the terminal, without colours: the forecast is the dotted line', () => {
    const drawn = chart(
      came,
      {
        name: 'forecast',
        points: [
          [1, 2],
          [2, 3],
        ],
      },
      { x: 'rows' },
    )
    expect(drawn[0]).toBe('  ━ came   ● forecast')
    expect(drawn.at(-1)).toBe('  rows')
    expect(drawn.join('').match(/●/g)).toHaveLength(3)
    expect(Math.max(...drawn.map((line) => line.length))).toBeLessThanOrEqual(40)
    expect(drawn.find((line) => line.includes('3.00'))).toContain('●') // the highest point is inside
  })

  test('draws one step ahead, and a series that never moves', () => {
    const flat = came.points.map(([x]): [number, number] => [x, 5])
    const drawn = chart({ name: 'came', points: flat }, { name: 'forecast', points: [[1, 5]] }, { x: 'rows' })
    expect(drawn.join('').match(/●/g)).toHaveLength(2)
    expect(drawn.join('\n')).not.toContain('NaN')
  })

  test('is coloured where colours are wanted', () => {
    vi.stubEnv('FORCE_COLOR', '1')
    const drawn = chart(came, { name: 'forecast', points: [[1, 2]] }, { x: 'rows' }).join('\n')
    expect(drawn).toContain('\u001b[36m')
    expect(drawn).toContain('\u001b[33m●')
  })
})
