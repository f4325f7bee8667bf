import { CommanderError } from 'commander'
import { InputError } from '../base/errors.ts'

/** Throws what commander found wrong, to be told in one line by `fail`. */
export function usageFailure(error: CommanderError): never {
  throw error
}

/** Ends with one sentence and exit code 2 for what a person can mend; with the stack and 1 for what we must. */
export function fail(error: unknown): void {
  if (error instanceof CommanderError && error.exitCode === 0) return // it has answered --help or --version
  if (error instanceof CommanderError && error.code === 'commander.help') {
    process.exitCode = 2 // without a command it has printed the help on stderr
    return
  }
  if (error instanceof InputError || error instanceof CommanderError) {
    const sentence = error.message.replace(/^error: /, '').replaceAll(/\s*\n\s*/g, ' ')
    process.stderr.write(`${sentence}\n`)
    process.exitCode = 2
    return
  }
  process.stderr.write(
    `${error instanceof Error ? error.stack : error}\nThis is a fault in unrolled; please report it.\n`,
  )
  process.exitCode = 1
}
