import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { readCsv, windowsFrom } from '../../src/data/index.ts'
import type { Score } from '../../src/tasks/evaluation.ts'
import { forecast } from '../../src/tasks/forecast.ts'
import { predict } from '../../src/tasks/forecaster.ts'
import { metricsOf } from '../../src/tasks/metrics.ts'
import { readRun } from '../../src/tasks/run-folder.ts'
import type { MemoryPlan } from '../../src/train/index.ts'
import { type Answer, kernels, scratch, tiny, unrolled, weatherCsv } from './unrolled.ts'

interface Printed {
  readonly test: readonly Score[]
  readonly windows: number
  readonly forecast: readonly { readonly time: string; readonly value: number; readonly [end: string]: unknown }[]
}

const folder = scratch()
const at = (...path: string[]) => join(folder.path, ...path)
const call = (...args: string[]) => unrolled(folder.path, args)

/** Runs a command with --json: stdout is one document, and there is nothing else. */
async function json(...args: string[]): Promise<Printed> {
  const { code, stdout, stderr } = await call(...args, '--json')
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  return JSON.parse(stdout)
}

let trained: Answer
beforeAll(async () => {
  // The same kernels here as in the processes, so that numbers can be equal.
  vi.stubEnv('UNROLLED_KERNELS', kernels)
  await folder.write('weather.csv', weatherCsv())
  await folder.write('next.csv', weatherCsv({ rows: 190 }))
  await folder.write('plain.csv', weatherCsv({ dates: false }))
  const both = ['--target', 'warmth', '--unit', '°C', '--inputs', 'warmth,rain']
  const runs = await Promise.all([
    call('train', 'weather.csv', ...both, ...tiny),
    call('train', 'weather.csv', '--target', 'warmth', ...tiny, '--out', 'deep/alone'),
    call('train', 'plain.csv', '--target', 'warmth', ...tiny, '--cell', 'gru'),
  ])
  expect(runs.map(({ code, stderr }) => ({ code, stderr }))).toEqual(Array(3).fill({ code: 0, stderr: '' }))
  trained = runs[0]
}, 60_000)
afterAll(() => {
  vi.unstubAllEnvs()
})

