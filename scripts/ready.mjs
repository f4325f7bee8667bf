/** What every script needs first: the packages installed, the sources built. Quiet and quick where nothing is to do. */
import { spawnSync } from 'node:child_process'
import { chmodSync, existsSync, readdirSync, readFileSync, renameSync, rmSync, statSync, utimesSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('..', import.meta.url))
export const main = join(root, 'dist/cli/main.js')

/** Runs `npm ci` where node_modules lacks a package that package-lock.json names. */
export function install() {
  const [major, minor] = process.versions.node.split('.').map(Number)
  if (major < 20 || (major === 20 && minor < 19))
    stop(`Unrolled needs Node 20.19 or later, this is ${process.versions.node}; install a newer one from nodejs.org.`)
  if (installed()) return
  console.error('Installing packages (npm ci) …')
  // --include=dev: the build needs them even where NODE_ENV is production
  const npm = spawnSync('npm ci --include=dev --no-audit --no-fund', { cwd: root, shell: true, encoding: 'utf8' })
  if (npm.status === 0) return
  console.error(`${npm.stdout}${npm.stderr}`.trimEnd())
  stop('npm ci failed, as above; check the network and the registry (npm config get registry), then run this again.')
}

/** Compiles src into a fresh dist where a source is newer than it. */
export function build() {
  const sources = ['src', 'tsconfig.json', 'tsconfig.build.json'].map((name) => join(root, name))
  const dist = join(root, 'dist')
  if (existsSync(main) && Math.max(...sources.map(newest)) <= statSync(dist).mtimeMs) return
  const started = new Date()
  const fresh = `${dist}.tmp-${process.pid}`
  const compiled = node(['node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json', '--outDir', fresh])
  if (!compiled) {
    rmSync(fresh, { recursive: true, force: true })
    stop('The build failed, as above.')
  }
  chmodSync(join(fresh, 'cli/main.js'), 0o755)
  utimesSync(fresh, started, started) // the stamp: a source saved during the build is newer
  rmSync(dist, { recursive: true, force: true })
  renameSync(fresh, dist)
}

/** Runs Node on a script of the repository, its output shown on stderr: whether it succeeded. */
export const node = (args) => spawnSync(process.execPath, args, { cwd: root, stdio: ['ignore', 2, 2] }).status === 0

export function stop(sentence) {
  console.error(sentence)
  process.exit(1)
}

/** Whether each package of package-lock.json is there in its version (another platform's optional ones need not be). */
function installed() {
  const hidden = join(root, 'node_modules/.package-lock.json')
  if (!existsSync(hidden)) return false
  const present = packages(hidden)
  return Object.entries(packages(join(root, 'package-lock.json'))).every(
    ([path, { version, optional }]) =>
      path === '' || optional || (present[path]?.version === version && existsSync(join(root, path))),
  )
}

const packages = (lock) => JSON.parse(readFileSync(lock, 'utf8')).packages

/** The latest change below a path, in milliseconds; a folder's own, too, so that a removed file counts. */
function newest(path) {
  const stats = statSync(path)
  if (!stats.isDirectory()) return stats.mtimeMs
  return Math.max(stats.mtimeMs, ...readdirSync(path).map((name) => newest(join(path, name))))
}
