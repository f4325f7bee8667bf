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
