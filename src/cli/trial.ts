import { spawn } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import { mkdir, readFile } from 'node:fs/promises'
import { join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { writeWhole } from '../formats/files.ts'
import { hasCheckpoint } from '../tasks/checkpoint.ts'
import { requestOf } from '../tasks/data-source.ts'
import { type Outcome, outcomeOf, type SweepPlan, type Trial, trialFolder } from '../tasks/sweep/state.ts'

export interface TrialOptions {
  /** The sweep's folder. */
  readonly folder: string
  readonly plan: SweepPlan
  readonly threads: number
  /** Stops the process behind a checkpoint. */
  readonly signal: AbortSignal
}

/**
 * Brings a trial to so many epochs by `unrolled train` in a process of its own, from its config or its checkpoint; what it says
 * goes to `log.txt` in its folder. Nothing comes back of one that was stopped.
 */
export async function runTrial(
  { trial, options }: Trial,
  epochs: number,
  { folder, plan, threads, signal }: TrialOptions,
): Promise<Outcome | { readonly failed: string } | undefined> {
  const own = trialFolder(folder, trial)
  const config = join(own, 'config.json')
  await mkdir(own, { recursive: true })
  const begun = hasCheckpoint(own)
  if (!begun) {
    const { path, ...request } = requestOf(plan.data, folder)
    const data = path === undefined ? {} : { data: relative(resolve(own), resolve(path)) }
    await writeWhole(
      config,
      `${JSON.stringify({ ...data, ...request, ...plan.options, ...options, epochs }, undefined, 2)}\n`,
    )
  }
  const words = begun ? ['--resume', own, '--epochs', String(epochs)] : ['--config', config, '--out', own]
  const log = join(own, 'log.txt')
  const { code, by } = await processOf(['train', ...words, '--json', '--no-test'], log, threads, signal)
  if (code === 0) return outcomeOf(own)
  if (code === 130 || by) return undefined
  const sentence = code === 2 && (await readFile(log, 'utf8')).trimEnd().split('\n').at(-1)
  return { failed: sentence || `it ended with exit code ${code}; ${log} says more` }
}

const main = fileURLToPath(new URL('./main.js', import.meta.url))

/** How a process of the command line ended: its exit code, or the signal that ended it. */
function processOf(args: readonly string[], log: string, threads: number, signal: AbortSignal) {
  const output = openSync(log, 'a')
  // In a group of its own, so that Ctrl-C comes through us, once; the channel tells it when we are gone.
  const child = spawn(process.execPath, [main, ...args], {
    detached: true,
    windowsHide: true,
    stdio: ['ignore', output, output, 'ipc'],
    env: { ...process.env, UNROLLED_THREADS: String(threads) },
  })
  closeSync(output)
  const stop = () => child.kill('SIGINT')
  signal.addEventListener('abort', stop)
  if (signal.aborted) stop()
  return new Promise<{ code: number | null; by: NodeJS.Signals | null }>((done, fail) => {
    child.once('error', fail)
    child.once('exit', (code, by) => done({ code, by }))
  }).finally(() => signal.removeEventListener('abort', stop))
}
