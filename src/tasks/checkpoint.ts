import { existsSync } from 'node:fs'
import { rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { InputError } from '../base/errors.ts'
import { readWhole, writeWhole } from '../formats/files.ts'
import { expectFinite, formatSafetensors, parseSafetensors } from '../formats/safetensors.ts'
import type { Epoch, RunState } from '../train/index.ts'
import type { Plan } from './run-folder.ts'

/** The version of what a checkpoint holds; a file of another one is refused. */
const FORMAT = 1

/** All that a stopped training goes on from, to the same bytes. */
export interface Checkpoint {
  /** What was asked for, of what data. */
  readonly plan: Plan
  /** The epochs so far. */
  readonly epochs: readonly Epoch[]
  /** Absent where no step has been taken. */
  readonly state?: RunState | undefined
}

const pathIn = (folder: string) => join(folder, 'checkpoint.safetensors')
const pathBefore = (folder: string) => join(folder, 'checkpoint.before.safetensors')

/**
 * Writes a checkpoint; the one before is kept beside it. Killed at any moment, one of the two is whole.
 * @throws InputError where the folder cannot be written
 */
export async function writeCheckpoint(folder: string, { plan, epochs, state }: Checkpoint): Promise<void> {
  const description = JSON.stringify({ format: FORMAT, plan, epochs, numbers: state?.numbers })
  const bytes = formatSafetensors(state?.tensors ?? new Map(), { 'unrolled checkpoint': description })
  await writeWhole(pathIn(folder), bytes, () => keepBefore(folder))
}

/** Removes what an earlier training left, so that nothing goes on from it. */
export async function clearCheckpoints(folder: string): Promise<void> {
  for (const path of [pathIn(folder), pathBefore(folder)]) await rm(path, { force: true })
}

async function keepBefore(folder: string): Promise<void> {
  if (existsSync(pathIn(folder))) await rename(pathIn(folder), pathBefore(folder))
}

/**
 * The last checkpoint of a folder that is whole, and in a sentence why it is not the last one of all.
 * @throws InputError where there is none
 */
export async function readCheckpoint(folder: string): Promise<Checkpoint & { readonly warning?: string }> {
  const paths = [pathIn(folder), pathBefore(folder)].filter((path) => existsSync(path))
  if (paths.length === 0)
    throw new InputError(
      `expected a run folder with a checkpoint, but there is no '${pathIn(folder)}'; give the folder of a training that was stopped`,
    )
  let wrong: InputError | undefined
  for (const path of paths)
    try {
      const checkpoint = parseCheckpoint(await readWhole(path, 'a checkpoint'), path)
      return wrong ? { ...checkpoint, warning: `${wrong.message}; going on from the checkpoint before it` } : checkpoint
    } catch (error) {
      if (!(error instanceof InputError)) throw error
      wrong ??= error
    }
  throw wrong!
}

function parseCheckpoint(bytes: Uint8Array, name: string): Checkpoint {
  const { tensors, metadata } = parseSafetensors(bytes, name)
  const json = metadata['unrolled checkpoint']
  if (json === undefined)
    throw new InputError(
      `${name}: expected a checkpoint of unrolled, but its metadata has no 'unrolled checkpoint' entry`,
    )
  const { format, plan, epochs, numbers } = JSON.parse(json)
  if (format !== FORMAT)
    throw new InputError(
      `${name}: expected checkpoint format ${FORMAT}, got ${JSON.stringify(format)}; use the version of unrolled that wrote it`,
    )
  expectFinite(tensors, name)
  const floats = new Map(
    [...tensors].map(([tensor, { data, shape }]) => {
      if (data instanceof Float32Array || data instanceof Float64Array) return [tensor, { data, shape }]
      throw new InputError(`${name}: expected the tensor '${tensor}' to be of floats`)
    }),
  )
  return { plan, epochs, ...(numbers ? { state: { numbers, tensors: floats } } : {}) }
}
