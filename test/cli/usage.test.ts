import { describe, expect, test } from 'vitest'
import { type Answer, scratch, tiny, unrolled, weatherCsv } from './unrolled.ts'

const folder = scratch()
const call = (args: readonly string[], environment?: NodeJS.ProcessEnv) => unrolled(folder.path, args, environment)

/** One line on stderr, nothing on stdout, exit code 2. */
const refusal = (sentence: string): Answer => ({ code: 2, stdout: '', stderr: `${sentence}\n` })

describe('--help', () => {
  test.each(['train', 'backtest', 'init', 'evaluate', 'forecast', 'info', 'bench'])(
    'of %s shows an example whose flags exist',
    async (command) => {
      const { code, stdout, stderr } = await call([command, '--help'])
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
      const [options, examples] = stdout.split(/Examples?:\n/)
      const lines = examples!.trim().split('\n')
      const known = options!.match(/--[a-z-]+(?=[ ,])/g)!
      for (const line of lines) {
        expect(line.trim()).toMatch(new RegExp(`^unrolled ${command}( |$)`))
        for (const flag of line.match(/--[a-z-]+/g) ?? []) expect(known).toContain(flag)
      }
      expect(known).toContain('--json')
      expect(Math.max(...options!.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80)
    },
  )

  test("train's example runs, and its numbers have their defaults shown", async () => {
    const { stdout } = await call(['train', '--help'])
    const [, example] = stdout.match(/Examples:\n {2}unrolled (.*)\n/)!
    await folder.write('weather.csv', weatherCsv().replace('warmth,rain', 'temp_max,temp_min'))
    const { code, stderr } = await call([
      ...example!.trim().split(' '),
      '--epochs',
      '1',
      '--hidden',
      '4',
      '--past',
      '7',
    ])
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    for (const [flag, value] of Object.entries({ past: 28, horizon: 7, hidden: 32, layers: 1, epochs: 30, batch: 32 }))
      expect(stdout.replaceAll(/\n {10,}/g, ' ')).toMatch(new RegExp(`--${flag} .*\\(default: ${value}\\)`))
  })

  test('names every command; a version is a version', async () => {
    const [help, version] = await Promise.all([call(['--help']), call(['--version'])])
    for (const command of ['train', 'backtest', 'init', 'evaluate', 'forecast', 'info', 'bench'])
      expect(help.stdout).toMatch(new RegExp(`^ {2}${command} `, 'm'))
    expect(help).toMatchObject({ code: 0, stderr: '' })
    expect(version).toEqual({ code: 0, stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/), stderr: '' })
  })

  test('comes on stderr, with exit code 2, where no command is given', async () => {
    const { code, stdout, stderr } = await call([])
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toContain('train [options] [data]')
  })
})

describe('a slip of the hand', () => {
  test.each<[string, string]>([
    ['trian', "unknown command 'trian' (Did you mean train?)"],
    ['train weather.csv --target warmth --hiden 4', "unknown option '--hiden' (Did you mean --hidden?)"],
    ['forecast runs/weather --horizn 3', "unknown option '--horizn' (Did you mean --horizon?)"],
    [
      'train --target warmth',
      'expected a data file: npx unrolled train data.csv --target column, or a config, which npx unrolled init writes',
    ],
    ['evaluate', "missing required argument 'run'"],
    ['train weather.csv --target warmth --past', "option '--past <rows>' argument missing"],
    ['train a.csv b.csv --target warmth', "too many arguments for 'train'. Expected 1 argument but got 2."],
  ])('%s', async (line, sentence) => {
    expect(await call(line.split(' '))).toEqual(refusal(sentence))
  })
})

describe('info', () => {
  const info = async (environment?: NodeJS.ProcessEnv) => {
    const { code, stdout, stderr } = await call(['info', '--json'], environment)
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    return JSON.parse(stdout)
  }

  test('names versions, the machine, every tier, and the one that runs with its reason', async () => {
    const { versions, machine, kernels, tiers } = await info({ UNROLLED_KERNELS: '' })
    expect(versions.node).toBe(process.versions.node)
    expect(machine.cores).toBeGreaterThanOrEqual(1)
    expect(tiers.map(({ tier }: { tier: string }) => tier)).toEqual(['simd', 'relaxed', 'wide'])
    expect(tiers.map(({ tier }: { tier: string }) => tier)).toContain(kernels.tier)
    expect(kernels.reason).toMatch(/^fastest in the self-test: \d+ GFLOP\/s/)
    const { stdout } = await call(['info'], { UNROLLED_KERNELS: '' })
    expect(stdout).toMatch(/^Kernels: (simd|relaxed|wide) \(fastest/m)
  })

  test.each(['simd', 'reference'])('UNROLLED_KERNELS=%s forces', async (tier) => {
    expect((await info({ UNROLLED_KERNELS: tier })).kernels).toEqual({ tier, reason: 'set by UNROLLED_KERNELS' })
  })

  test('UNROLLED_KERNELS=nonsense is refused, by training as well', async () => {
    await folder.write('weather.csv', weatherCsv())
    const sentence = "UNROLLED_KERNELS: 'nonsense' is not a kernel set (known: reference, simd, relaxed, wide)"
    const environment = { UNROLLED_KERNELS: 'nonsense' }
    expect(await call(['info'], environment)).toEqual(refusal(sentence))
    expect(await call(['train', 'weather.csv', '--target', 'warmth', ...tiny], environment)).toEqual(refusal(sentence))
  })
})

describe('bench', () => {
  test('times its rows beside the limit of this machine', async () => {
    const { code, stdout, stderr } = await call(['bench', '--rows', 'a,g', '--seconds', '0.001', '--json'])
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    const { kernels, threads, peak, rows } = JSON.parse(stdout)
    expect(kernels).toBe('simd')
    expect(peak).toBeGreaterThan(0)
    expect(rows.map(({ id }: { id: string }) => id)).toEqual(['a', 'g'])
    for (const { timed, milliseconds, flops, gigaflops, share } of rows) {
      expect(timed).toBeGreaterThanOrEqual(1)
      expect(gigaflops).toBeCloseTo(flops / milliseconds / 1e6)
      expect(share).toBeCloseTo(gigaflops / peak / threads)
    }
  })

  test('prints a table that fits 80 columns', async () => {
    const { code, stdout } = await call(['bench', '--rows', 'a', '--seconds', '0.001'], { UNROLLED_THREADS: '1' })
    expect(code).toBe(0)
    expect(stdout).toMatch(/simd kernels, 1 thread$/m)
    expect(stdout).toMatch(/^Limit: [\d.]+ GFLOP\/s a thread/m)
    expect(stdout).toMatch(/^a {3}LSTM B32 T24 I8 H64, last step to 1 {2,}\d+(\.\d+)? {2,}\d+(\.\d+)? {2,}\d+$/m)
    expect(Math.max(...stdout.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80)
  })

  test.each<[string, string]>([
    ['--seconds 0', '--seconds: expected a number above 0, got 0'],
    ['--rows a,training', '--rows: expected one of a, b, d, g, h, got "training"'],
  ])('%s is refused', async (flags, sentence) => {
    expect(await call(['bench', ...flags.split(' ')])).toEqual(refusal(sentence))
  })
})
