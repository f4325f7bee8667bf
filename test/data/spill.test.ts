import { existsSync, readdirSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { InputError } from '../../src/base/errors.ts'
import {
  latestWindows,
  type Missing,
  type Normalisation,
  panelOf,
  type ReadOptions,
  type Reads,
  readTable,
  type ScalerKind,
  type WindowedData,
  type WindowOptions,
  type WindowSet,
  windows,
} from '../../src/data/index.ts'
import { MemoryNumbers } from '../../src/data/numbers.ts'
import { Spill } from '../../src/data/spill.ts'

const read = (text: string, spill: boolean, options: ReadOptions = {}) =>
  readTable(new File([text], 'x.csv'), { ...options, spill })

/** The same file in memory and spilled. */
const both = async (text: string, options?: ReadOptions) =>
  [await read(text, false, options), await read(text, true, options)] as const

/** All that training sees of windows. */
function seen(set: WindowSet) {
  const [steps, features] = set.inputShape
  const rows = Array.from({ length: set.count }, (_, i) => i)
  const [x, x32] = [new Float64Array(set.count * steps * features), new Float32Array(set.count * steps * features)]
  const y = new Float64Array(set.count * set.targetShape[0]!)
  set.fillInputs(rows, x)
  set.fillInputs(rows, x32)
  set.fillTargets(rows, y)
  const [units, described] = [rows.map((i) => set.units(i)), rows.slice(0, 3).map((i) => set.describe(i))]
  return { x, x32, y, targets: set.targets(), origins: rows.map((i) => set.origin(i)), units, described }
}

const allOf = ({ spec, sorted, panel, ...data }: WindowedData) => ({
  ...{ spec, sorted, notes: panel.notes, series: panel.series },
  ...{ train: seen(data.train), validation: seen(data.validation), test: seen(data.test) },
})

/** What comes of something, a refusal included. */
const outcome = <V>(make: () => V) => {
  try {
    return make()
  } catch (error) {
    if (error instanceof InputError) return error.message
    throw error
  }
}

const number = fc.oneof({ weight: 9, arbitrary: fc.double({ min: -5, max: 50, noNaN: true }) }, fc.constant(Number.NaN))

/** A table of one series or several, in order or not, and a way to window it. */
const cases = fc.record({
  ids: fc.integer({ min: 1, max: 3 }),
  rows: fc.array(fc.tuple(number, number, fc.double({ min: 0, max: 1, noNaN: true })), {
    minLength: 30,
    maxLength: 90,
  }),
  inOrder: fc.boolean(),
  gaps: fc.boolean(),
  missing: fc.constantFrom<Missing>('previous', 'linear', 'zero', 'skip', 'skip'),
  options: fc.record({
    past: fc.integer({ min: 1, max: 4 }),
    horizon: fc.integer({ min: 1, max: 3 }),
    inputs: fc.constantFrom<string[]>(['a'], ['b', 'a'], ['b'], []),
    future: fc.constantFrom<string[]>([], ['b']),
    lags: fc.constantFrom<number[]>([], [3], [4, 6]),
    calendar: fc.constantFrom<('hour' | 'weekday')[]>([], ['weekday'], ['hour', 'weekday']),
    reads: fc.constantFrom<(Reads | undefined)[]>(undefined, undefined, 'all'),
    scale: fc.constantFrom<ScalerKind>('standard', 'minmax', 'mean', 'none'),
    normalise: fc.constantFrom<Normalisation>('none', 'last', 'standard', 'mean'),
    log: fc.boolean(),
  }),
})

function textOf({
  ids,
  rows,
  inOrder,
  gaps,
}: {
  ids: number
  rows: [number, number, number][]
  inOrder: boolean
  gaps: boolean
}) {
  const cell = (value: number) => (Number.isNaN(value) ? '' : String(value))
  const lines = rows
    .map(([a, b, chance], i) => ({ line: `s${i % ids},${dayOf(Math.floor(i / ids))},${cell(a)},${cell(b)}`, chance }))
    .filter(({ chance }, i) => !gaps || chance > 0.1 || i === 0)
  if (!inOrder) lines.sort((one, other) => one.chance - other.chance)
  return `id,day,a,b\n${lines.map(({ line }) => line).join('\n')}\n`
}

const dayOf = (day: number) => new Date(Date.UTC(2024, 0, 1 + day)).toISOString().slice(0, 10)

describe('a table in a temporary file', () => {
  test('gives the windows of one in memory, in any order, with any options', async () => {
    let whole = 0
    await fc.assert(
      fc.asyncProperty(cases, async ({ options, missing, ...rows }) => {
        const asked: WindowOptions = { ...options, target: 'a', id: 'id', missing, split: [0.6, 0.2, 0.2] }
        const [memory, spilled] = await both(textOf(rows))
        const [wanted, got] = [memory, spilled].map((table) => outcome(() => allOf(windows(table, asked))))
        expect(got).toEqual(wanted)
        if (typeof wanted !== 'string') whole++
        spilled.close()
      }),
      { numRuns: 150 },
    )
    expect(whole).toBeGreaterThan(40)
  })

  test('forecasts from the same latest windows', async () => {
    const line = (_: unknown, i: number) => `s${i % 2},${dayOf(i >> 1)},${i < 96 ? Math.sin(i) : ''},${Math.cos(i)}`
    const tables = await both(`id,day,a,b\n${Array.from({ length: 100 }, line).join('\n')}\n`)
    const [wanted, got] = tables.map((table) => {
      const { spec } = windows(table, { target: 'a', future: ['b'], id: 'id', past: 5, horizon: 2 })
      const { samples, series } = latestWindows(spec, table)
      const x = new Float64Array(2 * samples.inputShape[0] * samples.inputShape[1])
      samples.fillInputs([0, 1], x)
      return { series, x }
    })
    expect(got).toEqual(wanted)
  })

  test.each([
    ['numbers in another spelling', 'x;day\n1,5;2024-01-01\n2.000,25;2024-01-02\n'],
    ['signs, and true and false', 'x,on\n$3,true\n€4,false\n,true\n'],
    [
      'words among numbers',
      `x,y\n${Array.from({ length: 300 }, (_, i) => `${i === 7 ? 'NA' : i},${i % 9 ? 'a' : i}`).join('\n')}\n`,
    ],
  ])('reads %s as in memory', async (_, text) => {
    const [memory, spilled] = await both(text)
    expect(spilled.notes).toEqual(memory.notes)
    expect(spilled.columns.map((name) => spilled.kind(name))).toEqual(memory.columns.map((name) => memory.kind(name)))
    expect(spilled.columns.map((name) => spilled.text(name))).toEqual(memory.columns.map((name) => memory.text(name)))
  })

  test.each(['first', 'last', 'mean'] as const)('merges rows of one time by %s as in memory', async (duplicates) => {
    const text = `day,a\n${Array.from({ length: 40 }, (_, i) => `${dayOf(i - (i % 3 === 2 ? 1 : 0))},${i === 7 ? '' : i}`).join('\n')}`
    const [wanted, got] = (await both(text)).map((table) => {
      const panel = panelOf(table, { duplicates, missing: 'linear' })
      return { values: panel.numbers('a'), rows: panel.table.rowCount, notes: panel.notes }
    })
    expect(got).toEqual(wanted)
  })

  test('refuses a cell in the same words', async () => {
    const text = `x\n${Array.from({ length: 50 }, (_, i) => (i === 33 ? 'oops' : i)).join('\n')}\n`
    const [wanted, got] = (await both(text)).map((table) => outcome(() => table.numbers('x')))
    expect(got).toBe(wanted)
    expect(got).toContain("row 34, column 'x': expected a number, got 'oops'")
  })

  test('takes JSON lines and Parquet as CSV', async () => {
    const lines = Array.from({ length: 20 }, (_, i) => JSON.stringify({ x: i / 4, day: dayOf(i) })).join('\n')
    const table = await readTable(new File([lines], 'x.jsonl'), { spill: true })
    expect(table.store).toBeInstanceOf(Spill)
    expect([...table.numbers('x')]).toEqual(Array.from({ length: 20 }, (_, i) => i / 4))
  })
})

describe('numbers in a temporary file', () => {
  const values = Float64Array.from({ length: 3 * 8192 + 17 }, (_, i) => Math.sin(i))
  const spilledOf = () => {
    const writer = new Spill().writer()
    writer.write(values.subarray(0, 5000))
    for (const value of values.subarray(5000)) writer.push(value)
    return writer.finish()
  }
  const place = fc.nat(values.length)
  const bytesOf = ({ buffer, byteOffset, byteLength }: ArrayBufferView) => Buffer.from(buffer, byteOffset, byteLength)

  test('are those that were written, whatever part of them is read', () => {
    const [spilled, memory] = [spilledOf(), new MemoryNumbers(values)]
    fc.assert(
      fc.property(place, place, (one, other) => {
        const [from, to] = [Math.min(one, other), Math.max(one, other)]
        const same = (a: ArrayBufferView, b: ArrayBufferView) => expect(bytesOf(a).equals(bytesOf(b))).toBe(true)
        same(spilled.part(from, to), memory.part(from, to))
        const [got, wanted] = [new Float32Array(to - from + 2), new Float32Array(to - from + 2)]
        spilled.copy(from, to, got, 1)
        memory.copy(from, to, wanted, 1)
        same(got, wanted)
        expect([...spilled.pieces(from, to)].reduce((sum, piece) => sum + piece.length, 0)).toBe(to - from)
      }),
    )
    expect([...spilled.pieces(9000)].length).toBe(3)
  })

  test('are taken in any order, with none for a row that was added', () => {
    const [spilled, memory] = [spilledOf(), new MemoryNumbers(values)]
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -1, max: values.length - 1 }), { maxLength: 500 }), (places) => {
        expect(spilled.take(places).part(0, places.length)).toEqual(memory.take(places).values)
      }),
    )
  })
})

