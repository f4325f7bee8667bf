import { InputError, suggestion } from '../../base/errors.ts'
import { fileSystem } from '../../base/node.ts'

/** Where a table is read from: a path, or in a page a file that was picked or fetched. */
export type Source = string | Blob

/** What messages call a source. */
export function nameOf(source: Source): string {
  if (typeof source === 'string') return source
  return 'name' in source && typeof source.name === 'string' && source.name !== '' ? source.name : 'table'
}

/** The bytes of a source, none of them read yet. @throws InputError when a file cannot be read */
export async function bytesOf(source: Source): Promise<Blob> {
  if (typeof source !== 'string') return source
  const files = fileSystem('give readTable the File or Blob itself, or parseCsv its text')
  try {
    const found = await files.stat(source)
    if (found.isDirectory())
      throw new InputError(`'${source}' is a folder, expected a file of a table; name a file inside it`)
    // What a pipe gives has no size and comes once.
    return found.isFile() ? await files.openAsBlob(source) : new Blob([await files.readFile(source)])
  } catch (error) {
    if (error instanceof InputError) throw error
    const code = (error as NodeJS.ErrnoException).code
    if (code === 'ENOENT') throw new InputError(`no such file: '${source}'${await similarFile(source, files)}`)
    throw new InputError(`'${source}' cannot be read (${code}); check the path and its permissions`)
  }
}

async function similarFile(path: string, { basename, dirname, readdir }: ReturnType<typeof fileSystem>) {
  const siblings = await readdir(dirname(path)).catch(() => [])
  return suggestion(basename(path), siblings) || '; check the path'
}
