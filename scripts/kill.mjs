/**
 * `node scripts/kill.mjs [--kills 50] [--threads 1,2] [--seed 1] [--epochs 60]`: a training killed by SIGKILL at moments of
 * chance, and gone on with each time by `unrolled train --resume`, beside one that nobody stopped: the model files must have
 * the same bytes. Ends with exit code 1 where they have not. What it last said is in bench/results.
 */
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { build, install, main, root } from './ready.mjs'

const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '50' },
    threads: { type: 'string', default: '1,2' },
    seed: { type: 'string', default: '1' },
    epochs: { type: 'string', default: '60' },
  },
})
install()
build()

const folder = mkdtempSync(join(tmpdir(), 'unrolled-kill-'))
copyFileSync(join(root, 'node_modules/vega-datasets/data/seattle-weather.csv'), join(folder, 'weather.csv'))
const flags = [
  '--target',
  'temp_max',
  '--epochs',
  values.epochs,
  '--hidden',
  '48',
  '--batch',
  '16',
  '--schedule',
  'cosine',
]

/** Runs the command line, killed after some milliseconds: how it ended, and after how long. */
function unrolled(args, threads, killAfter) {
  const started = performance.now()
  const env = { ...process.env, UNROLLED_THREADS: threads }
  const child = spawn(process.execPath, [main, 'train', ...args], {
    cwd: folder,
    env,
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let said = ''
  child.stderr.on('data', (text) => {
    said += text
  })
  const timer = killAfter === undefined ? undefined : setTimeout(() => child.kill('SIGKILL'), killAfter)
  return new Promise((resolve) => {
    child.on('exit', (code, signal) => {
      clearTimeout(timer)
      resolve({ code, signal, said, milliseconds: performance.now() - started })
    })
  })
}

const modelOf = (run) =>
  createHash('sha256')
    .update(readFileSync(join(folder, run, 'model.safetensors')))
    .digest('hex')

let state = Number(values.seed) >>> 0
const chance = () => {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0
  return state / 2 ** 32
}

let failed = false
const begin = (run) => ['weather.csv', ...flags, '--out', run]
const whole = await unrolled(begin('whole'), '1')
if (whole.code !== 0) throw new Error(whole.said)
const expected = modelOf('whole')
console.log(`never stopped: ${expected.slice(0, 16)}, ${(whole.milliseconds / 1000).toFixed(1)} s`)
for (const threads of values.threads.split(',')) {
  const run = `killed-${threads}`
  let [kills, rounds, ends] = [0, 0, 0]
  while (kills < Number(values.kills)) {
    rmSync(join(folder, run), { recursive: true, force: true })
    rounds++
    for (let done = false; !done; ) {
      const started =
        existsSync(join(folder, run, 'checkpoint.safetensors')) ||
        existsSync(join(folder, run, 'checkpoint.before.safetensors'))
      const after = kills < Number(values.kills) ? chance() * whole.milliseconds : undefined
      const { code, signal, said } = await unrolled(started ? ['--resume', run] : begin(run), threads, after)
      if (signal === 'SIGKILL') kills++
      else if (code !== 0) throw new Error(said)
      else done = true
      if (signal === 'SIGKILL') process.stdout.write(`\rthreads ${threads}: ${kills} kills in ${rounds} trainings`)
    }
    const same = modelOf(run) === expected
    ends++
    failed ||= !same
    if (!same) console.log(`\ntraining ${rounds}: ${modelOf(run).slice(0, 16)}, not the same bytes`)
  }
  console.log(
    `\nthreads ${threads}: ${ends} trainings killed ${kills} times in all${failed ? '' : ' end with the same bytes'}`,
  )
}
rmSync(folder, { recursive: true })
process.exitCode = failed ? 1 : 0
