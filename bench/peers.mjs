/** Peers: each is a folder of bench/peers with one file that times a row, and an install of its own in that folder. */
import { execFileSync, execSync, spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** In the order of the tables. `single`: it has one thread in Node and is timed beside the first number of threads alone. */
export const peers = {
  pytorch: { title: 'PyTorch', module: 'torch' },
  keras: { title: 'Keras', module: 'tensorflow' },
  onnxruntime: { title: 'onnxruntime-node' },
  tfjs: { title: 'TF.js wasm', single: true },
  'jax-js': { title: 'jax-js wasm', single: true },
  brainjs: { title: 'brain.js', single: true },
}

/** A row by one peer may take so long, in milliseconds. */
const limit = 600_000
const folder = (name) => fileURLToPath(new URL(`peers/${name}/`, import.meta.url))
const venv = (name) => join(folder(name), '.venv', process.platform === 'win32' ? 'Scripts/python.exe' : 'bin/python')
const found = new Map()
const has = (python, module) => {
  const key = `${module} in ${python}`
  if (!found.has(key)) found.set(key, spawnSync(python, ['-c', `import ${module}`], { stdio: 'ignore' }).status === 0)
  return found.get(key)
}

/** The Python a peer runs on: the given one where it has what it needs, or its own. */
const pythonOf = (name, python) => (has(python, peers[name].module) ? python : venv(name))

export const installed = (name, python) =>
  peers[name].module ? has(pythonOf(name, python), peers[name].module) : existsSync(join(folder(name), 'node_modules'))

/** Installs a peer into its folder, unless it is there; throws where that fails. */
export function install(name, python) {
  if (installed(name, python)) return
  console.error(`Installing ${peers[name].title} into bench/peers/${name} …`)
  const run = (command, args) => execFileSync(command, args, { cwd: folder(name), stdio: ['ignore', 2, 2] })
  if (peers[name].module) {
    run(python, ['-m', 'venv', '.venv'])
    run(venv(name), ['-m', 'pip', 'install', '--quiet', '-r', 'requirements.txt'])
  }
  // None needs its install scripts: they fetch graphics libraries.
  else
    execSync('npm install --ignore-scripts --no-package-lock --no-audit --no-fund', {
      cwd: folder(name),
      stdio: ['ignore', 2, 2],
    })
}

/** A row by a peer: `{ times, versions }`, or `{ unsupported }` with the reason. */
export function measure(name, row, threads, seconds, python) {
  const inPython = peers[name].module !== undefined
  const command = inPython ? pythonOf(name, python) : process.execPath
  return call(command, [join(folder(name), inPython ? 'peer.py' : 'peer.mjs')], row, threads, seconds)
}

/** A row by Unrolled. */
export const measureOurs = (row, threads, seconds) =>
  call(process.execPath, [fileURLToPath(new URL('ours.mjs', import.meta.url))], row, threads, seconds)

function call(command, args, row, threads, seconds) {
  const { status, error, stdout, stderr } = spawnSync(
    command,
    [...args, String(seconds), String(threads), JSON.stringify(row)],
    {
      encoding: 'utf8',
      timeout: limit,
      killSignal: 'SIGKILL',
      maxBuffer: 2 ** 28,
      env: { ...process.env, UNROLLED_THREADS: String(threads), OMP_NUM_THREADS: String(threads) },
    },
  )
  if (error?.code === 'ETIMEDOUT') return { unsupported: `no answer in ${limit / 60_000} minutes` }
  if (error || status !== 0) {
    const lines = (error?.message ?? stderr).trim().split('\n')
    return { unsupported: `it failed: ${lines.findLast((line) => /Error/.test(line)) ?? lines.at(-1)}`.trim() }
  }
  return JSON.parse(stdout.trim().split('\n').at(-1))
}
