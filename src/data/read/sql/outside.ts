import { InputError } from '../../../base/errors.ts'

/** A package that is not installed with this one. @throws InputError with the way to install it */
export async function optional<T>(name: string, what: string): Promise<T> {
  try {
    // A name that is no literal keeps bundlers from looking for it.
    return (await import(/* @vite-ignore */ name)) as T
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw error
    throw new InputError(`${what} needs the package ${name}, which is not installed; run: npm install ${name}`)
  }
}

/** The first sentence of what a data base says, with what it has to add. */
export function failed(query: string, error: unknown): InputError {
  const message = error instanceof Error ? error.message : String(error)
  const [said = ''] = message.replace(/^Failed to extract statements: /, '').split('\n\n')
  const shown = query.trim().replace(/\s+/g, ' ')
  const sentence = said.trim().replace(/\s*\n\s*/g, '; ')
  return new InputError(`the query '${shown.slice(0, 80)}${shown.length > 80 ? '…' : ''}' failed: ${sentence}`)
}

/** A query may give two columns one name. */
export function unlike(names: readonly string[]): string[] {
  return names.map((name, j) => {
    const before = names.slice(0, j).filter((earlier) => earlier === name).length
    return before === 0 ? name : `${name} ${before + 1}`
  })
}
