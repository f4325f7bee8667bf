import { createHash } from 'node:crypto'
import { readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { describe, expect, test } from 'vitest'
import { writeWhole } from '../../src/formats/files.ts'
import { formatSafetensors, parseSafetensors } from '../../src/formats/safetensors.ts'
import { type Checkpoint, readCheckpoint, writeCheckpoint } from '../../src/tasks/checkpoint.ts'
import { trainForecaster } from '../../src/tasks/forecaster.ts'
import type { RunState } from '../../src/train/index.ts'
import { forecaster, plan, scratch } from './made.ts'

const at = scratch()
const last = 'checkpoint.safetensors'
const before = 'checkpoint.before.safetensors'

/** The states of a training after each of its steps. */
async function states(): Promise<RunState[]> {
  const found: RunState[] = []
  await trainForecaster(forecaster(), { onStep: (_, run) => found.push(run.state()) })
  return found
}

const checkpoints: Checkpoint[] = (await states()).slice(2, 5).map((state) => ({ plan: plan(), epochs: [], state }))

/** What a folder gives, damage aside. */
async function found(folder: string) {
  const { damage, ...checkpoint } = await readCheckpoint(folder)
  return { damage, checkpoint }
}

describe('a checkpoint', () => {
  test('comes back as it was, to the bit; the one before it stays', async () => {
    const [one, two, three] = checkpoints
    for (const checkpoint of [one!, two!, three!]) await writeCheckpoint(at('run'), checkpoint)
    expect((await readdir(at('run'))).sort()).toEqual([before, last])
    expect(await found(at('run'))).toEqual({ damage: undefined, checkpoint: asRead(three!) })
    await rm(at('run', last))
    expect(await found(at('run'))).toEqual({ damage: undefined, checkpoint: asRead(two!) })
  })

  test('ahead of the first step has no state', async () => {
    await writeCheckpoint(at('first'), { plan: plan(), epochs: [] })
    expect((await readCheckpoint(at('first'))).state).toBeUndefined()
  })

  test('with any byte changed is passed over, for the one before it', async () => {
    const [one, two] = checkpoints
    await writeCheckpoint(at('harmed'), one!)
    await writeCheckpoint(at('harmed'), two!)
    const bytes = await readFile(at('harmed', last))
    for (let place = 0; place < bytes.length; place += 97) {
      await writeFile(at('harmed', last), bytes.with(place, bytes[place]! ^ 0x10))
      const { damage, checkpoint } = await found(at('harmed'))
      // A space behind the header's JSON says nothing, so nothing is lost with it.
      if (damage === undefined) expect(checkpoint).toEqual(asRead(two!))
      else expect(checkpoint).toEqual(asRead(one!))
    }
  })

  test('cut anywhere is passed over, for the one before it', async () => {
    const [one, two] = checkpoints
    await writeCheckpoint(at('cut'), one!)
    await writeCheckpoint(at('cut'), two!)
    const bytes = await readFile(at('cut', last))
    for (const length of [0, 4, 8, 100, bytes.length >> 1, bytes.length - 1]) {
      await writeFile(at('cut', last), bytes.subarray(0, length))
      const { damage, checkpoint } = await found(at('cut'))
      expect(damage).toMatch(/checkpoint\.safetensors: /)
      expect(checkpoint).toEqual(asRead(one!))
    }
  })

  test('of another format, with its checksum right, names the way out', async () => {
    await writeCheckpoint(at('old'), checkpoints[0]!)
    const { tensors, metadata } = parseSafetensors(await readFile(at('old', last)), last)
    const description = metadata['unrolled checkpoint']!.replace('"format":2', '"format":1')
    const sha256 = createHash('sha256').update(description).digest('hex')
    expect(tensors.size).toBeGreaterThan(0)
    await writeWhole(at('old', last), formatSafetensors(new Map(), { 'unrolled checkpoint': description, sha256 }))
    await expect(readCheckpoint(at('old'))).rejects.toThrow(
      'expected checkpoint format 2, got 1; use the version of unrolled that wrote it',
    )
  })
})

/** JSON has no NaN. */
function asRead(checkpoint: Checkpoint): Checkpoint {
  const { numbers, tensors } = checkpoint.state!
  return { ...checkpoint, state: { numbers: JSON.parse(JSON.stringify(numbers)), tensors } }
}
