import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { adding, main as runAdding } from '../../examples/adding.ts'
import { main as runChorales } from '../../examples/chorales.ts'
import { copying, main as runCopyMemory } from '../../examples/copy-memory.ts'
import { main as runEtt } from '../../examples/etth1.ts'
import { recipes } from '../../examples/forecasts/recipes.ts'
import { commandOf as forecastCommand, main as runForecasts } from '../../examples/forecasts.ts'
import { main as runM4, scoresOf } from '../../examples/m4-hourly.ts'
import { main as runPixels } from '../../examples/pixel-mnist.ts'
import { main as runShakespeare } from '../../examples/shakespeare.ts'
import { commandOf } from '../../examples/support/results.ts'
import { readTable } from '../../src/index.ts'
import { prepareForecaster } from '../../src/tasks/index.ts'

const folder = mkdtempSync(join(tmpdir(), 'unrolled-examples-'))
afterAll(() => rmSync(folder, { recursive: true }))

/** What an example prints, its progress kept quiet. */
async function told(main: (args: string[]) => Promise<void>, command: string) {
  const quiet = vi.spyOn(console, 'error').mockImplementation(() => {})
  const log = vi.spyOn(console, 'log').mockImplementation(() => {})
  try {
    await main(command.split(' '))
    return JSON.parse(log.mock.calls[0]![0])
  } finally {
    quiet.mockRestore()
    log.mockRestore()
  }
}

/** Input and target of one sample. */
function sampleOf({ inputShape, targetShape, fillInputs, fillTargets }: ReturnType<typeof adding>, row: number) {
  const sizeOf = (shape: readonly number[]) => shape.reduce((size, n) => size * n, 1)
  const [input, target] = [new Float64Array(sizeOf(inputShape)), new Float64Array(sizeOf(targetShape))]
  fillInputs([row], input)
  fillTargets([row], target)
  return { input: [...input], target: [...target] }
}

describe('the adding problem', () => {
  test('marks one number in each half, and asks for their sum', () => {
    const samples = adding(7, 50, 3)
    for (let row = 0; row < samples.count; row++) {
      const { input, target } = sampleOf(samples, row)
      const marked = input.flatMap((mark, i) => (i % 2 === 1 && mark === 1 ? [(i - 1) / 2] : []))
      expect(marked.map((t) => t >= 3)).toEqual([false, true])
      expect(target[0]).toBe(input[2 * marked[0]!]! + input[2 * marked[1]!]!)
      expect(sampleOf(samples, row)).toEqual({ input, target })
    }
    expect(sampleOf(samples, 1)).not.toEqual(sampleOf(samples, 0))
    expect(sampleOf(adding(7, 50, 4), 0)).not.toEqual(sampleOf(samples, 0))
  })

  test('is learned over a few steps', async () => {
    const flags = '--steps 4 --units 8 --samples 1000 --epochs 12 --rates 0.02 --seed 2'
    const { task, test, steps, epochs, command } = await told(runAdding, flags)
    expect({ task, steps, epochs }).toEqual({ task: 'adding T=4', steps: 240, epochs: 12 })
    expect(test).toBeLessThan(0.02)
    expect(command).toBe(`npm run example -- adding ${flags}`)
  })
})

describe('copy memory', () => {
  test('asks for the ten symbols after the sign, and for blanks before', () => {
    const { input, target } = sampleOf(copying(5, 3, 1), 2)
    const symbols = input.slice(0, 10)
    for (const symbol of symbols) expect(symbol).toBeLessThan(8)
    expect(input.slice(10)).toEqual([...Array(4).fill(8), 9, ...Array(10).fill(8)])
    expect(target).toEqual([...Array(15).fill(8), ...symbols])
  })

  test('is recalled by a skip connection as long', async () => {
    const flags = '--blanks 5 --cell skip --units 32 --samples 1000 --epochs 16 --rates 0.01'
    const { task, besides } = await told(runCopyMemory, flags)
    expect(task).toBe('copy memory T=5')
    expect(besides['symbols recalled']).toBeGreaterThan(0.9)
    expect(besides['without memory']).toBeCloseTo((10 * Math.log(8)) / 25, 12)
  })
})

