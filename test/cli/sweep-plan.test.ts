import { mkdir, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, describe, expect, test, vi } from 'vitest'
import { InputError } from '../../src/base/errors.ts'
import { declaredSweep, type SweepFlags, stoppedSweep } from '../../src/cli/sweep-plan.ts'
import { integers, type Space } from '../../src/tasks/sweep/space.ts'
import { writeSweep } from '../../src/tasks/sweep/state.ts'
import { kernels, scratch, weatherCsv } from './unrolled.ts'

const folder = scratch()
const at = (name: string) => join(folder.path, name)
const hidden: Space = { hidden: [4, 8] }
const declare = (flags: SweepFlags, data = 'weather.csv') =>
  declaredSweep(at(data), { target: 'warmth', out: at('new'), ...flags })

beforeAll(async () => {
  vi.stubEnv('UNROLLED_KERNELS', kernels)
  await folder.write('weather.csv', weatherCsv())
  await folder.write('longer.csv', weatherCsv({ rows: 170 }))
  await mkdir(at('full'))
  await folder.write('full/notes.txt', '')
})

describe('what is asked for', () => {
  test('lists alone are a grid of all their combinations, ranges a random search of 20', async () => {
    const grid = (await declare({ space: { ...hidden, cell: ['lstm', 'gru'] } })).sweep
    expect(grid.plan).toMatchObject({ search: 'grid', trials: 4, options: { target: 'warmth', inputs: ['warmth'] } })
    expect(grid.trials[2]).toEqual({ trial: 3, options: { hidden: 8, cell: 'lstm' }, rungs: [] })
    const random = (await declare({ space: { past: integers(5, 9) }, seed: 3 })).sweep
    expect(random.plan).toMatchObject({ search: 'random', trials: 20, options: { seed: 3 }, kernels })
    const one = (await declare({ space: hidden, trials: 1 })).sweep
    expect(one.plan).toMatchObject({ search: 'random', trials: 1 })
  })

  const timed = 'hangs on the number of epochs, which halving adds to; take constant or plateau'
  test.each<[string, SweepFlags, string]>([
    [
      'no space',
      {},
      '--space: expected what to try, such as hidden=16,32, or a sweep: { hidden: [16, 32] } in a config',
    ],
    [
      'an option twice',
      { space: hidden, hidden: 16 },
      'hidden is swept, and set to one value as well; leave one of them away',
    ],
    ['a bad value in a list', { space: { hidden: [4, 0] } }, 'hidden: expected a whole number of at least 1, got 0'],
    [
      'an unknown name in a list',
      { space: { cell: ['lstm'], optimizer: ['adam', 'adamm' as 'adam'] } },
      'optimizer: expected one of adam, adamW, rmsprop, adagrad, sgd, got "adamm"; did you mean \'adam\'?',
    ],
    [
      'the far end of a range',
      { space: { past: integers(7, 500) } },
      "one window needs at least past + horizon = 507 rows, 'weather.csv' has 160; add rows, or give a shorter past or horizon",
    ],
    [
      'an unknown search',
      { space: hidden, search: 'gird' as 'grid' },
      '--search: expected one of grid, random, got "gird"; did you mean \'grid\'?',
    ],
    [
      'a number of trials on a grid',
      { space: hidden, search: 'grid', trials: 2 },
      '--trials: a grid takes all combinations; leave it away, or take --search random',
    ],
    [
      'as many trials as there are combinations',
      { space: hidden, trials: 2 },
      '--trials: the space has no more than 2 combinations; take fewer, or --search grid',
    ],
    [
      'a grid of a range',
      { space: { past: integers(7, 9) }, search: 'grid' },
      'grid: past is a range, which has no end of values; list some, or take a random search',
    ],
    ['no trials', { space: hidden, trials: 0 }, '--trials: expected a whole number of at least 1, got 0'],
    [
      'too few to halve',
      { space: hidden, halving: 3 },
      'halving: by 3 it takes at least 3 trials and 3 epochs, got 2 and 30',
    ],
    [
      'halving with a timed schedule',
      { space: hidden, halving: 2, schedule: 'cosine' },
      `--halving: a cosine schedule ${timed}`,
    ],
    [
      'halving with timed schedules among those tried',
      { space: { schedule: ['plateau', 'oneCycle'] }, halving: 2 },
      `--halving: a oneCycle schedule ${timed}`,
    ],
    [
      'nothing to choose by',
      { space: hidden, split: [0.8, 0, 0.2] },
      'split: a sweep chooses on the validation part; give it a share, as in 0.7,0.15,0.15',
    ],
    [
      'no target',
      { space: hidden, target: undefined as unknown as string },
      '--target: expected a column to forecast, one of date, warmth, rain, sky',
    ],
  ])('%s is refused', async (_, flags, sentence) => {
    const error = await declare(flags).catch((refusal) => refusal)
    expect(error).toBeInstanceOf(InputError)
    expect(error.message.replace(`${folder.path}/`, '')).toBe(sentence)
    expect(await readdir(folder.path)).not.toContain('new')
  })

  test('a folder of something else is refused', async () => {
    await expect(declare({ space: hidden, out: at('weather.csv') })).rejects.toThrow(
      new InputError(`--out: expected a folder, but '${at('weather.csv')}' is a file; choose another name`),
    )
    await expect(declare({ space: hidden, out: at('full') })).rejects.toThrow(
      new InputError(`--out: expected a new folder or that of a sweep, but '${at('full')}' holds 'notes.txt'`),
    )
    await expect(stoppedSweep(undefined, at('nowhere'), {})).rejects.toThrow(
      new InputError(`--resume: expected the folder of a sweep, but there is no '${at('nowhere')}/sweep.json'`),
    )
  })
})

