import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { rename } from 'node:fs/promises'
import { join } from 'node:path'
import { InputError } from '../base/errors.ts'
import { clear, readWhole, writeWhole } from '../formats/files.ts'
import { formatSafetensors, parseSafetensors } from '../formats/safetensors.ts'
import type { Epoch, RunState } from '../train/index.ts'
import type { Plan } from './run-folder.ts'

/** The version of what a checkpoint holds; a file of another one is refused. */
const FORMAT = 2

/** All that a stopped training goes on from, to the same bytes. */
export interface Checkpoint {
  /** What was asked for, of what data. */
  readonly plan: Plan
  /** The epochs so far. */
  readonly epochs: readonly Epoch[]
  /** Absent where no step has been taken. */
  readonly state?: RunState | undefined
}

/** A checkpoint that was read, and in a sentence what is wrong with the one after it. */
export interface FoundCheckpoint extends Checkpoint {
  readonly damage?: string | undefined
}

const pathIn = (folder: string) => join(folder, 'checkpoint.safetensors')
const pathBefore = (folder: string) => join(folder, 'checkpoint.before.safetensors')

/**
 * Writes a checkpoint; the one before is kept beside it. Killed at any moment, one of the two is whole.
 * @throws InputError where the folder cannot be written
 */
export async function writeCheckpoint(folder: string, { plan, epochs, state }: Checkpoint): Promise<void> {
  const description = JSON.stringify({ format: FORMAT, plan, epochs, numbers: state?.numbers })
  const tensors = state?.tensors ?? new Map()
  const metadata = { 'unrolled checkpoint': description, sha256: digest(description, tensors) }
  await writeWhole(pathIn(folder), formatSafetensors(tensors, metadata), async () => {
    if (existsSync(pathIn(folder))) await rename(pathIn(folder), pathBefore(folder))
  })
}

/** Removes the last checkpoint, so that a damaged one does not take the place of the one before it. */
export const dropLast = (folder: string): Promise<void> => clear(folder, /^checkpoint\.safetensors$/)

/** Whether there is a training in a folder to go on with. */
export const hasCheckpoint = (folder: string): boolean => existsSync(pathIn(folder)) || existsSync(pathBefore(folder))

/** Removes the one before the last. */
export const dropBefore = (folder: string): Promise<void> => clear(folder, /^checkpoint\.before\.safetensors$/)

/**
 * The last checkpoint of a folder that is whole.
 * @throws InputError where there is none
 */
export async function readCheckpoint(folder: string): Promise<FoundCheckpoint> {
  const paths = [pathIn(folder), pathBefore(folder)].filter((path) => existsSync(path))
  if (paths.length === 0)
    throw new InputError(
      `expected a run folder with a checkpoint, but there is no '${pathIn(folder)}'; give the folder of a training that was stopped`,
    )
  let damage: string | undefined
  for (const path of paths)
    try {
      return { ...parseCheckpoint(await readWhole(path, 'a checkpoint'), path), damage }
    } catch (error) {
      if (!(error instanceof InputError)) throw error
      damage ??= error.message
    }
  throw new InputError(`'${folder}' has no checkpoint to go on from, train anew: ${damage}`)
}

function parseCheckpoint(bytes: Uint8Array, name: string): Checkpoint {
  const { tensors: stored, metadata } = parseSafetensors(bytes, name)
  const { 'unrolled checkpoint': description, sha256 } = metadata
  if (description === undefined)
    throw new InputError(
      `${name}: expected a checkpoint of unrolled, but its metadata has no 'unrolled checkpoint' entry`,
    )
  const tensors = new Map(
    [...stored].map(([tensor, { data, shape }]) => {
      if (data instanceof Float32Array || data instanceof Float64Array) return [tensor, { data, shape }]
      throw new InputError(`${name}: expected the tensor '${tensor}' to be of floats`)
    }),
  )
  if (digest(description, tensors) !== sha256)
    throw new InputError(`${name}: it was changed or damaged since it was written, its checksum is another`)
  const { format, plan, epochs, numbers } = JSON.parse(description)
  if (format !== FORMAT)
    throw new InputError(
      `${name}: expected checkpoint format ${FORMAT}, got ${JSON.stringify(format)}; use the version of unrolled that wrote it`,
    )
  return { plan, epochs, ...(numbers ? { state: { numbers, tensors } } : {}) }
}

/** A checksum of all that a checkpoint says. */
function digest(description: string, tensors: RunState['tensors']): string {
  const hash = createHash('sha256').update(description)
  for (const [name, { data, shape }] of tensors)
    hash.update(JSON.stringify([name, shape])).update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength))
  return hash.digest('hex')
}
