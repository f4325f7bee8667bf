import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { main } from '../../examples/gradients.ts'
import { InputError } from '../../src/index.ts'

const cells = [
  'simple RNN',
  'RNN, weights × 3',
  'leaky, α = 0.98',
  'RNN, skips of 10',
  'GRU, gates open',
  'LSTM, gates open',
  'LSTM, gates half open',
]
let folder = ''

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'unrolled-gradients-'))
})
afterEach(() => {
  vi.restoreAllMocks()
  rmSync(folder, { recursive: true })
})

describe('the picture of gradients', () => {
  test('shows every cell before and while training, with and without clipping, and the table says it in words', async () => {
    const said = vi.spyOn(console, 'log').mockImplementation(() => {})
    const told = vi.spyOn(process.stderr, 'write').mockImplementation(() => true)
    const out = join(folder, 'gradients.svg')
    await main('--steps 30 --units 3 --samples 32 --epochs 9 --seeds 1 --out'.split(' ').concat(out))
    const svg = readFileSync(out, 'utf8')
    const count = (pattern: RegExp) => svg.match(pattern)?.length ?? 0
    for (const cell of cells) expect(svg.split(`>${cell}<`).length - 1, cell).toBe(3) // a legend and two rows of panels
    for (const words of [
      'step',
      'update',
      'loss',
      '‖gradient‖',
      '‖∂loss/∂state‖',
      'without clipping',
      'clipped to a norm of 1',
    ])
      expect(svg.includes(`>${words}<`), words).toBe(true)
    expect(count(/>What came first is asked for last, 30 steps later</g)).toBe(1)
    // Seven lines of gradients, and for each cell two runs in each of two panels.
    expect(count(/aria-roledescription="line mark"/g)).toBe(7 + 7 * 2 * 2)
    expect(count(/NaN|undefined|Infinity/g)).toBe(0)

    const table = said.mock.calls.flat().join('\n')
    const verdicts = table.match(/The gradient (vanishes|explodes|neither).*\./g)!
    expect(verdicts).toHaveLength(7)
    const back = verdicts.flatMap((verdict) => /(\d+) steps back/.exec(verdict)?.[1] ?? [])
    expect(back.length).toBeGreaterThan(0)
    for (const steps of back) expect(svg.includes(`>${steps} steps back<`), steps).toBe(true)
    expect(count(/>\d+ steps back</g)).toBe(back.length)
    for (const cell of cells) expect(table).toContain(cell)
    expect(table.match(/without clipping: loss \d+\.\d{3}; largest norm \d/g)).toHaveLength(7)
    expect(told.mock.calls.join('\n')).toMatch(
      /training 14 of 14: LSTM, gates half open, clipped to a norm of 1, \d+ s left/,
    )
  })

  test('refuses numbers that are none', async () => {
    await expect(main(['--steps', 'many'])).rejects.toThrow(
      new InputError('--steps: expected a whole number of at least 1, got many'),
    )
  })
})
