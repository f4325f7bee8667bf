import { spawn } from 'node:child_process'
import { constants } from 'node:os'
import { build, install, main } from './ready.mjs'

/** Installs, builds and runs the command line from the folder `cwd`; this process ends with its exit code. */
export function unrolled(args, cwd) {
  install()
  build()
  const env = { ...process.env, UNROLLED_COMMAND: 'npm run unrolled --' } // what to type next, from a clone
  const child = spawn(process.execPath, [main, ...args], { cwd, env, stdio: 'inherit' })
  // Ctrl-C reaches the child as well: it ends in its own way and we wait for it.
  process.on('SIGINT', () => {})
  process.on('SIGTERM', () => child.kill('SIGTERM'))
  child.on('exit', (code, signal) => {
    process.exitCode = code ?? 128 + constants.signals[signal]
  })
}
