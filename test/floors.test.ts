import { readdirSync, readFileSync } from 'node:fs'
import { posix } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

/** Bottom to top: a file imports only from its own floor or a lower one. `index` is src/index.ts, above all. */
// biome-ignore format: one storey of the house a line
const floors = [
  'base', 'expr', 'cells', 'kernels', 'recurrence', 'autograd', 'layers',
  'data', 'train', 'formats', 'inspect', 'tasks', 'cli', 'index',
]
/** Inside a floor, again bottom to top; files that stand in no row here are free. */
const mezzanines: Readonly<Record<string, readonly (readonly string[])[]>> = {
  kernels: [['contract'], ['reference', 'wasm'], ['select']],
}
const mostLines = 400

/** The text of each file by its path below src, with forward slashes. */
type Files = ReadonlyMap<string, string>

/** Every breach of the house's rules, a sentence each. */
function breaches(files: Files): string[] {
  const found: string[] = []
  const graph = new Map<string, string[]>()
  for (const [path, text] of files) {
    if (!floors.includes(floorOf(path))) found.push(`${path} stands on no floor; the floors are ${floors.join(' < ')}`)
    const lines = text.trimEnd().split('\n').length
    if (lines > mostLines) found.push(`${path} has ${lines} lines, over ${mostLines}; split it by idea`)
    const targets = importsOf(path, text)
    graph.set(path, targets)
    for (const target of targets)
      if (!files.has(target)) found.push(`${path} imports ${target}, which is no file of src`)
      else if (upward(path, target)) found.push(`${path} imports upwards from ${target}`)
  }
  const cycle = cycleOf(graph)
  if (cycle !== undefined) found.push(`import cycle: ${cycle.join(' -> ')}`)
  return found
}