describe('train', () => {
  test('says what it read, made, scored and wrote, in 80 columns but for commands to copy', () => {
    const { stdout } = trained
    expect(stdout).toContain('weather.csv: 160 rows, 2023-01-01 to 2023-06-09\n  one row a day\n\n')
    expect(stdout).toContain(
      '7 rows of warmth, rain → 3 of warmth in °C\n103 windows to train, 22 to validate, 22 to test',
    )
    expect(stdout).toMatch(
      /^lstm of 4 units and a dense layer of 3, 143 weights, simd kernels, (one thread|\d+ threads)$/m,
    )
    expect(stdout).toMatch(/^at most \d\.\d MiB of memory, \d\.\d MiB of it for what a step keeps/m)
    expect(stdout).toMatch(/^12 steps in 3 epochs, about \d+ s$/m)
    expect(stdout).toMatch(/Trained 3 epochs in \d+\.\d s; kept epoch [123], the best on validation\./)
    expect(stdout).toContain('Test part: 22 forecasts of warmth in °C, 1 to 3 ahead')
    expect(stdout).toMatch(/^ {2,}MAE {3,}RMSE {3,}MASE {3,}sMAPE {3}in 80 % {3}in 95 %$/m)
    expect(stdout).toMatch(/^ {2}LSTM {2,}\d+\.\d\d {3,}\d+\.\d\d {3,}[\d.]+ {3,}[\d.]+ % {3,}[\d.]+ % {3,}[\d.]+ %$/m)
    expect(stdout).toContain('Left out: day-of-year mean, fewer than a year of training rows (112).')
    expect(stdout).toMatch(/^The LSTM (beats|is behind) /m)
    expect(stdout).toContain('The last test forecast of warmth in °C after 2023-06-06:')
    expect(stdout).toContain('Loss by epoch  ⠒ training  ● validation\n')
    expect(stdout).toContain(
      'Written to runs/weather, with runs/weather/report.html to look at. Next:\n  npx unrolled forecast runs/weather',
    )
    const long = stdout.split('\n').filter((line) => line.length > 80 && !line.startsWith('  npx unrolled'))
    expect(long).toEqual([])
  })

  test('the commands it suggests work as they are', async () => {
    const lines = trained.stdout.split('\n').filter((line) => line.startsWith('  npx unrolled '))
    expect(lines).toHaveLength(2)
    for (const line of lines) {
      const words = line.replace(/ # .*/, '').trim().split(/ +/).slice(2)
      const { code, stderr } = await call(...words, ...(words[0] === 'train' ? tiny : []))
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    }
    expect(await readdir(at('runs'))).toEqual(expect.arrayContaining(['weather', 'weather-gru']))
  })

  test('says how to go on from a clone, where it was started from one', async () => {
    const clone = { UNROLLED_COMMAND: 'npm run unrolled --' }
    const args = ['train', 'weather.csv', '--target', 'warmth', ...tiny, '--out', 'it is mine']
    const { stdout } = await unrolled(folder.path, args, clone)
    expect(stdout).toContain("\n  npm run unrolled -- forecast 'it is mine'  #")
  })

  test('writes a model, a line an epoch, a record, a report and its last checkpoints, and nothing else', async () => {
    expect((await readdir(at('runs/weather'))).sort()).toEqual([
      'checkpoint.before.safetensors',
      'checkpoint.safetensors',
      'metrics.jsonl',
      'model.safetensors',
      'report.html',
      'run.json',
    ])
    const epochs = (await readFile(at('runs/weather/metrics.jsonl'), 'utf8')).trimEnd().split('\n')
    expect(epochs.map((line) => JSON.parse(line).epoch)).toEqual([1, 2, 3])
    const record = JSON.parse(await readFile(at('runs/weather/run.json'), 'utf8'))
    expect(record).toMatchObject({
      format: 2,
      task: 'forecast',
      kernels,
      data: { path: '../../weather.csv', rows: 160 },
    })
    expect(record.options).toMatchObject({ target: 'warmth', unit: '°C', inputs: ['warmth', 'rain'], past: 7, seed: 0 })
  })

  test('keeps the epoch that was best on validation', async () => {
    const record = JSON.parse(await readFile(at('runs/weather/run.json'), 'utf8'))
    const lines = (await readFile(at('runs/weather/metrics.jsonl'), 'utf8')).trimEnd().split('\n')
    const losses = lines.map((line) => JSON.parse(line).validation.loss)
    const epoch = losses.indexOf(Math.min(...losses)) + 1
    expect(record.best).toEqual({ epoch, step: 4 * epoch, loss: Math.min(...losses) })
  })

  test('takes rows in any order, and says so', async () => {
    const [header, ...rows] = weatherCsv().trimEnd().split('\n')
    await folder.write('reversed.csv', [header, ...rows.reverse()].join('\n'))
    const { stdout } = await call('train', 'reversed.csv', '--target', 'warmth', ...tiny)
    expect(stdout).toContain('reversed.csv: 160 rows, 2023-01-01 to 2023-06-09 (sorted by time)')
    const models = ['runs/reversed', 'deep/alone'].map((run) => readFile(at(run, 'model.safetensors')))
    const [one, other] = await Promise.all(models)
    expect(one!.equals(other!)).toBe(true)
  })

  test('gives the same model file for the same seed, and another for another', async () => {
    const files = await Promise.all(
      ['3', '3', '4'].map(async (seed, i) => {
        await json('train', 'weather.csv', '--target', 'warmth', ...tiny, '--seed', seed, '--out', `seed ${i}`)
        return readFile(at(`seed ${i}`, 'model.safetensors'))
      }),
    )
    expect(files[0]!.equals(files[1]!)).toBe(true)
    expect(files[0]!.equals(files[2]!)).toBe(false)
  })

  test('--json prints one document: the record, where it is, how long it took and how much memory', async () => {
    const printed = await json('train', 'weather.csv', '--target', 'warmth', ...tiny, '--out', 'told')
    const { format, task, ...record } = JSON.parse(await readFile(at('told/run.json'), 'utf8'))
    expect([format, task]).toEqual([2, 'forecast'])
    const { memory, ...others } = printed as Printed & { memory: MemoryPlan }
    expect(others).toEqual({ ...record, run: 'told', warnings: [], seconds: expect.any(Number) })
    const { total, ...parts } = memory
    expect(parts.parameters).toBeGreaterThanOrEqual(4 * 127)
    expect(Object.values(parts).reduce((sum, bytes) => sum + bytes, 0)).toBe(total)
  })
})

describe('evaluate', () => {
  test("gives train's numbers again, to the last digit", async () => {
    const record = JSON.parse(await readFile(at('runs/weather/run.json'), 'utf8'))
    const { test: scores, windows } = await json('evaluate', 'runs/weather')
    expect(scores).toEqual(record.test)
    expect(windows).toBe(22)
    const { stdout, stderr } = await call('evaluate', 'runs/weather')
    const start = trained.stdout.indexOf('Test part')
    expect(stdout.trimEnd()).toBe(trained.stdout.slice(start, trained.stdout.indexOf('\n\nThe last test forecast')))
    expect(stderr).toBe('')
  })

  test("are the metrics of the model's own predictions", async () => {
    const run = await readRun(at('runs/weather'))
    const { test: part } = windowsFrom(run.spec, await readCsv(at('weather.csv')))
    const { test: scores } = await json('evaluate', 'runs/weather')
    expect(scores[0]).toMatchObject({ name: 'LSTM', metrics: metricsOf(predict(run, part).means, part.targets()) })
  })

  test('takes all windows of another table, with baselines from the first', async () => {
    const { test: scores, windows } = await json('evaluate', 'runs/weather', 'next.csv')
    expect(windows).toBe(190 - 7 - 3 + 1)
    expect(scores.map(({ name }) => name)).toEqual([
      ...['LSTM', 'last value', 'same weekday a week ago', 'day-of-year mean', 'drift', 'window linear', 'window MLP'],
    ])
    const values = (await readCsv(at('next.csv'))).numbers('warmth')
    const origins = Array.from({ length: windows }, (_, i) => i + 6)
    const last = origins.flatMap((row) => Array(3).fill(values[row]))
    const came = origins.flatMap((row) => [...values.slice(row + 1, row + 4)])
    expect(scores[1]!.metrics).toMatchObject(metricsOf(last, came))
  })

  test('leaves out what learns from data that is gone, saying so, and keeps the last value', async () => {
    await folder.write('passing.csv', weatherCsv())
    await json('train', 'passing.csv', '--target', 'warmth', ...tiny)
    await folder.write('passing.csv', weatherCsv({ rows: 150 }))
    const { test: scores } = await json('evaluate', 'runs/passing', 'next.csv')
    expect(scores.map(({ name }) => name)).toEqual(['LSTM', 'last value', 'other baselines'])
    const { stdout } = await call('evaluate', 'runs/passing', 'next.csv')
    expect(stdout.replaceAll('\n', ' ')).toContain(
      "Left out: other baselines, they learn from the run's own data: 'passing.csv' has changed since the run was trained",
    )
  })
})

describe('several series', () => {
  beforeAll(async () => {
    const lines = (shop: string, level: number) =>
      weatherCsv({ rows: 60 })
        .trimEnd()
        .split('\n')
        .slice(1)
        .map((line) => {
          const [date, warmth] = line.split(',')
          return `${shop},${date},${(level * Number(warmth)).toFixed(1)}`
        })
    const short = ['tiny,2023-01-01,3', 'tiny,2023-01-02,4']
    await folder.write('shops.csv', ['shop,date,sales', ...lines('b', 1), ...lines('a', 10), ...short].join('\n'))
    const args = ['--id', 'shop', '--target', 'sales', '--head', 'gaussian', ...tiny]
    const { code, stderr, stdout } = await call('train', 'shops.csv', ...args)
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toContain(
      "shops.csv: 122 rows, 2023-01-01 to 2023-03-01 (sorted by time)\n  3 series by 'shop', of 2 to 60 rows\n",
    )
    expect(stdout).toContain('  says of each row a normal distribution, with intervals of 80 % and 95 %\n')
    expect(stdout).toContain('The last test forecast of sales, series a after 2023-02-26:\n')
  })

  test('are all forecast; a person sees the first, or the one that is asked for', async () => {
    const { forecast: rows } = await json('forecast', 'runs/shops')
    expect(rows.map(({ series, time }) => [series, time])).toEqual(
      ['a', 'b'].flatMap((shop) => ['2023-03-02', '2023-03-03', '2023-03-04'].map((day) => [shop, day])),
    )
    const [first, second] = await Promise.all([
      call('forecast', 'runs/shops'),
      call('forecast', 'runs/shops', '--series', 'b'),
    ])
    expect(first.stdout).toMatch(/^Series a\n\ntime/)
    expect(first.stdout).toContain('\nNot shown: 1 other series (--series ID shows one); --out FILE.csv writes all.\n')
    expect(first.stdout).toContain('\nToo short to be forecast, and left out: tiny (1 series).\n')
    expect(second.stdout).toMatch(/^Series b\n\ntime/)
    expect(second.stdout).not.toContain('Not shown')
    expect(await call('forecast', 'runs/shops', '--series', 'c')).toEqual({
      ...{ code: 2, stdout: '' },
      stderr: "--series: there is no series 'c'; did you mean 'a'?\n",
    })
  })

  test('are told apart by evaluate', async () => {
    const document = (await json('evaluate', 'runs/shops', '--by', 'series')) as unknown as {
      parts: Score[]
      test: Score[]
    }
    expect(document.parts.map(({ name }) => name)).toEqual(['a', 'b'])
    const mean = document.parts.reduce((sum, { metrics }) => sum + metrics!.smape!, 0) / 2
    expect(mean).toBeCloseTo(document.test[0]!.metrics!.smape!, 9)
    const { stdout } = await call('evaluate', 'runs/shops', '--by', 'step', '--html', 'shops.html')
    expect(stdout).toMatch(/^Test part: \d+ forecasts of sales, 1 to 3 ahead, of 2 series\n/)
    expect(stdout).toMatch(/\nBy rows ahead\n\n {2}ahead .*\n.*\n {2}1 .*\n {2}2 .*\n {2}3 /)
    expect(await readFile(at('shops.html'), 'utf8')).toContain('<h1>sales: test part of shops.csv</h1>')
  })
})

describe('forecast', () => {
  test("is the library's own prediction, to the last digit, with the days to come", async () => {
    const { forecast: rows } = await json('forecast', 'runs/weather')
    const run = await readRun(at('runs/weather'))
    const [series] = forecast(run, run.spec, await readCsv(at('weather.csv'))).series
    expect(rows.map(({ value }) => value)).toEqual([...series!.means])
    for (const level of [0.8, 0.95]) {
      const ends = rows.map((row) => [row[`low_${100 * level}`], row[`high_${100 * level}`]])
      expect(ends).toEqual([0, 1, 2].map((ahead) => series!.interval(ahead, level)))
    }
    expect(rows.map(({ time }) => time)).toEqual(['2023-06-10', '2023-06-11', '2023-06-12'])
  })

  test('goes on from another table', async () => {
    const { forecast: rows } = await json('forecast', 'runs/weather', 'next.csv')
    const run = await readRun(at('runs/weather'))
    const [series] = forecast(run, run.spec, await readCsv(at('next.csv'))).series
    expect(rows.map(({ value }) => value)).toEqual([...series!.means])
    expect(rows[0]!.time).toBe('2023-07-10')
  })

  test('draws a table and a chart', async () => {
    const { stdout, stderr } = await call('forecast', 'runs/weather')
    expect(stderr).toBe('')
    expect(stdout).toMatch(
      /^time {6,}warmth in °C {3,}80 % {3,}95 %\n─+\n2023-06-10 {5,}\d+\.\d+( {3,}-?[\d.]+ – [\d.]+){2}\n/,
    )
    expect(stdout).toContain('⠒ warmth   ● forecast   ░ 80 % interval')
    expect(stdout.match(/●/g)!.length).toBe(4) // the legend's and three forecasts
    expect(Math.max(...stdout.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80)
  })

  test('rolls on from its own forecasts where the target is all it sees', async () => {
    const { forecast: rows } = await json('forecast', 'deep/alone', '--horizon', '8')
    expect(rows).toHaveLength(8)
    expect(rows[7]!.time).toBe('2023-06-17')
    // The second turn forecasts from the last four rows and the first turn's three.
    const known = (await readFile(at('weather.csv'), 'utf8')).trimEnd()
    const added = rows.slice(0, 3).map(({ time, value }) => `${time},${value},0,sun`)
    await folder.write('rolled.csv', `${known}\n${added.join('\n')}\n`)
    const { forecast: second } = await json('forecast', 'deep/alone', 'rolled.csv')
    expect(rows.slice(3, 6)).toEqual(second.map(({ time, value }) => ({ time, value }))) // intervals are of its own three
    expect(rows[2]).toHaveProperty('low_80')
  })

  test('a shorter horizon is the beginning of the whole one', async () => {
    const [whole, short] = await Promise.all([
      json('forecast', 'runs/weather'),
      json('forecast', 'runs/weather', '--horizon', '2'),
    ])
    expect(short.forecast).toEqual(whole.forecast.slice(0, 2))
  })

  test('writes the same rows to a table, with as many courses as are asked for, and a page', async () => {
    const files = ['--out', 'next-days.csv', '--html', 'next-days.html', '--paths', '2']
    const { forecast: rows } = await json('forecast', 'runs/weather', ...files)
    const table = await readCsv(at('next-days.csv'))
    expect(table.columns).toEqual([
      'date',
      'warmth',
      ...[80, 95].flatMap((p) => [`low_${p}`, `high_${p}`]),
      'path_1',
      'path_2',
    ])
    expect(table.text('date')).toEqual(rows.map(({ time }) => time))
    expect([...table.numbers('warmth')]).toEqual(rows.map(({ value }) => value))
    expect([...table.numbers('high_95')]).toEqual(rows.map(({ high_95 }) => high_95))
    expect([...table.numbers('path_2')]).toEqual(rows.map(({ path_2 }) => path_2))
    expect(await readFile(at('next-days.html'), 'utf8')).toContain('<h1>warmth in °C of weather.csv</h1>')
  })

  test('counts rows where the table has no dates', async () => {
    const { forecast: rows } = await json('forecast', 'runs/plain')
    expect(rows.map(({ time }) => time)).toEqual(['+1', '+2', '+3'])
    const { stdout } = await call('forecast', 'runs/plain')
    expect(stdout).toMatch(/^row {3,}warmth {3,}80 % {3,}95 %\n─+\n\+1 {3,}\d/)
  })
})