describe('examples that read data', () => {
  beforeAll(() => {
    const scale = Array.from({ length: 12 }, (_, i) => [60 + i, 64 + i])
    const pieces = [scale, [...scale.slice(0, 7), [-1]], scale.slice(0, 9)]
    writeFileSync(join(folder, 'chorales.json'), JSON.stringify({ train: pieces, valid: pieces, test: pieces }))
    writeFileSync(join(folder, 'text.txt'), 'to be or not to be\n'.repeat(60))
    const header = (...numbers: number[]) => Buffer.from(Uint32Array.from(numbers).buffer).swap32()
    const [pixels, labels] = [Buffer.alloc(3000 * 784), Buffer.alloc(3000)]
    for (let i = 0; i < 3000; i++) {
      labels[i] = i % 10
      pixels.fill(255, i * 784 + 78 * (i % 10), i * 784 + 78 * (i % 10) + 78)
    }
    const write = (name: string, ...parts: Buffer[]) =>
      writeFileSync(join(folder, name), gzipSync(Buffer.concat(parts), { level: 1 }))
    write('train-3000-images-idx3-ubyte.gz', header(2051, 3000, 28, 28), pixels)
    write('train-3000-labels-idx1-ubyte.gz', header(2049, 3000), labels)
  })

  test('chorales learn a scale', async () => {
    const flags = `--data ${folder}/chorales.json --units 24 --epochs 60 --inputs 0 --states 0 --outputs 0 --batch 1 --rates 0.05`
    const { task, test, command } = await told(runChorales, flags)
    expect(task).toBe('JSB chorales')
    expect(test).toBeLessThan(2) // two of 88 keys by chance: 10.8
    expect(command).not.toContain(folder)
  })

  test('Shakespeare learns a sentence', async () => {
    const flags = `--data ${folder}/text.txt --units 24 --embedding 8 --batch 2 --window 20 --epochs 12 --rates 0.02 --dropout 0`
    const { task, test } = await told(runShakespeare, flags)
    expect(task).toBe('Tiny Shakespeare')
    expect(test).toBeLessThan(0.5)
  })

  test('pixels are read in the order said', async () => {
    const flags = `--data ${folder} --order permuted --units 2 --epochs 1`
    const { task, test, besides } = await told(runPixels, flags)
    expect(task).toBe('permuted MNIST')
    expect(test).toBeGreaterThan(0)
    expect(besides['on validation']).toBeGreaterThan(0)
  })

  test('hours of a transformer that repeat themselves are forecast, each column by itself', async () => {
    const rows = Array.from({ length: 480 }, (_, t) =>
      [`2020-01-${t}`, Math.sin((t * Math.PI) / 12), 5 + 2 * Math.cos((t * Math.PI) / 6)].join(','),
    )
    writeFileSync(join(folder, 'hours.csv'), ['date,a,b', ...rows].join('\n'))
    const flags = `--data ${folder}/hours.csv --month 24 --past 48 --horizon 12 --segment 6 --units 16 --epochs 20 --rate 0.01 --batch 16 --dropout 0`
    const { task, test, besides, epochs } = await told(runEtt, flags)
    expect({ task, epochs }).toEqual({ task: 'ETTh1, 12 ahead', epochs: 20 })
    expect(test).toBeLessThan(0.02) // of a variance of 1
    expect(besides.MAE).toBeGreaterThan(0)
    await expect(told(runEtt, `--data ${folder}/hours.csv --past 48`)).rejects.toThrow(
      /hours\.csv: expected 14400 rows, of which 8640 train, got 480$/,
    )
  })

  test('M4: series of any size are forecast by one model, and validation leaves their ends out', async () => {
    const hours = (from: number, to: number, level: number, odd = 0) =>
      Array.from({ length: to - from }, (_, i) => level * (2 + Math.sin(((from + i) * Math.PI) / 12)) + odd).join(',')
    const write = (name: string, from: number, to: number, odd = 0) =>
      writeFileSync(join(folder, name), [10, 5000].map((level, s) => `H${s},${hours(from, to, level, odd)}`).join('\n'))
    write('m4-hourly-train.csv', 0, 500)
    write('m4-hourly-test.csv', 500, 548, 1e4)
    const flags = `--data ${folder} --past 24 --units 16 --epochs 10 --members 2 --batch 16 --rate 0.01 --dropout 0`
    const test = await told(runM4, flags)
    const validation = await told(runM4, `${flags} --validate`)
    expect(validation.test).toBeLessThan(3)
    expect(validation.besides['the day before']).toMatch(/^0.00, /)
    expect(test.test).toBeGreaterThan(80) // the test part is of another size
    expect(test.steps).toBeGreaterThan(validation.steps)
  })

  test('M4: sMAPE and MASE as the competition has them', () => {
    const before = [Float64Array.from({ length: 48 }, (_, t) => (t < 24 ? 1 : 3))]
    const scores = scoresOf([Float64Array.of(3, 1)], [Float64Array.of(1, 1)], before)
    expect(scores).toEqual({ sMAPE: 50, MASE: 0.5 })
  })

  test('say where data comes from that is not there', async () => {
    await expect(told(runShakespeare, `--data ${folder}/none.txt`)).rejects.toThrow(
      `there is no file '${folder}/none.txt'; get it from github.com/karpathy/char-rnn (data/tinyshakespeare) and name it by --data PATH`,
    )
    await expect(told(runPixels, `--data ${folder} --order random`)).rejects.toThrow(
      "--order: expected sequential or permuted, got 'random'",
    )
  })
})