/** The files of src that a file imports or re-exports, types included; the package's own name counts as src/index.ts. */
function importsOf(path: string, text: string): string[] {
  const code = text.replace(/^\s*(\/\*[\s\S]*?\*\/|\/\/.*$)/gm, '')
  const forms =
    /^\s*(?:import|export)\b[^'"`;]*?\bfrom\s*['"](.+?)['"]|^\s*import\s*['"](.+?)['"]|\bimport\(\s*['"](.+?)['"]/gm
  const specifiers = Array.from(code.matchAll(forms), (form) => form[1] ?? form[2] ?? form[3] ?? '')
  return specifiers.flatMap((specifier) => {
    if (specifier.startsWith('.')) return posix.join(posix.dirname(path), specifier)
    return /^unrolled(\/|$)/.test(specifier)
      ? posix.join(specifier.slice('unrolled'.length), 'index.ts').replace(/^\//, '')
      : []
  })
}

const floorOf = (path: string) => partsOf(path)[0] ?? ''
const partsOf = (path: string) => path.replace(/\.ts$/, '').split('/')

function upward(from: string, to: string): boolean {
  const [floor, room] = partsOf(from)
  const [lower, lowerRoom] = partsOf(to)
  if (floor !== lower) return floors.indexOf(floorOf(from)) < floors.indexOf(floorOf(to))
  const rows = mezzanines[floor ?? ''] ?? []
  const rowOf = (name = '') => rows.findIndex((row) => row.includes(name))
  return rowOf(room) !== -1 && rowOf(room) < rowOf(lowerRoom)
}

/** The files of one cycle, its first named again at the end. */
function cycleOf(graph: ReadonlyMap<string, readonly string[]>): string[] | undefined {
  const done = new Set<string>()
  const visit = (path: string, trail: string[]): string[] | undefined => {
    const start = trail.indexOf(path)
    if (start !== -1) return [...trail.slice(start), path]
    if (done.has(path)) return undefined
    for (const target of graph.get(path) ?? []) {
      const cycle = visit(target, [...trail, path])
      if (cycle !== undefined) return cycle
    }
    done.add(path)
    return undefined
  }
  for (const path of graph.keys()) {
    const cycle = visit(path, [])
    if (cycle !== undefined) return cycle
  }
  return undefined
}

function sources(): Files {
  const src = fileURLToPath(new URL('../src/', import.meta.url))
  const paths = readdirSync(src, { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('.ts'))
  return new Map(paths.map((path) => [path.replaceAll('\\', '/'), readFileSync(`${src}${path}`, 'utf8')]))
}

describe('the house', () => {
  it('imports downwards, without cycles, in files of one idea', () => {
    const files = sources()
    expect(files.size).toBeGreaterThan(0)
    expect(breaches(files)).toEqual([])
  })
})

describe('the check itself', () => {
  const check = (files: Record<string, string>) => breaches(new Map(Object.entries(files)))
  const leaf = 'export const x = 1\n'

  it.each([
    ["import { x } from '../layers/a.ts'"],
    ["import type { x } from '../layers/a.ts'"],
    ["import {\n  x,\n} from '../layers/a.ts'"],
    ["import '../layers/a.ts'"],
    ['export * from "../layers/a.ts"'],
    ["export { x } from '../layers/a.ts'"],
    ["const late = async () => await import('../layers/a.ts')"],
    ["export let t: import('../layers/a.ts').X"],
    ["/** A note. */ import { x } from '../layers/a.ts'"],
  ])('finds an upward import: %s', (statement) => {
    expect(check({ 'base/b.ts': `const y = 'first'\n${statement}\n`, 'layers/a.ts': leaf })).toEqual([
      'base/b.ts imports upwards from layers/a.ts',
    ])
  })

  it('finds an import of the package by its own name', () => {
    const index = { 'index.ts': leaf, 'kernels/index.ts': leaf }
    expect(check({ ...index, 'cli/a.ts': "import { x } from 'unrolled'\n" })).toEqual([
      'cli/a.ts imports upwards from index.ts',
    ])
    expect(check({ ...index, 'base/a.ts': "import { x } from 'unrolled/kernels'\n" })).toEqual([
      'base/a.ts imports upwards from kernels/index.ts',
    ])
  })

  it('finds an upward import inside the kernels', () => {
    const uses = (target: string) => `import { x } from '${target}'\n`
    const kernels = {
      'kernels/contract.ts': uses('./wasm/emit.ts'),
      'kernels/wasm/emit.ts': uses('../select.ts'),
      'kernels/select.ts': uses('./reference.ts'),
      'kernels/reference.ts': uses('./sizes.ts'),
      'kernels/sizes.ts': leaf,
    }
    expect(check(kernels)).toEqual([
      'kernels/contract.ts imports upwards from kernels/wasm/emit.ts',
      'kernels/wasm/emit.ts imports upwards from kernels/select.ts',
    ])
  })

  it('finds a cycle, also of types alone', () => {
    const files = {
      'base/a.ts': "import { b } from './b.ts'\n",
      'base/b.ts': "import type { c } from './c.ts'\n",
      'base/c.ts': "export * from './b.ts'\n",
    }
    expect(check(files)).toEqual(['import cycle: base/b.ts -> base/c.ts -> base/b.ts'])
  })

  it('finds a file too long, on no floor, or outside src', () => {
    expect(check({ 'base/long.ts': 'x\n'.repeat(400) })).toEqual([])
    expect(check({ 'base/long.ts': 'x\n'.repeat(401) })).toEqual([
      'base/long.ts has 401 lines, over 400; split it by idea',
    ])
    expect(check({ 'attic/a.ts': leaf })[0]).toContain('attic/a.ts stands on no floor')
    expect(check({ 'cli/a.ts': "import x from '../../test/x.ts'\n" })).toEqual([
      'cli/a.ts imports ../test/x.ts, which is no file of src',
    ])
  })

  it('passes imports downwards and sideways, packages, and what is only written about', () => {
    const text = `/**\n * import { x } from '../layers/a.ts'\n */\n// import '../layers/a.ts'\nimport { readFile } from 'node:fs'\nimport { y } from './c.ts'\n`
    expect(
      check({ 'base/b.ts': text, 'base/c.ts': leaf, 'layers/a.ts': "export { x } from '../base/b.ts'\n" }),
    ).toEqual([])
  })
})
