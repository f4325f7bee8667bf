import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { beforeAll, describe, expect, test, vi } from 'vitest'
import type { Sweep } from '../../src/tasks/sweep/state.ts'
import { kernels, scratch, tiny, unrolled, weatherCsv } from './unrolled.ts'

// Dozens of processes, each with its start: minutes where the machine has much else to do.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000 })

const folder = scratch()
const at = (...path: string[]) => join(folder.path, ...path)
const call = (...args: string[]) => unrolled(folder.path, args, { UNROLLED_THREADS: '1' })
const record = async (...path: string[]) => JSON.parse(await readFile(at(...path), 'utf8'))

type Printed = Sweep & { readonly sweep: string; readonly best: number }

async function json(...args: string[]): Promise<Printed> {
  const { code, stdout, stderr } = await call(...args, '--json')
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  return JSON.parse(stdout)
}

/** What must not hang on how often a sweep was stopped: all but the time. */
const timeless = (value: unknown) => JSON.parse(JSON.stringify(value), (key, part) => (key === 'seconds' ? 0 : part))

/** Waits for what another process writes. */
async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 5))
}

const sweep = ['sweep', 'weather.csv', '--target', 'warmth', '--past', '7', '--horizon', '3']
const halved = [...sweep, '--space', 'hidden=2,4,6', '--halving', '2', '--epochs', '40']

let whole: Printed
beforeAll(async () => {
  await folder.write('weather.csv', weatherCsv())
  whole = await json(...halved, '--out', 'whole')
})

describe('a halved grid', () => {
  test('brings all trials to the first rung and the best on validation to the last', async () => {
    const { trials, best, plan } = whole
    expect(plan).toMatchObject({ search: 'grid', trials: 3, halving: 2, kernels, options: { epochs: 40, seed: 0 } })
    expect(trials.map(({ options }) => options)).toEqual([{ hidden: 2 }, { hidden: 4 }, { hidden: 6 }])
    const first = trials.map(({ rungs }) => rungs[0]!.loss)
    expect(best).toBe(first.indexOf(Math.min(...first)) + 1)
    const epochs = trials.map(({ rungs }) => rungs.map((rung) => rung.epochs))
    expect(epochs).toEqual([1, 2, 3].map((trial) => (trial === best ? [20, 40] : [20])))
    const { best: kept } = await record('whole', `trial-00${best}`, 'run.json')
    expect(trials[best - 1]!.rungs.at(-1)).toMatchObject({ loss: kept.loss, best: kept.epoch })
  })

  test('the best is a run, with the bytes of a training that was never halved', async () => {
    const own = `whole/trial-00${whole.best}`
    const { test: scores } = JSON.parse((await call('evaluate', own, '--json')).stdout)
    expect(scores[0]).toEqual(whole.test![0])
    expect((await call('train', '--like', own, '--out', 'again')).code).toBe(0)
    const [one, other] = await Promise.all([own, 'again'].map((run) => readFile(at(run, 'model.safetensors'))))
    expect(one!.equals(other!)).toBe(true)
  })

  test('trials never look at the test part: other rows there change no loss', async () => {
    expect(await record('whole/trial-001/run.json')).not.toHaveProperty('test')
    const lines = weatherCsv().trimEnd().split('\n')
    const test = lines.slice(1 + 136).map((line) => line.replace(/,[\d.]+,/, ',30,'))
    await folder.write('other.csv', [...lines.slice(0, 1 + 136), ...test].join('\n'))
    const { trials, test: scores } = await json(...halved.with(1, 'other.csv'), '--out', 'elsewhere')
    expect(timeless(trials)).toEqual(timeless(whole.trials))
    expect(scores![0]).not.toEqual(whole.test![0])
  })

  test('asked for again runs nothing and answers the same', async () => {
    expect(await json(...halved, '--out', 'whole')).toEqual(whole)
    expect(await json('sweep', '--resume', 'whole')).toEqual(whole)
  })
})

describe('a sweep that is stopped', () => {
  /** Begins a sweep and sends it a signal once a trial has come to its first epoch: how it ended. */
  async function stopped(signal: NodeJS.Signals, trial: number, args: readonly string[]) {
    const main = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url))
    const { UNROLLED_COMMAND: _, ...inherited } = process.env
    const env = { ...inherited, UNROLLED_KERNELS: kernels, UNROLLED_THREADS: '1' }
    const child = spawn(process.execPath, [main, ...args], {
      cwd: folder.path,
      env,
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    let said = ''
    child.stderr.on('data', (text) => {
      said += text
    })
    const ended = new Promise((resolve) => child.once('close', (code, by) => resolve(by ?? code)))
    const own = at('halted', `trial-00${trial}`)
    await until(() => existsSync(join(own, 'metrics.jsonl')))
    child.kill(signal)
    const how = await ended
    // The trial ends too, behind a checkpoint, though nobody sends it anything.
    await until(async () => (await readFile(join(own, 'log.txt'), 'utf8')).includes('Stopped after'))
    return { how, said }
  }

  test('by SIGKILL or Ctrl-C, and gone on with, ends as one that never was', async () => {
    const args = [...halved, '--out', 'halted']
    expect(await stopped('SIGKILL', 1, args)).toEqual({ how: 'SIGKILL', said: '' })
    expect((await record('halted/sweep.json')).trials[0].rungs).toEqual([])
    expect(await stopped('SIGINT', 2, args)).toEqual({
      how: 130,
      said: 'Stopped. To go on: npx unrolled sweep --resume halted\n',
    })
    expect((await record('halted/sweep.json')).trials[0].rungs).toHaveLength(1)
    const { sweep: where, ...rest } = await json('sweep', '--resume', 'halted')
    expect(where).toBe('halted')
    expect(timeless({ ...rest, sweep: 'whole' })).toEqual(timeless(whole))
    const models = ['whole', 'halted'].map((name) => readFile(at(name, `trial-00${whole.best}`, 'model.safetensors')))
    const [one, other] = await Promise.all(models)
    expect(one!.equals(other!)).toBe(true)
  })
})

