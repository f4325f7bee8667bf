/**
 * `node bench/start.mjs [--runs 15]`: milliseconds from the start of a fresh process, and from `import`, to the end of the
 * first training step of row a's model; medians.
 */
import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { build, install } from '../scripts/ready.mjs'
import { keep, machine } from './results.mjs'

const { values: flags } = parseArgs({ options: { runs: { type: 'string', default: '15' } } })
install()
build()
const { median } = await import('../dist/tasks/bench.js')
const child = fileURLToPath(new URL('first-step.mjs', import.meta.url))
const runs = Array.from({ length: Number(flags.runs) }, () => JSON.parse(execFileSync(process.execPath, [child])))
const fromProcess = median(runs.map(({ stepped }) => stepped))
const fromImport = median(runs.map(({ imported, stepped }) => stepped - imported))
console.log(
  `First training step of row a's model ended, medians of ${runs.length} processes, Node ${process.versions.node}:`,
)
console.log(
  `  ${fromProcess.toFixed(0)} ms after the process started\n  ${fromImport.toFixed(0)} ms after import began`,
)
console.error(`Kept in ${keep('start', { machine: machine(), fromProcess, fromImport, runs }).file}`)