describe('the temporary file', () => {
  let folder: string
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'spill-'))
    vi.stubEnv('TMPDIR', folder)
  })
  afterEach(async () => {
    vi.unstubAllEnvs()
    await rm(folder, { recursive: true })
  })

  test('has no name, so that nothing stays behind; a closed table says so', async () => {
    const table = await read('x\n1\n2\n', true)
    expect(readdirSync(folder)).toEqual([])
    table.close()
    table.close()
    expect(() => table.numbers('x')).toThrow(
      new InputError('the table was closed, and its numbers are gone; read it again'),
    )
  })

  test('is refused in words where it cannot be', async () => {
    vi.stubEnv('TMPDIR', join(folder, 'nowhere'))
    expect(existsSync(join(folder, 'nowhere'))).toBe(false)
    await expect(read('x\n1\n', true)).rejects.toThrow(
      new InputError(
        `'${join(folder, 'nowhere')}', where numbers are put that memory does not hold: it can't be written (ENOENT); name another ` +
          'folder with TMPDIR',
      ),
    )
  })
})

/** Bytes of arrays that are not garbage. */
async function held(): Promise<number> {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc')
  for (let round = 0; round < 3; round++) {
    collect()
    await setImmediate()
  }
  return process.memoryUsage().arrayBuffers
}

test('what a spilled table and its windows take in memory does not grow with its columns', async () => {
  const [rows, wide] = [15_000, 30]
  const names = Array.from({ length: wide }, (_, j) => `c${j}`)
  const line = (_: unknown, i: number) => names.map((_, j) => ((i * 31 + j * 17) % 1000) / 8).join(',')
  const text = `${names.join(',')}\n${Array.from({ length: rows }, line).join('\n')}\n`
  const options = { inputs: names, target: 'c0', past: 24, horizon: 4 }
  const taken = async (spill: boolean) => {
    const before = await held()
    const { train } = windows(await read(text, spill), options)
    train.at(train.count - 1)
    return { train, bytes: (await held()) - before }
  }
  const column = rows * 8
  const memory = await taken(false)
  const spilled = await taken(true)
  expect(memory.bytes).toBeGreaterThan(2 * wide * column)
  // The blocks that are looked up, and four bytes a row to number the windows.
  expect(spilled.bytes).toBeLessThan(64 * 8192 * 8 + 2 * column)
  expect(spilled.train.at(7)).toEqual(memory.train.at(7))
})