describe('trials that fail', () => {
  test('are told in their sentence, and the others go on', async () => {
    const args = [...sweep, '--epochs', '2', '--space', 'learningRate=0.01,1e30', '--parallel', '2']
    const { code, stdout, stderr } = await call(...args, '--out', 'diverging')
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toMatch(
      /^trial +learningRate +epochs +validation +seconds\n─+\n1 best +0\.01 +2 +\d\.\d+ +\d\.\d\n2 +1e\+30 +– +– +–$/m,
    )
    expect(stdout).toMatch(/^Trial 2 failed: the loss became (Infinity|NaN) in epoch 1, step \d[;:]/m)
    expect(stdout).toContain('Trial 1 on the test part:')
    expect(stdout).toContain('npx unrolled forecast diverging/trial-001')
    expect(Math.max(...stdout.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80)
    const { trials } = await record('diverging/sweep.json')
    expect(trials[1]).toMatchObject({ rungs: [], failed: expect.stringContaining('smaller learning rate') })
  })

  test('all of them leave nothing to choose', async () => {
    const { code, stdout, stderr } = await call(...sweep, '--space', 'learningRate=1e30', '--out', 'none', '--json')
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toMatch(/^none of the 1 trials came to a loss; the first: the loss became .*\n$/)
  })
})

describe('a space in a config', () => {
  beforeAll(() =>
    folder.write(
      'own.config.ts',
      `import { defineConfig, integers, logUniform } from 'unrolled'
export default defineConfig({
  data: 'weather.csv', target: 'warmth', horizon: 3, epochs: 1, hidden: 3,
  sweep: { hidden: [2, 4], past: integers(5, 9), learningRate: logUniform(1e-3, 1e-1) },
})`,
    ),
  )

  test('is swept at random, with its ranges', async () => {
    const { trials, plan } = await json(
      'sweep',
      '--config',
      'own.config.ts',
      '--trials',
      '2',
      '--seed',
      '4',
      '--out',
      'configured',
    )
    expect(plan).toMatchObject({ search: 'random', trials: 2, options: { horizon: 3, seed: 4 } })
    for (const [i, { options }] of trials.entries()) {
      expect(Object.keys(options)).toEqual(['hidden', 'past', 'learningRate'])
      const { options: own } = await record('configured', `trial-00${i + 1}`, 'run.json')
      expect(own).toMatchObject({ ...options, seed: 4, epochs: 1 })
    }
    expect(trials[0]!.options).not.toEqual(trials[1]!.options)
  })

  test('is nothing to train, which takes the options beside it', async () => {
    const { code, stderr } = await call('train', '--config', 'own.config.ts', '--out', 'alone')
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    const { options } = await record('alone/run.json')
    expect(options.hidden).toBe(3)
    expect(options).not.toHaveProperty('sweep')
  })
})

test('train --no-test says so, writes a run without scores, and evaluate has them afterwards', async () => {
  const { code, stdout } = await call(
    'train',
    'weather.csv',
    '--target',
    'warmth',
    ...tiny,
    '--no-test',
    '--out',
    'unseen',
  )
  expect(code).toBe(0)
  expect(stdout).toContain('\nThe test part was not looked at.\n')
  expect(stdout).not.toContain('last value')
  expect(await record('unseen/run.json')).not.toHaveProperty('test')
  expect(JSON.parse((await call('evaluate', 'unseen', '--json')).stdout).test[0].metrics.mae).toBeGreaterThan(0)
})

test('the examples of --help are of flags that exist, and the first runs', async () => {
  const { stdout } = await call('sweep', '--help')
  const [options, examples] = stdout.split('Examples:\n')
  const lines = examples!
    .trim()
    .split('\n')
    .map((line) => line.trim().split(' ').slice(1))
  const known = options!.match(/--[a-z-]+(?=[ ,])/g)!
  for (const flag of lines.flat().filter((word) => word.startsWith('--'))) expect(known).toContain(flag)
  expect(Math.max(...options!.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80)
  await folder.write('weather.csv', weatherCsv().replace('warmth', 'temp_max'))
  const { trials } = await json(...lines[0]!, '--epochs', '1', '--past', '7')
  expect(trials).toHaveLength(4)
  expect(existsSync(at('sweeps/weather/sweep.html'))).toBe(true)
})
