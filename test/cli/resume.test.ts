import { spawnSync } from 'node:child_process'
import { cp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { readCheckpoint } from '../../src/tasks/checkpoint.ts'
import { type Answer, commandLine, kernels, scratch, signalled, unrolled, weatherCsv } from './unrolled.ts'

const folder = scratch()
const at = (...path: string[]) => join(folder.path, ...path)
const call = (...args: string[]) => unrolled(folder.path, args)

/** 13 steps an epoch, and a schedule, so that any step forgotten or taken twice tells. */
const flags = ['--target', 'warmth', '--past', '7', '--horizon', '3', '--hidden', '6', '--batch', '8']
const begin = (run: string, ...more: string[]) => ['train', 'weather.csv', ...flags, '--out', run, ...more]
const resume = (run: string, ...more: string[]) => call('train', '--resume', run, ...more)
const refusal = (sentence: string): Answer => ({ code: 2, stdout: '', stderr: `${sentence}\n` })
const modelOf = (run: string) => readFile(at(run, 'model.safetensors'), 'hex')
const last = 'checkpoint.safetensors'
const before = 'checkpoint.before.safetensors'

async function epochsOf(run: string): Promise<number[]> {
  const lines = (await readFile(at(run, 'metrics.jsonl'), 'utf8')).trimEnd().split('\n')
  return lines.map((line) => JSON.parse(line).epoch)
}

/** A run that goes on to what the one that was never stopped came to. */
async function expectWhole(run: string, told = '') {
  expect(await resume(run)).toMatchObject({ code: 0, stderr: told })
  expect(await modelOf(run)).toBe(await modelOf('whole'))
  expect(await epochsOf(run)).toEqual(Array.from({ length: 12 }, (_, i) => i + 1))
}

/** A copy of the run that was stopped after some epochs. */
async function copyOfStopped(name: string) {
  await cp(at('stopped'), at(name), { recursive: true })
  return name
}

let stopped: Answer
beforeAll(async () => {
  await folder.write('weather.csv', weatherCsv())
  const twelve = ['--epochs', '12', '--schedule', 'cosine', '--tensorboard']
  expect(await unrolled(folder.path, begin('whole', ...twelve), { UNROLLED_THREADS: '1' })).toMatchObject({ code: 0 })
  stopped = await unrolled(folder.path, begin('stopped', ...twelve), signalled('SIGINT', 'rename 8'))
}, 120_000)

describe('a training that is killed', () => {
  test.each(['1', '2'])(
    'at any moment goes on to the same bytes, on %s threads',
    async (threads) => {
      const run = `killed-${threads}`
      const environment = { UNROLLED_THREADS: threads }
      const twelve = ['--epochs', '12', '--schedule', 'cosine']
      // Before anything but a first checkpoint; between the two renamings of one; with one left written; as scores are written.
      const moments = ['rename 2', 'rename 6', 'write 6', 'rename 26']
      for (const [round, moment] of moments.entries()) {
        const args = round === 0 ? begin(run, ...twelve) : ['train', '--resume', run]
        const { code } = await unrolled(folder.path, args, { ...environment, ...signalled('SIGKILL', moment) })
        expect({ moment, code }).toEqual({ moment, code: 137 })
      }
      await expectWhole(run)
      expect((await readdir(at(run))).filter((name) => name.startsWith('.'))).toEqual([])
    },
    120_000,
  )

  test('between the two renames of a checkpoint has the one before it', async () => {
    const run = await copyOfStopped('between')
    await rename(at(run, last), at(run, before))
    await expectWhole(run)
  })
})

describe('a checkpoint that is damaged', () => {
  test('cut short: one sentence, and the one before is gone on from', async () => {
    const run = await copyOfStopped('cut')
    const bytes = await readFile(at(run, last))
    const left = bytes.length - 300
    await writeFile(at(run, last), bytes.subarray(0, left))
    const header = Number(bytes.readBigUInt64LE())
    await expectWhole(
      run,
      `cut/${last}: the file is cut short: expected ${bytes.length - 8 - header} bytes of data, got ${left - 8 - header}; ` +
        'copy or save the file again; going on from the checkpoint before it\n',
    )
  })

  test('a single bit: the same', async () => {
    const run = await copyOfStopped('bit')
    const bytes = await readFile(at(run, last))
    bytes[bytes.length - 3]! ^= 1
    await writeFile(at(run, last), bytes)
    await expectWhole(
      run,
      `bit/${last}: it was changed or damaged since it was written, its checksum is another; going on from the checkpoint ` +
        'before it\n',
    )
  })

  test('never takes the place of the one before it, even if it is gone on from and killed at once', async () => {
    const run = await copyOfStopped('replaced')
    await writeFile(at(run, last), 'harm')
    const killed = await unrolled(folder.path, ['train', '--resume', run], signalled('SIGKILL', 'rename 2'))
    expect(killed.code).toBe(137)
    await expectWhole(run)
  })

  test('both, an edited one alone, none', async () => {
    const run = await copyOfStopped('both')
    const edited = (await readFile(at(run, last), 'latin1')).replace('hidden\\":6', 'hidden\\":7')
    await writeFile(at(run, last), edited, 'latin1')
    await writeFile(at(run, before), 'short')
    const sentence =
      `'both' has no checkpoint to go on from, train anew: both/${last}: it was changed or damaged since it was written, ` +
      'its checksum is another'
    expect(await resume(run)).toEqual(refusal(sentence))
    await rm(at(run, before))
    expect(await resume(run)).toEqual(refusal(sentence))
    await rm(at(run, last))
    expect(await resume(run)).toEqual(
      refusal(
        `expected a run folder with a checkpoint, but there is no 'both/${last}'; give the folder of a training that was stopped`,
      ),
    )
  })

  test('a model in its place', async () => {
    const run = await copyOfStopped('model')
    await rm(at(run, before))
    await cp(at('whole/model.safetensors'), at(run, last))
    expect(await resume(run)).toEqual(
      refusal(
        `'model' has no checkpoint to go on from, train anew: model/${last}: expected a checkpoint of unrolled, but its ` +
          "metadata has no 'unrolled checkpoint' entry",
      ),
    )
  })
})

describe('Ctrl-C', () => {
  test('ends with 130, a sentence, and a checkpoint of the last step', async () => {
    const command = 'npx unrolled train --resume stopped --tensorboard'
    const epochs = (await epochsOf('stopped')).length
    expect(stopped).toMatchObject({
      code: 130,
      stderr: `Stopped after ${epochs} epochs. To go on: ${command}\n`,
    })
    expect(stopped.stdout).not.toContain('Trained')
    const run = await copyOfStopped('interrupted')
    expect((await readCheckpoint(at(run))).epochs).toHaveLength(epochs)
    const words = command.replace('stopped', run).split(' ').slice(2)
    const { code, stdout, stderr } = await call(...words)
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toMatch(/^\d+ of 156 steps are left, about \d+ s$/m)
    expect(stdout).toMatch(/^Trained 12 epochs in /m)
    expect(await modelOf(run)).toBe(await modelOf('whole'))
    const boards = (await readdir(at(run))).filter((name) => name.startsWith('events.'))
    expect(boards).toHaveLength(2)
  })
})

describe('--resume', () => {
  test.each<[string, string]>([
    ['--hidden 8', '--hidden'],
    ['--learning-rate 0.1', '--learning-rate'],
    ['--config mine.ts', '--config'],
    ['weather.csv', 'the data file'],
  ])('with %s is refused', async (more, other) => {
    expect(await resume('stopped', ...more.split(' '))).toEqual(
      refusal(`--resume goes on as the run began, with its own options and data; leave ${other} away`),
    )
  })

  test('of a finished run finds nothing left to do, and writes the same', async () => {
    await cp(at('whole'), at('finished'), { recursive: true })
    const record = await readFile(at('whole/run.json'), 'utf8')
    await rm(at('finished/run.json'))
    await rm(at('finished/model.safetensors'))
    await expectWhole('finished')
    expect(await readFile(at('finished/run.json'), 'utf8')).toBe(record)
  })

  test('with more epochs goes on to what as many from the start give', async () => {
    const answers = await Promise.all([
      call(...begin('five', '--epochs', '5')),
      call(...begin('eight', '--epochs', '8')),
    ])
    expect(answers.map(({ code }) => code)).toEqual([0, 0])
    expect(await resume('five', '--epochs', '4')).toEqual(
      refusal('--epochs: the run has 5 epochs behind it, expected as many or more, got 4'),
    )
    expect(await modelOf('five')).not.toBe(await modelOf('eight'))
    expect(await resume('five', '--epochs', '8')).toMatchObject({ code: 0, stderr: '' })
    expect(await modelOf('five')).toBe(await modelOf('eight'))
    expect(await epochsOf('five')).toEqual([1, 2, 3, 4, 5, 6, 7, 8])
    expect(JSON.parse(await readFile(at('five/run.json'), 'utf8')).options.epochs).toBe(8)
  })

  test('with more epochs is refused where the schedule was laid out for fewer', async () => {
    expect(await resume('stopped', '--epochs', '20')).toEqual(
      refusal('--epochs: the cosine schedule of this run was laid out for 12 epochs; train anew for 20'),
    )
  })

  test('of data that has changed, or is gone', async () => {
    await folder.write('passing.csv', weatherCsv())
    expect((await call('train', 'passing.csv', ...flags, '--epochs', '1', '--out', 'passing')).code).toBe(0)
    await folder.write('passing.csv', weatherCsv({ rows: 150 }))
    expect(await resume('passing')).toEqual(
      refusal("'passing.csv' has changed since the run was trained; put it back, or train anew"),
    )
    await rm(at('passing.csv'))
    expect(await resume('passing')).toEqual(
      refusal("'passing.csv', which the run was trained on, is gone; put it back, or train anew"),
    )
  })
})

describe('--like', () => {
  test('gives the same bytes in a folder of its own, and with another seed others', async () => {
    const others = ['--seed', '5', '--out', 'other']
    const answers = await Promise.all([call('train', '--like', 'whole'), call('train', '--like', 'whole', ...others)])
    expect(answers.map(({ code, stderr }) => ({ code, stderr }))).toEqual(Array(2).fill({ code: 0, stderr: '' }))
    expect(await modelOf('whole-again')).toBe(await modelOf('whole'))
    expect(await modelOf('other')).not.toBe(await modelOf('whole'))
    const options = async (run: string) => JSON.parse(await readFile(at(run, 'run.json'), 'utf8')).options
    expect(await options('other')).toEqual({ ...(await options('whole')), seed: 5 })
  })
})

/** A disk of its own can be mounted in a name space of one's own, where the system lets one have such. */
const mounts = spawnSync('unshare', ['-Urm', 'mount', '-t', 'tmpfs', 'tmpfs', '/mnt']).status === 0
describe.skipIf(!mounts)('a disk (skipped where none can be mounted: unshare -Urm)', () => {
  /** Runs a script that may mount; `"$@"` is the command line. */
  function shell(script: string): Answer {
    const env = { ...process.env, UNROLLED_KERNELS: kernels }
    const args = ['-Urm', 'sh', '-c', script, 'sh', ...commandLine]
    const { status, stdout, stderr } = spawnSync('unshare', args, { cwd: folder.path, env, encoding: 'utf8' })
    return { code: status!, stdout, stderr }
  }

  test('that is full ends it in one sentence; with more room it goes on to the same bytes', async () => {
    const twelve = begin('full/run', '--epochs', '12', '--schedule', 'cosine').join(' ')
    const { code, stderr } = shell(
      `mkdir full copied && mount -t tmpfs -o size=16k tmpfs full && "$@" ${twelve} >&2; echo "ended with $?" >&2; ` +
        'mount -o remount,size=4m full && "$@" train --resume full/run > /dev/null && cp full/run/* copied',
    )
    expect(stderr).toMatch(
      /\ncannot write 'full\/run\/(checkpoint.safetensors|metrics.jsonl)': no space is left on the disk; free some or choose another folder\nended with 2\n$/,
    )
    expect(code).toBe(0)
    expect(await modelOf('copied')).toBe(await modelOf('whole'))
  })

  test('that is read-only is told before any step', async () => {
    const run = await copyOfStopped('readonly')
    const mount = `mount --bind ${run} ${run} && mount -o remount,bind,ro ${run}`
    expect(shell(`${mount} && "$@" train --resume ${run} --json`)).toEqual(
      refusal(`cannot write '${run}/${last}': the disk is read-only; choose another folder`),
    )
  })
})
