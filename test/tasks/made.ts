import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll } from 'vitest'
import { tableOf } from '../../src/data/index.ts'
import { prepareForecaster } from '../../src/tasks/forecaster.ts'
import type { ForecasterOptions } from '../../src/tasks/forecaster-options.ts'
import type { Plan } from '../../src/tasks/run-folder.ts'

export const table = tableOf({ x: Float64Array.from({ length: 90 }, (_, i) => Math.sin(i / 5) + ((i * 7) % 5) / 10) })
const tiny = { target: 'x', past: 5, horizon: 2, hidden: 4, batch: 8, epochs: 3, schedule: 'oneCycle' } as const

/** A small forecaster, always the same, before its training. */
export const forecaster = (options: Partial<ForecasterOptions> = {}) =>
  prepareForecaster(table, { ...tiny, ...options }, 'simd')

/** What its run folder says of it. */
export const plan = (): Plan => ({
  options: forecaster().options,
  data: { path: '../x.csv', sha256: '', rows: 90 },
  versions: { unrolled: '0.0.0', node: '20.0.0' },
  kernels: 'simd',
})

/** A new folder for the tests of a file, removed after them; `at` gives paths in it. */
export function scratch() {
  let path = ''
  beforeAll(async () => {
    path = await mkdtemp(join(tmpdir(), 'unrolled-tasks-'))
  })
  afterAll(() => rm(path, { recursive: true }))
  return (...names: string[]) => join(path, ...names)
}