describe('a sweep that has begun', () => {
  const out = 'begun'
  beforeAll(async () => {
    const { sweep } = await declare({ space: hidden, out: at(out) })
    const outcome = { epochs: 30, best: 3, loss: 0.5, seconds: 2 }
    await writeSweep(at(out), { ...sweep, trials: sweep.trials.with(0, { ...sweep.trials[0]!, rungs: [outcome] }) })
  })

  test('is gone on with where it stands', async () => {
    const again = await declare({ space: hidden, out: at(out) })
    expect(again.sweep.trials.map(({ rungs }) => rungs.length)).toEqual([1, 0])
    expect((await stoppedSweep(undefined, at(out), { resume: at(out), parallel: 2 })).sweep).toEqual(again.sweep)
  })

  test('is not gone on with as another, nor on other data', async () => {
    const refused = (flags: SweepFlags, data?: string) =>
      expect(declare({ space: hidden, out: at(out), ...flags }, data)).rejects
    const [where, way] = [`'${at(out)}'`, 'take another --out']
    await refused({ space: { hidden: [4, 9] } }).toThrow(
      new InputError(`${where} holds a sweep with another space, {"hidden":[4,8]} and not {"hidden":[4,9]}; ${way}`),
    )
    await refused({ batch: 16 }).toThrow(
      new InputError(`${where} holds a sweep with another batch, 32 and not 16; ${way}`),
    )
    await refused({ halving: 2 }).toThrow(
      new InputError(`${where} holds a sweep with another halving, undefined and not 2; ${way}`),
    )
    await refused({}, 'longer.csv').toThrow(
      new InputError(`the data has changed since the sweep in ${where} began; ${way}`),
    )
    const resumed = (flags: SweepFlags, data?: string) => stoppedSweep(data, at(out), { resume: at(out), ...flags })
    const own = '--resume goes on as the sweep began, with its own options and data'
    await expect(resumed({ epochs: 9 })).rejects.toThrow(new InputError(`${own}; leave epochs away`))
    await expect(resumed({}, 'longer.csv')).rejects.toThrow(new InputError(`${own}; leave a data file away`))
  })

  test('is refused where its file is damaged or of another version', async () => {
    await folder.write(`${out}/sweep.json`, '{ "format": 1')
    const file = join(at(out), 'sweep.json')
    await expect(declare({ space: hidden, out: at(out) })).rejects.toThrow(
      new InputError(`${file}: expected JSON, but it is cut or damaged; take another --out`),
    )
    await folder.write(`${out}/sweep.json`, '{ "format": 2 }')
    await expect(declare({ space: hidden, out: at(out) })).rejects.toThrow(
      new InputError(`${file}: expected a sweep of format 1, got 2; use the version that wrote it`),
    )
  })
})
