import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { constants, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll } from 'vitest'

const main = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url))

/** One kernel set for every process, so that numbers can be compared: the one that runs everywhere. */
export const kernels = 'simd'

/** What a command answered. */
export interface Answer {
  /** The exit code; that of a shell, 128 and its number, where a signal ended it. */
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** Runs the command line as a process of its own, its output in pipes. */
export function unrolled(cwd: string, args: readonly string[], environment: NodeJS.ProcessEnv = {}): Promise<Answer> {
  const { FORCE_COLOR: _, UNROLLED_COMMAND: __, ...inherited } = process.env
  const env = { ...inherited, UNROLLED_KERNELS: kernels, ...environment }
  return new Promise((resolve) => {
    execFile(process.execPath, [main, ...args], { cwd, env }, (error, stdout, stderr) => {
      resolve({
        code: error?.signal ? 128 + constants.signals[error.signal] : Number(error?.code ?? 0),
        stdout,
        stderr,
      })
    })
  })
}

/** The compiled command line, for processes that wrap it. */
export const commandLine = [process.execPath, main]

/** Environment of a process that gets a signal at a moment such as `rename 6`: see signalled.mjs. */
export const signalled = (signal: NodeJS.Signals, moment: string): NodeJS.ProcessEnv => ({
  NODE_OPTIONS: `--import ${new URL('signalled.mjs', import.meta.url)}`,
  SIGNALLED: `${signal} ${moment}`,
})

/** A new folder for the tests of a file, removed after them. */
export function scratch(): { readonly path: string; readonly write: (name: string, content: string) => Promise<void> } {
  let path = ''
  beforeAll(async () => {
    path = await mkdtemp(join(tmpdir(), 'unrolled-cli-'))
  })
  afterAll(() => rm(path, { recursive: true }))
  return {
    get path() {
      return path
    },
    write: (name, content) => writeFile(join(path, name), content),
  }
}

/** Days of made-up weather: a wave of warmth, some rain, a word; without dates if asked. */
export function weatherCsv({ rows = 160, dates = true } = {}): string {
  const lines = Array.from({ length: rows }, (_, i) => {
    const day = new Date(Date.UTC(2023, 0, 1 + i)).toISOString().slice(0, 10)
    const warmth = 12 + 8 * Math.sin(i / 9) + ((i * 37) % 11) / 5
    return [...(dates ? [day] : []), warmth.toFixed(1), ((i * 53) % 17) / 10, i % 3 === 0 ? 'rain' : 'sun'].join()
  })
  return `${dates ? 'date,' : ''}warmth,rain,sky\n${lines.join('\n')}\n`
}

/** Flags of a training that takes a moment. */
export const tiny = ['--past', '7', '--horizon', '3', '--hidden', '4', '--epochs', '3']
