/**
 * `node scripts/matrix.mjs`: every test on every kernel set that runs here, on one thread and on two; a line each. Node is
 * the one that runs it, so `path/to/another/node scripts/matrix.mjs` tests there.
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { build, install, root } from './ready.mjs'

install()
build()
const { surveyTiers } = await import('../dist/kernels/index.js')
const folder = mkdtempSync(join(tmpdir(), 'unrolled-matrix-'))
const file = join(folder, 'totals.json')
const vitest = ['node_modules/vitest/vitest.mjs', 'run', '--reporter=./scripts/totals.mjs', ...process.argv.slice(2)]
for (const { tier, unavailable } of surveyTiers())
  for (const threads of unavailable ? [] : [1, 2]) {
    const choice = { UNROLLED_KERNELS: tier, UNROLLED_THREADS: String(threads), UNROLLED_TOTALS: file }
    const { status } = spawnSync(process.execPath, vitest, {
      cwd: root,
      stdio: ['ignore', 'ignore', 'inherit'],
      env: { ...process.env, ...choice },
    })
    const { passed, failed, skipped } = JSON.parse(readFileSync(file, 'utf8'))
    console.log(
      `Node ${process.versions.node}, ${tier}, threads ${threads}: ${passed} passed, ${failed} failed, ${skipped.length} skipped`,
    )
    if (status !== 0) process.exitCode = 1
  }
rmSync(folder, { recursive: true })
