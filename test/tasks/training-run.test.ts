import { readdir, readFile, writeFile } from 'node:fs/promises'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { formatModel } from '../../src/formats/index.ts'
import { readCheckpoint } from '../../src/tasks/checkpoint.ts'
import { type TrainingRunOptions, trainInFolder } from '../../src/tasks/training-run.ts'
import type { TrainingHooks } from '../../src/train/index.ts'
import { readEvents } from '../formats/events.ts'
import { forecaster, plan, scratch } from './made.ts'

const at = scratch()
afterEach(() => {
  vi.restoreAllMocks()
})

/** Trains in a folder: what came of it, and the model's bytes. */
async function trained(folder: string, options: Partial<TrainingRunOptions> = {}, hooks: TrainingHooks = {}) {
  const made = forecaster({ accumulate: 2 })
  const run = await trainInFolder(made, { folder: at(folder), plan: plan(), ...options }, hooks)
  return { ...run, bytes: Buffer.from(formatModel(made.model)) }
}

const linesOf = async (folder: string) =>
  (await readFile(at(folder, 'metrics.jsonl'), 'utf8')).split('\n').filter((line) => line !== '')

describe('a training in a folder', () => {
  test.each([1, 3, 4, 6, 11])('stopped at step %i goes on from that very step to the same bytes', async (step) => {
    const whole = await trained(`whole-${step}`)
    const stopping = new AbortController()
    let steps = 0
    const onStep = () => {
      if (++steps === step) stopping.abort()
    }
    const folder = `stopped-${step}`
    const first = await trained(folder, { signal: stopping.signal }, { onStep })
    expect([first.stopped, steps]).toEqual([true, step])
    const from = await readCheckpoint(at(folder))
    expect(from.state!.numbers.trainer.steps).toBe(step)
    const rest = await trained(folder, { from }, { onStep })
    expect(steps).toBe(12)
    expect(rest.stopped).toBe(false)
    expect(rest.bytes.equals(whole.bytes)).toBe(true)
    const told = ({ seconds: _, ...epoch }: { seconds: number }) => epoch
    expect(rest.epochs.map(told)).toEqual(whole.epochs.map(told))
    expect((await linesOf(folder)).map((line) => JSON.parse(line).epoch)).toEqual([1, 2, 3])
  })

  test('writes a checkpoint within an epoch every ten seconds', async () => {
    let now = 0
    vi.spyOn(performance, 'now').mockImplementation(() => now)
    const kept: number[] = []
    const onStep = async () => {
      kept.push((await readCheckpoint(at('long'))).state?.numbers.trainer.steps ?? 0)
      now += 4000
    }
    await trained('long', {}, { onStep })
    // Steps last 4 s, and epochs end after steps 4 and 8.
    expect(kept).toEqual([0, 0, 0, 3, 4, 4, 4, 7, 8, 8, 8, 11])
  })

  test('that begins anew leaves nothing of an earlier one to go on from', async () => {
    await trained('twice', { tensorboard: true })
    const stopped = trained(
      'twice',
      {},
      {
        onStep() {
          throw new Error('killed')
        },
      },
    )
    await expect(stopped).rejects.toThrow('killed')
    expect((await readCheckpoint(at('twice'))).state).toBeUndefined()
    expect(await linesOf('twice')).toEqual([])
    expect((await readdir(at('twice'))).sort()).toEqual(['checkpoint.safetensors', 'metrics.jsonl'])
  })

  test('that goes on from the one before a damaged checkpoint keeps that until it has another', async () => {
    await trained('harmed')
    await writeFile(at('harmed/checkpoint.safetensors'), 'harm')
    const from = await readCheckpoint(at('harmed'))
    expect(from.damage).toContain('checkpoint.safetensors: ')
    const stopped = trained(
      'harmed',
      { from },
      {
        onStep() {
          throw new Error('killed')
        },
      },
    )
    await expect(stopped).rejects.toThrow('killed')
    const again = await readCheckpoint(at('harmed'))
    expect([again.damage, again.state]).toEqual([undefined, from.state])
  })

  test('is watched by TensorBoard if asked: every step and every epoch', async () => {
    const { epochs } = await trained('watched', { tensorboard: true })
    const [name, ...others] = (await readdir(at('watched'))).filter((file) => file.includes('tfevents'))
    expect(others).toEqual([])
    const [first, ...events] = readEvents(await readFile(at('watched', name!)))
    expect(first!.version).toBe('brain.Event:2')
    expect(events.map(({ step }) => step)).toEqual([1, 2, 3, 4, 4, 5, 6, 7, 8, 8, 9, 10, 11, 12, 12])
    const steps = ['step/loss', 'step/rate', 'step/gradient norm', 'step/clipped norm']
    expect(Object.keys(events[0]!.scalars)).toEqual(steps)
    const ends = events.filter(({ scalars }) => 'epoch/loss' in scalars)
    expect(ends.map(({ scalars }) => scalars)).toEqual(
      epochs.map(({ loss, validation, gradientNorm }) => ({
        'epoch/loss': Math.fround(loss),
        'epoch/validation': Math.fround(validation.loss),
        'epoch/gradient norm': Math.fround(gradientNorm),
      })),
    )
  })
})
