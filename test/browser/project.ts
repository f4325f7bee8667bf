import { cpSync, mkdtempSync, readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { extname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../..', import.meta.url))
const types: Readonly<Record<string, string>> = { '.html': 'text/html', '.js': 'text/javascript' }

/** The headers that isolate a page, and so give it shared memory. */
export const isolation = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
}

/** What the package brings along for pages. */
const dependencies = ['csv-parse', 'hyparquet', 'hyparquet-compressors', 'hyparquet-writer', 'hysnappy', 'fzstd']

/** A new folder as a user of the published package has it. */
export function makeProject(): string {
  const project = mkdtempSync(join(tmpdir(), 'unrolled-browser-'))
  const copies = {
    'package.json': 'node_modules/unrolled/package.json',
    dist: 'node_modules/unrolled/dist',
    ...Object.fromEntries(dependencies.map((name) => [`node_modules/${name}`, `node_modules/${name}`])),
    'test/browser/index.html': 'index.html',
    'test/browser/plain.html': 'plain.html',
    'test/browser/page': 'browser/page',
    'test/recurrence/cells.ts': 'recurrence/cells.ts',
  }
  for (const [from, to] of Object.entries(copies)) cpSync(join(root, from), join(project, to), { recursive: true })
  return project
}

/** Serves the files of a folder; the address has no slash at its end. */
export async function serve(folder: string, headers: Readonly<Record<string, string>> = {}) {
  const server = createServer((request, response) => {
    const path = new URL(request.url!, 'http://localhost').pathname
    try {
      const content = readFileSync(join(folder, path))
      response.writeHead(200, { ...headers, 'Content-Type': types[extname(path)] ?? 'text/plain' }).end(content)
    } catch {
      response.writeHead(404).end()
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const close = () => {
    server.closeAllConnections()
    server.close()
  }
  return { url: `http://127.0.0.1:${port}`, close }
}
