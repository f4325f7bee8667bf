import { InputError, suggestion } from '../base/errors.ts'
import { fileSystem } from '../base/node.ts'

/**
 * Writes a file so that a crash leaves the old one whole: beside it, to the disk, then renamed into place. Creates the
 * folder where there is none.
 * @param before done when all is on the disk, ahead of the renaming
 * @throws InputError where the place cannot be written; nothing half written stays
 */
export async function writeWhole(
  path: string,
  content: Uint8Array | string,
  before?: () => Promise<void>,
): Promise<void> {
  const { basename, dirname, join, mkdir, open, rename, rm } = fileSystem('formatModel gives the bytes of a model')
  const folder = dirname(path)
  const beside = join(folder, `.${basename(path)}.tmp-${crypto.randomUUID()}`)
  try {
    await mkdir(folder, { recursive: true })
    const file = await open(beside, 'wx')
    try {
      await file.writeFile(content)
      await file.sync()
    } finally {
      await file.close()
    }
    await before?.()
    await rename(beside, path)
  } catch (error) {
    await rm(beside, { force: true }).catch(() => {}) // the first error is the one to tell
    throw explained(error, `cannot write '${path}'`, writeFaults)
  }
}

/** Adds to the end of a file, in a folder that is there. @throws InputError where it cannot be written */
export async function append(path: string, content: Uint8Array): Promise<void> {
  const { appendFile } = fileSystem('there is nothing to add to')
  await appendFile(path, content).catch((error) => {
    throw explained(error, `cannot write '${path}'`, writeFaults)
  })
}

/** Removes the files of a folder whose names match: by default those that killed writers have left half written. */
export async function clear(folder: string, name = halfWritten): Promise<void> {
  const { join, readdir, rm } = fileSystem('there is nothing to clear')
  for (const file of await readdir(folder).catch(() => []))
    if (name.test(file))
      await rm(join(folder, file), { force: true }).catch((error) => {
        throw explained(error, `cannot remove '${join(folder, file)}'`, writeFaults)
      })
}

/**
 * Reads a whole file.
 * @param what what the file should be, for the sentence: `a CSV file`
 * @throws InputError where there is no such file or it cannot be read
 */
export async function readWhole(path: string, what: string): Promise<Uint8Array> {
  const { basename, dirname, readdir, readFile } = fileSystem('parseModel takes the bytes of a model')
  try {
    return await readFile(path)
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw explained(error, `expected ${what}, but '${path}' cannot be read`, readFaults)
    const neighbours = await readdir(dirname(path)).catch(() => [])
    throw new InputError(`expected ${what}, but there is no file '${path}'${suggestion(basename(path), neighbours)}`)
  }
}

const halfWritten = /^\..+\.tmp-[\da-f-]{36}$/

/** What the system's error codes mean to a person, and the way out. */
type Faults = Readonly<Record<string, string>>

const noFolder = 'a part of the path before the last is a file, not a folder; choose another path'

const writeFaults: Faults = {
  EISDIR: 'it is a folder; give a file name',
  ENOTDIR: noFolder,
  EEXIST: noFolder,
  EACCES: 'the folder is read-only for you; choose another folder or change its permissions',
  EPERM: 'the folder is read-only for you; choose another folder or change its permissions',
  EROFS: 'the disk is read-only; choose another folder',
  ENOSPC: 'no space is left on the disk; free some or choose another folder',
  EDQUOT: 'your quota on the disk is used up; free some space or choose another folder',
  ENAMETOOLONG: 'the name is too long; choose a shorter one',
}

const readFaults: Faults = {
  EISDIR: 'it is a folder; give a file inside it',
  ENOTDIR: noFolder,
  EACCES: 'you have no permission to read it; change its permissions',
  EPERM: 'you have no permission to read it; change its permissions',
  ENAMETOOLONG: 'the name is too long; check the path',
  ERR_FS_FILE_TOO_LARGE: 'it is larger than 2 GiB; split it',
}

/** The error in a person's words where its code is known; itself otherwise. */
function explained(error: unknown, problem: string, faults: Faults): unknown {
  const fault = faults[codeOf(error)]
  return fault === undefined ? error : new InputError(`${problem}: ${fault}`)
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : ''
}
