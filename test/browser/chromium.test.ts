import { rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { build, createServer } from 'vite'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { control } from '../../src/kernels/wasm/thread-worker.ts'
import { furthest } from '../golden/compare.ts'
import { readCases, type Tensors, unrolling } from '../golden/vectors.ts'
import { randomInput } from '../recurrence/cases.ts'
import { allCells, ownCell } from '../recurrence/cells.ts'
import { configOf } from './bundle.ts'
import { cores, executable, launch, open } from './chromium.ts'
import * as checks from './page/checks.ts'
import { isolation, makeProject, serve } from './project.ts'

type About = ReturnType<typeof checks.about>
type Training = Awaited<ReturnType<typeof checks.train>>

/** What page.ts has put on the page. */
interface OnPage {
  about(): About
  numbers: typeof checks.numbers
  train: typeof checks.train
  inWorker(): About & Training
  holdBack(places: { readonly count: number; readonly done: number }): void
  heldRuns(): number
}

const call = <Name extends keyof OnPage>(page: Page, name: Name, ...args: Parameters<OnPage[Name]>) =>
  page.evaluate(
    ([name, args]) => (globalThis as unknown as Record<string, (...args: unknown[]) => unknown>)[name]!(...args),
    [name, args] as const,
  ) as Promise<Awaited<ReturnType<OnPage[Name]>>>

/** Vectors of one cell in one direction whose name, up to the comma, is that of a cell the page knows. */
const vectors = [...readCases('torch-layers.json'), ...readCases('torch-steps.json')].flatMap((vector) => {
  const name = { gru: 'gru reset after' }[vector.name] ?? vector.name
  const plan = unrolling(vector)
  return plan && allCells.some(([known]) => known === name) ? [{ name, vector, ...plan }] : []
})

const policy = { 'Content-Security-Policy': "worker-src 'none'; script-src 'self' 'wasm-unsafe-eval'" }
const expectClose = (actual: Tensors, expected: Tensors, tolerance: number) => {
  for (const [name, tensor] of Object.entries(expected)) {
    expect(actual[name]?.shape, name).toEqual(tensor.shape)
    expect(furthest(actual[name]!, tensor), name).toBeLessThan(tolerance)
  }
}

describe('the published package in Chromium, bundled by Vite', () => {
  const cleanups: (() => unknown)[] = []
  const served = async (folder: string, headers: Readonly<Record<string, string>> = {}) => {
    const { url, close } = await serve(folder, headers)
    cleanups.unshift(close)
    return url
  }
  let [browser, project, built] = [undefined as unknown as Browser, '', '']
  let isolated: Awaited<ReturnType<typeof open>>
  let plain: typeof isolated
  /** The training on one thread. */
  let alone: Training

  beforeEach(({ skip }) => skip(!executable, 'no Chromium found; UNROLLED_CHROMIUM names one'))
  beforeAll(async () => {
    if (!executable) return
    project = makeProject()
    built = join(project, 'dist')
    cleanups.unshift(() => rmSync(project, { recursive: true }))
    const warnings: string[] = []
    await build(configOf(project, warnings))
    expect(warnings).toEqual([])
    browser = await launch()
    cleanups.unshift(() => browser.close())
    plain = await open(browser, `${await served(built)}/index.html`)
    isolated = await open(browser, `${await served(built, isolation)}/index.html`)
    alone = await call(plain.page, 'train')
  })
  afterAll(async () => {
    for (const cleanup of cleanups) await cleanup()
  })

  test('fused kernels are chosen where there are some; a page has threads where it is isolated', async () => {
    const [one, other] = [await call(plain.page, 'about'), await call(isolated.page, 'about')]
    const tier = one.hasRelaxed ? 'relaxed' : 'simd'
    expect(one).toMatchObject({ isolated: false, tier, threads: 1 })
    expect(other).toMatchObject({ isolated: true, tier, threads: cores })
  })

  test.each(allCells)('%s: forward and back as the float64 oracle in Node', async (name, cell) => {
    for (const [i, { page }] of [plain, isolated].entries()) {
      const size = { batch: 19, steps: 5, inputs: cell === ownCell ? 6 : 3, hidden: 6, seed: 40 + i }
      const { input, adjoints } = randomInput(cell, { ...size, reverse: i === 1, ragged: true, withState: true })
      const expected = checks.numbers(name, input, adjoints, 'reference')
      expectClose(await call(page, 'numbers', name, input, adjoints, 'auto'), expected, 1e-5)
      expectClose(await call(page, 'numbers', name, input, adjoints, 'reference'), expected, 1e-12)
    }
  })

  test('vectors of most cells are there', () => expect(vectors.length).toBeGreaterThan(12))

  test.each(vectors)("PyTorch's $name: outputs, states and gradients within 1e-5", async (golden) => {
    const { name, vector, input, adjoints } = golden
    const bare = (prefix: string, tensors: Tensors) =>
      Object.fromEntries(Object.entries(tensors).map(([n, tensor]) => [prefix + n.replace('_l0', ''), tensor]))
    const { y, ...final } = vector.outputs
    const states = Object.keys(final)
    const gradients = Object.entries(vector.gradients!).map(([n, tensor]) => {
      return [states.includes(n) ? `initial ${n}` : n, tensor] as const
    })
    const expected: Tensors = {
      y: y!,
      ...bare('final ', final),
      ...bare('gradient of ', Object.fromEntries(gradients)),
    }
    expectClose(await call(isolated.page, 'numbers', name, input, adjoints as checks.Adjoints, 'auto'), expected, 1e-5)
  })

  test('a model learns, predicts, is looked into, and goes through the bytes of a file', () => {
    const { losses, prediction, predictionAgain, forget } = alone
    expect(losses.at(-1)).toBeLessThan(0.6 * losses[0]!)
    expect(prediction.length).toBeGreaterThan(10)
    expect(predictionAgain).toEqual(prediction)
    expect(forget).toEqual([16, 32])
  })

  test('on plain SIMD, training goes as in Node: to the bytes where V8 is new enough for the same tiles', async () => {
    const [here, there] = [await checks.train('simd'), await call(plain.page, 'train', 'simd')]
    for (const [i, loss] of here.losses.entries()) expect(Math.abs(there.losses[i]! / loss - 1)).toBeLessThan(1e-5)
    expect(there.forget).toEqual(here.forget)
    if (Number(process.versions.node.split('.')[0]) >= 24) expect(there.bytes).toEqual(here.bytes)
  })

  test('several threads give the bytes of one, and workers do the work by themselves', async () => {
    const { page } = isolated
    expect(await call(page, 'train')).toEqual(alone)
    await call(page, 'holdBack', control)
    expect(await call(page, 'train')).toEqual(alone)
    expect(await call(page, 'heldRuns')).toBeGreaterThan(20)
  })

  test('so does an engine that is itself in a worker', async () => {
    expect(await call(isolated.page, 'inWorker')).toMatchObject({ ...alone, isolated: true })
  })

  test('nothing of this has written an error to the console', () => {
    expect([plain.errors, isolated.errors]).toEqual([[], []])
  })

  test('where a policy forbids workers, the page does it all', async () => {
    const { page, errors } = await open(browser, `${await served(built, { ...isolation, ...policy })}/index.html`)
    for (let again = 0; again < 2; again++) expect(await call(page, 'train')).toEqual(alone)
    expect(errors.filter((error) => !error.includes("worker-src 'none'"))).toEqual([])
    expect(errors.length).toBeGreaterThan(0)
  })

  test("Vite's development server serves it as well", async () => {
    const warnings: string[] = []
    const config = configOf(project, warnings)
    const server = await createServer({
      ...config,
      server: { host: '127.0.0.1', port: 0, headers: isolation, hmr: false },
    })
    cleanups.unshift(() => server.close())
    await server.listen()
    const { page, errors } = await open(browser, server.resolvedUrls!.local[0]!)
    expect(await call(page, 'about')).toMatchObject({ isolated: true, threads: cores })
    expect(await call(page, 'train')).toEqual(alone)
    expect([errors, warnings]).toEqual([[], []])
  })

  test('and without a bundler an import map finds it', async () => {
    const { page, errors } = await open(browser, `${await served(project)}/plain.html`)
    const found = (name: string) => page.evaluate((n) => (globalThis as unknown as Record<string, unknown>)[n], name)
    const losses = (await found('losses')) as number[]
    expect(losses[2]).toBeLessThan(losses[0]!)
    expect(await found('refusal')).toBe(
      'there are no files in a page: give readTable the File or Blob itself, or parseCsv its text',
    )
    expect(errors).toEqual([])
  })
})
