import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, it } from 'vitest'

/** A block of TypeScript on a page, as the reader would copy it. */
interface Snippet {
  /** The line its code starts at, counted from 1. */
  readonly line: number
  readonly code: string
}

const root = fileURLToPath(new URL('..', import.meta.url))
const snippets = join(root, 'test/.snippets') // inside the repository, so that 'unrolled' resolves to src
const started = process.cwd()

/** The blocks of a page that open with ```ts; one that opens with ```ts no-run is shown only. */
function snippetsOf(page: string): Snippet[] {
  return Array.from(page.matchAll(/^```ts *\n([\s\S]*?)^```/gm), ({ 1: code = '', index }) => ({
    line: page.slice(0, index).split('\n').length + 1,
    code,
  }))
}

const pages = ['README.md', ...readdirSync(join(root, 'docs')).map((name) => `docs/${name}`)]
const written = pages.filter((path) => path.endsWith('.md') && existsSync(join(root, path)))
const found = new Map(written.map((path) => [path, snippetsOf(readFileSync(join(root, path), 'utf8'))]))

describe('the snippets of the pages', () => {
  afterAll(() => {
    process.chdir(started)
    rmSync(snippets, { recursive: true, force: true })
  })

  for (const [path, blocks] of found)
    for (const { line, code } of blocks)
      it(`${path}:${line} runs in a folder that holds weather.csv`, async () => {
        const folder = mkdtempSync(join(tmpdir(), 'unrolled-readme-'))
        copyFileSync(join(root, 'node_modules/vega-datasets/data/seattle-weather.csv'), join(folder, 'weather.csv'))
        mkdirSync(snippets, { recursive: true })
        const file = join(snippets, `${path.replaceAll('/', '-')}-${line}.ts`)
        writeFileSync(file, code)
        process.chdir(folder)
        await import(/* @vite-ignore */ file)
        process.chdir(started)
        rmSync(folder, { recursive: true })
      })

  it('are there where there is a README', () => {
    expect(found.get('README.md')).not.toEqual([])
  })
})

describe('the reading of a page', () => {
  it('finds blocks of TypeScript with their lines, and leaves out those that are only shown', () => {
    const page =
      'A\n```ts\nconst a = 1\n\nlet b\n```\n```sh\nnpm start\n```\n```ts no-run\nno()\n```\n```tsx\n```\n\n```ts\nc()\n```\n'
    expect(snippetsOf(page)).toEqual([
      { line: 3, code: 'const a = 1\n\nlet b\n' },
      { line: 17, code: 'c()\n' },
    ])
  })
})
