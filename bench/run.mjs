/**
 * `npm run bench [-- --ours] [--rows a,b] [--threads 1,2] [--seconds 4] [--python PATH]`: rows by Unrolled and by PyTorch in
 * turn (A B A B), medians and ratios, beside the machine's own limit. A table on stdout, all of it as JSON in bench/results.
 */
import { execFileSync } from 'node:child_process'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { arch, cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { build, install } from '../scripts/ready.mjs'
import { rows } from './rows.mjs'

const { values: flags } = parseArgs({
  options: {
    ours: { type: 'boolean', default: false },
    rows: { type: 'string', default: 'a,b,c,d,g,h,i1,i2,i3,i4,i5,i6,i7' },
    threads: { type: 'string', default: '1,2' },
    seconds: { type: 'string', default: '4' },
    python: { type: 'string', default: 'python3' },
  },
})
install()
build()

const here = (name) => fileURLToPath(new URL(name, import.meta.url))
const median = (values) => values.toSorted((a, b) => a - b)[values.length >> 1]
const run = (command, args, env) => {
  const output = execFileSync(command, args, {
    encoding: 'utf8',
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  return JSON.parse(output.trim().split('\n').at(-1))
}
const ours = ({ id }, threads) =>
  run(process.execPath, [here('ours.mjs'), id, flags.seconds], { UNROLLED_THREADS: String(threads) })
const pytorch = (row, threads) =>
  run(flags.python, [here('peers/pytorch.py'), row.id, flags.seconds, String(threads), JSON.stringify(row)], {})

/** GFLOP/s of fused multiply-adds in registers on one core, by a C loop; nothing where there is no compiler. */
function peak(bits) {
  const program = join(tmpdir(), `peak-${process.pid}`)
  const flags = ['-O3', '-march=native', `-mprefer-vector-width=${bits}`, '-ffp-contract=fast', `-DWIDTH=${bits / 8}`]
  try {
    execFileSync('cc', [...flags, here('peak.c'), '-o', program], { stdio: 'ignore' })
    return Number(execFileSync(program, { encoding: 'utf8' }).split(' ')[0])
  } catch {
    return undefined
  } finally {
    rmSync(program, { force: true })
  }
}

// JavaScript engines use 256 bits at most; native code may have 512.
const limits = { 256: peak(256), 512: peak(512) }
const limit = limits[256]
const results = []
console.log(
  `${cpus()[0].model}, ${cpus().length} cores; C loop: ${limits[256] ?? '–'} GFLOP/s a core at 256 bits, ${limits[512] ?? '–'} at 512; Node ${process.versions.node}`,
)
console.log('row  threads      ours ms   PyTorch ms   ratio   GFLOP/s   of 256 bits')
for (const row of rows.filter(({ id }) => flags.rows.split(',').includes(id)))
  for (const threads of flags.threads.split(',').map(Number)) {
    const samples = { ours: [], pytorch: [] }
    const versions = {}
    for (let turn = 0; turn < 2; turn++)
      for (const [name, measure] of [['ours', ours], ...(flags.ours ? [] : [['pytorch', pytorch]])]) {
        const result = measure(row, threads)
        samples[name].push(...result.times)
        versions[name] = result.versions
      }
    const own = median(samples.ours)
    const theirs = flags.ours ? undefined : median(samples.pytorch)
    const gigaflops = row.flops / own / 1e6
    const share = limit && gigaflops / limit / threads
    results.push({
      ...row,
      threads,
      ours: own,
      pytorch: theirs,
      ratio: theirs && own / theirs,
      gigaflops,
      share,
      versions,
    })
    const cell = (value, digits, width) => (value === undefined ? '–' : value.toFixed(digits)).padStart(width)
    console.log(
      `${row.id.padEnd(5)}${String(threads).padStart(7)}${cell(own, 2, 13)}${cell(theirs, 2, 13)}${cell(theirs && own / theirs, 2, 8)}` +
        `${cell(gigaflops, 1, 10)}${cell(share && 100 * share, 0, 13)} %   ${row.work}`,
    )
  }
const machine = { processor: cpus()[0].model, cores: cpus().length, arch: arch(), peak: limits }
const date = new Date().toISOString().slice(0, 10)
mkdirSync(here('results'), { recursive: true })
const file = here(`results/${date}-node${process.versions.node.split('.')[0]}.json`)
writeFileSync(file, `${JSON.stringify({ date, machine, node: process.versions.node, results }, undefined, 1)}\n`)
