import { gzipSync } from 'node:zlib'
import { build, createLogger, type InlineConfig } from 'vite'

/** What a production build came to. */
export interface Bundle {
  /** Bytes, gzipped, that a page loads before it begins; and of what is loaded if need be. */
  readonly size: number
  readonly later: number
  /** The files of which something is left in it. */
  readonly modules: readonly string[]
  /** What it still imports from outside. */
  readonly imports: readonly string[]
  /** All that Vite warned of. */
  readonly warnings: readonly string[]
}

/** Vite's settings for a project of our own making, and where its warnings go. */
export function configOf(project: string, warnings: string[]): InlineConfig {
  const logger = createLogger('silent')
  const note = (message: string) => void warnings.push(message)
  const customLogger = { ...logger, warn: note, warnOnce: note, error: note }
  return { root: project, configFile: false, logLevel: 'silent', customLogger }
}

/** Bundles one module of a project as Vite does for production, without writing it. */
export async function bundle(project: string, entry: string): Promise<Bundle> {
  const warnings: string[] = []
  const made = await build({
    ...configOf(project, warnings),
    build: { write: false, rolldownOptions: { input: entry } },
  })
  const parts = [made].flat().flatMap((part) => ('output' in part ? part.output : []))
  const chunks = parts.flatMap((part) => (part.type === 'chunk' ? [part] : []))
  const names = chunks.map(({ fileName }) => fileName)
  const first = new Set<string>()
  const visit = (name: string) => {
    const chunk = chunks.find(({ fileName }) => fileName === name)
    if (!chunk || first.has(name)) return
    first.add(name)
    chunk.imports.forEach(visit)
  }
  for (const { isEntry, fileName } of chunks) if (isEntry) visit(fileName)
  const sizeOf = (begins: boolean) =>
    chunks.reduce((sum, { code, fileName }) => sum + (first.has(fileName) === begins ? gzipSync(code).length : 0), 0)
  return {
    size: sizeOf(true),
    later: sizeOf(false),
    modules: chunks.flatMap(({ moduleIds }) => moduleIds),
    imports: chunks.flatMap((chunk) => [...chunk.imports, ...chunk.dynamicImports]).filter((id) => !names.includes(id)),
    warnings,
  }
}
