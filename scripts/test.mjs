/** `npm test`: what CI runs. Formatter and linter, types, build, tests; extra arguments go to Vitest. */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { build, install, node, root, stop } from './ready.mjs'

install()
if (!node(['node_modules/@biomejs/biome/bin/biome', 'ci', '--error-on-warnings']))
  stop('The formatter or linter found something, as above; npm run format mends most of it.')
if (!node(['node_modules/typescript/bin/tsc', '--noEmit'])) stop('The types do not fit, as above.')
build()

const folder = mkdtempSync(join(tmpdir(), 'unrolled-test-'))
const file = join(folder, 'totals.json')
const vitest = ['node_modules/vitest/vitest.mjs', 'run', '--reporter=default', '--reporter=./scripts/totals.mjs']
const { status } = spawnSync(process.execPath, [...vitest, ...process.argv.slice(2)], {
  cwd: root,
  stdio: 'inherit',
  env: { ...process.env, UNROLLED_TOTALS: file },
})
const totals = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : undefined
rmSync(folder, { recursive: true })
if (totals === undefined) stop('Vitest ended before it ran the tests, as above.')

for (const test of totals.skipped) console.log(`skipped: ${test}`)
console.log(`${totals.passed} passed, ${totals.failed} failed, ${totals.skipped.length} skipped`)
process.exitCode = status ?? 1
