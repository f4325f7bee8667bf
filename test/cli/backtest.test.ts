import { beforeAll, describe, expect, test } from 'vitest'
import type { Backtest } from '../../src/tasks/backtest.ts'
import { scratch, tiny, unrolled, weatherCsv } from './unrolled.ts'

const folder = scratch()
const call = (...args: string[]) => unrolled(folder.path, args)
const warmth = ['backtest', 'weather.csv', '--target', 'warmth', ...tiny]

/** Runs a command with --json: stdout is one document, and there is nothing else. */
async function json(...args: string[]): Promise<Backtest & { readonly backtest: object; readonly data: string }> {
  const { code, stdout, stderr } = await call(...args, '--json')
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  return JSON.parse(stdout)
}

beforeAll(() => folder.write('weather.csv', weatherCsv()))

describe('backtest', () => {
  test('a line a fold, the model beside the best baseline, and all baselines over all folds', async () => {
    const { code, stdout, stderr } = await call(...warmth, '--folds', '2', '--split', '20,30', '--unit', '°C')
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    const lines = stdout.trimEnd().split('\n')
    expect(lines[0]).toBe('weather.csv: the test part in 2 folds, trained once, ahead of the first')
    expect(stdout).toContain('Mean absolute error of warmth in °C, fold by fold:')
    expect(lines.some((line) => /^ {2}1 +2023-05-11 +13 +[\d.]+ +[\d.]+ +\w/.test(line))).toBe(true)
    expect(lines.some((line) => /^ {2}2 +2023-05-26 +13 +[\d.]+ +[\d.]+ +\w/.test(line))).toBe(true)
    expect(stdout).toContain('All folds: 26 forecasts of warmth in °C, 1 to 3 ahead')
    for (const name of ['LSTM', 'last value', 'same weekday a week ago', 'drift', 'window linear', 'window MLP'])
      expect(stdout).toMatch(new RegExp(`^ {2}${name} +[\\d.]+`, 'm'))
    expect(stdout.replaceAll('\n', ' ')).toMatch(/It did better than the best of them in \d of 2 folds\.\s*$/)
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(80)
  })

  test('--json has every score of every fold, and how it was done', async () => {
    const how = ['--folds', '3', '--refit', '--every', '3', '--gap', '2', '--split', '20,30']
    const { folds, total, windows, backtest, data } = await json(...warmth, ...how)
    expect({ backtest, data, windows }).toEqual({
      backtest: { folds: 3, refit: true, every: 3, gap: 2 },
      data: 'weather.csv',
      windows: 9,
    })
    expect(folds.map(({ rows, windows }) => [rows, windows])).toEqual(Array(3).fill([10, 3]))
    for (const { scores } of folds) expect(scores.map(({ name }) => name)).toEqual(total.map(({ name }) => name))
  })

  test('takes options and data of a run, and flags over them', async () => {
    const { code } = await call('train', 'weather.csv', '--target', 'warmth', ...tiny, '--out', 'run')
    expect(code).toBe(0)
    const same = await json('backtest', 'run', '--folds', '2')
    expect(same).toEqual({ ...(await json(...warmth, '--folds', '2')), data: same.data })
    const shorter = await json('backtest', 'run', '--folds', '2', '--horizon', '1')
    expect(shorter.windows).toBeGreaterThan(same.windows)
  })

  test('refuses in one line, before a word is printed', async () => {
    expect(await call(...warmth, '--folds', '20')).toEqual({
      code: 2,
      stdout: '',
      stderr:
        'folds: the 24 rows of the test part in 20 stretches are 1 each, fewer than the horizon of 3; give fewer folds, or the ' +
        'split a larger test part\n',
    })
    expect(await call('backtest', 'weather.csv', '--folds', '2')).toMatchObject({ code: 2, stdout: '' })
  })
})
