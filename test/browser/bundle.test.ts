import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import * as unrolled from '../../src/index.ts'
import * as layers from '../../src/layers/index.ts'
import * as training from '../../src/train/index.ts'
import { bundle } from './bundle.ts'
import { makeProject } from './project.ts'

const project = makeProject()
afterAll(() => rmSync(project, { recursive: true }))

describe('bundled by Vite for production', () => {
  const engine = ['sequential', 'lstm', 'gru', 'dense', 'fit', 'adam']
  const bundleOf = (names: readonly string[], from = 'unrolled') => {
    const entry = join(project, 'entry.js')
    writeFileSync(entry, `import { ${names} } from '${from}'\nglobalThis.used = [${names}]\n`)
    return bundle(project, entry)
  }

  test('all layers and all of training are under 60 KB gzipped, with nothing of files or tables', async () => {
    const every = [...Object.keys(layers), ...Object.keys(training)].filter((name) => name in unrolled)
    expect(every).toEqual(expect.arrayContaining([...engine, 'sgd', 'embedding', 'recurrent']))
    const { size, later, modules, imports, warnings } = await bundleOf(every)
    expect(modules.some((path) => path.endsWith('/train/fit.js'))).toBe(true)
    expect(modules.filter((path) => /csv|buffer|safetensors|polyfill/.test(path))).toEqual([])
    expect([imports, warnings]).toEqual([[], []])

    expect(size).toBeLessThan(60_000)
    expect(later).toBeLessThan(5_000) // where the numbers of a training went wrong
  })

  test('forecasting goes into a page whole, with nothing of Node', async () => {
    const names = ['prepareForecaster', 'trainForecaster', 'evaluateForecaster', 'forecast', 'backtest']
    const { size, modules, imports, warnings } = await bundleOf(names, 'unrolled/tasks')
    expect(modules.some((path) => path.endsWith('/tasks/forecaster.js'))).toBe(true)
    expect(modules.filter((path) => /external|run-folder|dist.cli/.test(path))).toEqual([])
    expect([imports, warnings]).toEqual([[], []])
    expect(size).toBeLessThan(110_000)
  })

  test('of the optimisers and schedules only those that are used', async () => {
    const { modules } = await bundleOf(engine)
    const training = modules.flatMap((path) => /dist\/train\/(.*)\.js$/.exec(path)?.[1] ?? [])
    expect(training).toEqual(expect.arrayContaining(['fit', 'optimizers/adam']))
    expect(training.filter((name) => /sgd|rmsprop|adagrad|plateau/.test(name))).toEqual([])
  })

  test('what reads JSON and Parquet waits until it is needed', async () => {
    const csv = await bundleOf(['readCsv'])
    const table = await bundleOf(['readTable', 'panelOf'])
    expect(csv.modules.filter((path) => /hyparquet|duckdb|json|sql/.test(path))).toEqual([])
    expect(table.modules.some((path) => /hyparquet/.test(path))).toBe(true)
    expect(table.size).toBeLessThan(csv.size + 8000)
    expect(table.later).toBeGreaterThan(20_000)
    expect([table.imports, table.warnings]).toEqual([[], []])
  })

  test('with tables and model files as well Vite warns of nothing, and no module of Node is left out', async () => {
    const { modules, imports, warnings } = await bundleOf([
      ...engine,
      'readCsv',
      'readTable',
      'readSql',
      'windows',
      'save',
      'load',
    ])
    expect(modules.some((path) => path.endsWith('/formats/files.js'))).toBe(true)
    expect(modules.filter((path) => /external/.test(path))).toEqual([])
    expect([imports, warnings]).toEqual([[], []])
  })
})