test('a command is told without where files are', () => {
  expect(commandOf('x', ['--seed', '2', '--data', '/a/b', '--record', '--python=/c'])).toBe(
    'npm run example -- x --seed 2',
  )
})

describe('forecasts of real series', () => {
  const day = (i: number) => new Date(Date.UTC(2000, 0, 1 + i)).toISOString().slice(0, 10)
  const rows = Array.from({ length: 400 }, (_, i) => {
    const wave = 20 + 10 * Math.sin(i / 5) + ((i * 7) % 5)
    return { i, wave, rain: i % 3 === 0 ? 2.5 : 0, time: Date.UTC(2018, 0, 31) + i * 360_000 + ((i * 7919) % 240_000) }
  })
  const path = join(folder, 'made.csv')
  writeFileSync(
    path,
    [
      'date,time_ms,type,Temp,temp_max,temp_min,wind,precipitation,nuovi_positivi,close,Passengers,Sunspots',
      ...rows.map(({ i, wave, rain, time }) =>
        [
          day(i),
          time,
          i % 9 === 0 ? 'blast' : 'earthquake',
          wave,
          wave,
          wave - 5,
          wave / 9,
          rain,
          ...Array(4).fill(wave),
        ].join(),
      ),
    ].join('\n'),
  )

  test.each(Object.entries(recipes))(
    'the recipe of %s is one that training takes, as is its command',
    async (_, recipe) => {
      const table = await readTable(path)
      const split = { validation: 60, test: 60 }
      const request = { time: 'date', ...recipe.request, past: Math.min(40, recipe.request.past ?? 28), split }
      const { options, data } = prepareForecaster(table, request, 'simd')
      expect(data.test.count).toBeGreaterThan(0)
      const words = forecastCommand(recipe)
      expect(words).toMatch(/^unrolled train \S+ /)
      for (const name of Object.keys(recipe.request)) expect(Object.keys(options)).toContain(name)
    },
  )

  test('one is trained from two seeds, and told beside its baselines', async () => {
    const told2 = await told(runForecasts, `--set seattle --seeds 2 --seed 5 --data ${path}`).catch(
      (error) => error.message,
    )
    expect(told2).toContain('too few')
    const long = Array.from({ length: 1100 }, (_, i) => `${day(i)},${10 + 5 * Math.sin(i / 9) + ((i * 13) % 7)}`)
    const melbourne = join(folder, 'melbourne.csv')
    writeFileSync(melbourne, `Date,Temp\n${long.join('\n')}\n`)
    const result = await told(runForecasts, `--set melbourne --seeds 2 --seed 5 --data ${melbourne}`)
    expect(result.seeds).toHaveLength(2)
    expect(result.test).toBeCloseTo((result.seeds[0] + result.seeds[1]) / 2, 12)
    expect(result.test).toBeLessThan(result.baselines['last value'])
  })

  test('an unknown set is refused', async () => {
    await expect(runForecasts(['--set', 'snow'])).rejects.toThrow('--set: expected one of melbourne, seattle')
  })
})
