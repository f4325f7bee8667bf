import { InputError } from './errors.ts'

/** Node's process, and behind `getBuiltinModule` its modules, with no import that a bundler would look for. A page has none. */
export const node = typeof process !== 'undefined' && 'getBuiltinModule' in process ? process : undefined

/**
 * Node's functions for files and paths.
 * @throws InputError in a page, which has no files; `instead` says what to do there
 */
export function fileSystem(instead: string) {
  if (!node) throw new InputError(`there are no files in a page: ${instead}`)
  const { openAsBlob } = node.getBuiltinModule('node:fs')
  return { ...node.getBuiltinModule('node:fs/promises'), ...node.getBuiltinModule('node:path'), openAsBlob }
}

/** A file without a name in the system's folder for temporary ones: the disk has its room again once it is closed, or the process ends. */
export class ScratchFile {
  private readonly files: typeof import('node:fs')
  private readonly folder: string
  private handle: number | undefined

  /** @throws InputError in a page, which has no files (`instead` says what to do there), and where the folder can't be written */
  constructor(instead: string) {
    if (!node) throw new InputError(`there are no files in a page: ${instead}`)
    this.files = node.getBuiltinModule('node:fs')
    this.folder = node.getBuiltinModule('node:os').tmpdir()
    const { join } = node.getBuiltinModule('node:path')
    try {
      const own = this.files.mkdtempSync(join(this.folder, 'unrolled-'))
      this.handle = this.files.openSync(join(own, 'numbers'), 'wx+', 0o600)
      // Open files outlive their names, so that nothing is left behind however the process ends.
      this.files.rmSync(own, { recursive: true })
    } catch (error) {
      throw this.refused(error)
    }
    unreachable.register(this, this.handle, this)
  }

  /** @throws InputError when the disk is full, or the file was closed */
  write(bytes: Uint8Array, position: number): void {
    try {
      for (let done = 0; done < bytes.length; )
        done += this.files.writeSync(this.open(), bytes, done, bytes.length - done, position + done)
    } catch (error) {
      throw this.refused(error)
    }
  }

  /** Fills `bytes`. @throws InputError when the file was closed */
  read(bytes: Uint8Array, position: number): void {
    const handle = this.open()
    for (let done = 0; done < bytes.length; ) {
      const read = this.files.readSync(handle, bytes, done, bytes.length - done, position + done)
      if (read === 0) throw new Error(`expected ${bytes.length} bytes at ${position}, got ${done}`)
      done += read
    }
  }

  close(): void {
    if (this.handle === undefined) return
    unreachable.unregister(this)
    this.files.closeSync(this.handle)
    this.handle = undefined
  }

  private open(): number {
    if (this.handle === undefined) throw new InputError('the table was closed, and its numbers are gone; read it again')
    return this.handle
  }

  private refused(error: unknown): unknown {
    if (error instanceof InputError) return error
    const { code } = error as NodeJS.ErrnoException
    const why = code === 'ENOSPC' ? 'its disk is full' : `it can't be written (${code})`
    return new InputError(
      `'${this.folder}', where numbers are put that memory does not hold: ${why}; name another folder with TMPDIR`,
    )
  }
}

const unreachable = new FinalizationRegistry<number>((handle) => node!.getBuiltinModule('node:fs').closeSync(handle))
