import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { type Cell, gru, lstm } from '../../src/cells/index.ts'
import { type Kernels, surveyTiers } from '../../src/kernels/index.ts'
import { WasmKernels } from '../../src/kernels/wasm/kernels.ts'
import { ThreadPool } from '../../src/kernels/wasm/threads.ts'
import { checkUnrollInput } from '../../src/recurrence/unroll-input.ts'
import { unrollOn } from '../../src/recurrence/unroll-kernels.ts'
import { randomInput } from '../recurrence/cases.ts'

const tiers = surveyTiers().flatMap(({ tier, test }) => (test ? [tier] : []))

/** Every number of a run, forward and back. */
function numbers(kernels: Kernels, cell: Cell): number[] {
  const size = { batch: 53, steps: 7, inputs: 5, hidden: 19, seed: 3, reverse: false, ragged: true, withState: true }
  const { input, adjoints } = randomInput(cell, size)
  const run = unrollOn(kernels, cell, input, checkUnrollInput(cell, input))
  const back = run.backward(
    adjoints.y.data,
    cell.states.map((name) => adjoints.state[name]!.data),
  )
  return [run.y, ...run.state, ...run.gates, back.x, ...back.weights.values(), ...back.state].flatMap((a) => [...a])
}

describe.each(tiers)('%s on threads', (tier) => {
  test.each([
    ['lstm', lstm],
    ['gru, reset before', gru.with({ reset: 'before' })],
  ] as const)('%s: the same bytes on one thread and on more', (_, cell) => {
    const alone = numbers(WasmKernels.on(tier, undefined), cell as Cell)
    expect(alone.length).toBeGreaterThan(10_000)
    for (const threads of [2, 3, 5]) {
      const kernels = WasmKernels.on(tier, new ThreadPool(threads, 0))
      for (let again = 0; again < 3; again++) expect(numbers(kernels, cell as Cell)).toEqual(alone)
    }
  })

  test('jobs run once each, memory that grows in between is seen, and a failing kernel is told', () => {
    const kernels = WasmKernels.on(tier, new ThreadPool(3, 0))
    const { memory } = kernels
    for (let round = 0; round < 50; round++) {
      const mark = memory.mark()
      const counts = memory.take(64 * 16)
      memory.view(counts, 64 * 16).fill(1)
      const ones = memory.take(16 + round * 20_000)
      memory.view(ones, 16).fill(1)
      const index = memory.takeIndex(Int32Array.of(0))
      kernels.parallel([
        Array.from({ length: 64 }, (_, i) => () => kernels.scatterAddRows(counts + 16 * i, ones, index, 1, 16)),
      ])
      expect(memory.view(counts, 64 * 16).every((n) => n === 2)).toBe(true)
      memory.release(mark)
    }
    const beyond = 2 ** 29
    expect(() => kernels.parallel([[1, 2, 3].map(() => () => kernels.zero(beyond, 1))])).toThrow()
    // It goes on after that.
    const at = memory.take(32)
    memory.view(at, 32).fill(5)
    kernels.parallel([[0, 16].map((offset) => () => kernels.zero(at + offset, 16))])
    expect([...memory.view(at, 32)].every((n) => n === 0)).toBe(true)
  })
})

test('memories that come and go between runs are told to the workers in time', async () => {
  const pool = new ThreadPool(3, 0)
  for (let i = 0; i < 300; i++) {
    const kernels = WasmKernels.on('simd', pool)
    const at = kernels.memory.take(48)
    kernels.memory.view(at, 48).fill(1)
    kernels.parallel([[0, 16, 32].map((offset) => () => kernels.zero(at + offset, 16))])
    expect(kernels.memory.view(at, 48).every((n) => n === 0)).toBe(true)
    // Lets the collector tell the pool of memories that are gone.
    if (i % 20 === 0) await new Promise((resolve) => setTimeout(resolve, 0))
  }
})

test('workers let the process end', () => {
  const vitest = fileURLToPath(new URL('../..', import.meta.url))
  const script = `
    import { WasmKernels } from '${vitest}dist/kernels/wasm/kernels.js'
    import { ThreadPool } from '${vitest}dist/kernels/wasm/threads.js'
    const kernels = WasmKernels.on('simd', new ThreadPool(3, 0))
    const at = kernels.memory.take(64)
    kernels.parallel([[0, 16, 32].map((offset) => () => kernels.zero(at + offset, 16))])
    console.log('done')`
  const { status, stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
    encoding: 'utf8',
    timeout: 20_000,
  })
  expect([status, stdout]).toEqual([0, 'done\n'])
})
