import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { type Cell, gru, layerNormLstm, lstm } from '../../src/cells/index.ts'
import { type Kernels, surveyTiers } from '../../src/kernels/index.ts'
import { WasmKernels } from '../../src/kernels/wasm/kernels.ts'
import { nodeHost, pageHost, type ThreadHost } from '../../src/kernels/wasm/thread-hosts.ts'
import { control, waitUntil, workerMain } from '../../src/kernels/wasm/thread-worker.ts'
import { ThreadPool } from '../../src/kernels/wasm/threads.ts'
import { checkUnrollInput } from '../../src/recurrence/unroll-input.ts'
import { unrollOn } from '../../src/recurrence/unroll-kernels.ts'
import { randomInput } from '../recurrence/cases.ts'
import { foldingCell, windingCell } from '../recurrence/cells.ts'
import { PageWorker } from './page-worker.ts'

const tiers = surveyTiers().flatMap(({ tier, test }) => (test ? [tier] : []))

/** More shards than threads, none of them alike; and one shard whose units are dealt out where they can be. */
const manyShards = { batch: 53, steps: 7, inputs: 5, hidden: 19 }
const oneShard = { batch: 9, steps: 3, inputs: 5, hidden: 160 }

/** Every number of a run, forward and back. */
function numbers(kernels: Kernels, cell: Cell, shape = manyShards): Float64Array {
  const size = { ...shape, seed: 3, reverse: false, ragged: true, withState: true }
  const { input, adjoints } = randomInput(cell, size)
  const run = unrollOn(kernels, cell, input, checkUnrollInput(cell, input))
  const back = run.backward(
    adjoints.y.data,
    cell.states.map((name) => adjoints.state[name]!.data),
  )
  const all = [run.y, ...run.state, ...run.gates, back.x, ...back.weights.values(), ...back.state]
  return Float64Array.from(all.flatMap((a) => [...a]))
}

const hosts = { Node: nodeHost, 'a page': pageHost }
const turn = (milliseconds = 0) => new Promise((resolve) => setTimeout(resolve, milliseconds))

/** A host whose caller takes no job until the workers have taken them all. */
const lazy = (host: ThreadHost): ThreadHost => ({
  ...host,
  wake(words, workers) {
    host.wake(words, workers)
    const count = Atomics.load(words, control.count)
    for (let done = 0; done < count; done = Atomics.load(words, control.done))
      if (Atomics.wait(words, control.done, done, 10_000) === 'timed-out') throw new Error('no worker came')
  },
})

/** Sixteen ones at each of some places, set to zero by as many jobs. */
function clear(kernels: Kernels, jobs = 3): boolean {
  const { memory } = kernels
  const mark = memory.mark()
  const at = memory.take(16 * jobs)
  memory.view(at, 16 * jobs).fill(1)
  kernels.parallel([Array.from({ length: jobs }, (_, i) => () => kernels.zero(at + 16 * i, 16))])
  const cleared = memory.view(at, 16 * jobs).every((n) => n === 0)
  memory.release(mark)
  return cleared
}

beforeAll(() => vi.stubGlobal('Worker', PageWorker))
afterAll(() => vi.unstubAllGlobals())

describe.each(Object.entries(hosts))('threads of %s', (_, host) => {
  describe.each(tiers)('%s', (tier) => {
    test.each([
      ['lstm', lstm, manyShards],
      ['gru, reset before', gru.with({ reset: 'before' }), manyShards],
      ['skips of many lengths', windingCell, manyShards],
      ['means, a projection', foldingCell, { ...manyShards, batch: 90 }],
      ['lstm with its units dealt out', lstm, oneShard],
      ['gru, reset before, with its units dealt out', gru.with({ reset: 'before' }), oneShard],
      ['skips with their units dealt out', windingCell, oneShard],
      ['means, whose units stay together', layerNormLstm, oneShard],
    ] as const)('%s: the same bytes on one thread and on more', async (_, cell, shape) => {
      const alone = numbers(WasmKernels.on(tier, new ThreadPool(host, 1, 0)), cell as unknown as Cell, shape)
      expect(alone.length).toBeGreaterThan(10_000)
      for (const threads of [2, 3, 5]) {
        const kernels = WasmKernels.on(tier, new ThreadPool(host, threads, 0))
        for (let again = 0; again < 3; again++) {
          const these = numbers(kernels, cell as unknown as Cell, shape)
          expect(these.findIndex((value, i) => !Object.is(value, alone[i]))).toBe(-1)
          await turn(10)
        }
      }
    })

    test('a phase begins when the one before is done', async () => {
      const kernels = WasmKernels.on(tier, new ThreadPool(host, 3, 0))
      const { memory } = kernels
      const jobs = Array.from({ length: 7 }, (_, i) => i)
      const index = memory.takeIndex(Int32Array.of(0))
      for (let round = 0; round < 20; round++) {
        const mark = memory.mark()
        const cells = memory.take(16 * jobs.length)
        memory.view(cells, 16 * jobs.length).fill(1)
        // All double; then even ones take in their neighbour; then odd ones take in what their neighbour has become.
        const add = (to: number, from: number) => () =>
          kernels.scatterAddRows(cells + 16 * to, cells + 16 * from, index, 1, 16)
        kernels.parallel([
          jobs.map((i) => add(i, i)),
          jobs.filter((i) => i % 2 === 0 && i < 6).map((i) => add(i, i + 1)),
          jobs.filter((i) => i % 2 === 1).map((i) => add(i, i - 1)),
        ])
        const seen = jobs.map((i) => memory.view(cells + 16 * i, 16)[0])
        expect(seen).toEqual([4, 6, 4, 6, 4, 6, 2])
        memory.release(mark)
        await turn()
      }
    })

    test('jobs run once each, memory that grows in between is seen, and a failing kernel is told', async () => {
      const kernels = WasmKernels.on(tier, new ThreadPool(host, 3, 0))
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
        await turn()
      }
      const beyond = 2 ** 29
      expect(() => kernels.parallel([[1, 2, 3].map(() => () => kernels.zero(beyond, 1))])).toThrow()
      // It goes on after that.
      expect(clear(kernels)).toBe(true)
    })
  })

  test('workers do the work by themselves, and tell of what fails', async () => {
    let taking: ThreadHost = host
    const pool = new ThreadPool({ ...host, wake: (words, workers) => taking.wake(words, workers) }, 3, 0)
    const kernels = WasmKernels.on('simd', pool)
    expect(clear(kernels)).toBe(true)
    await turn(200)
    taking = lazy(host)
    for (let i = 0; i < 20; i++) {
      expect(clear(kernels, 7)).toBe(true)
      expect(clear(WasmKernels.on('simd', pool))).toBe(true)
    }
    expect(() => kernels.parallel([[1, 2].map(() => () => kernels.zero(2 ** 29, 1))])).toThrow(
      'a kernel failed on another thread',
    )
    expect(clear(kernels)).toBe(true)
  })

  test('memories that come and go between runs are told to the workers in time', async () => {
    const pool = new ThreadPool(host, 3, 0)
    for (let i = 0; i < 300; i++) {
      expect(clear(WasmKernels.on('simd', pool))).toBe(true)
      // Lets the collector tell the pool of memories that are gone.
      if (i % 20 === 0) await turn()
    }
  })
})

describe('a page whose workers do not come', () => {
  const caller = () => WasmKernels.on('simd', new ThreadPool(pageHost, 3, 0))
  const withWorker = (stand: unknown, use: () => void) => {
    vi.stubGlobal('Worker', stand)
    try {
      use()
    } finally {
      vi.stubGlobal('Worker', PageWorker)
    }
  }

  test('the caller does it all where they are forbidden, or never start', () => {
    class Forbidden {
      constructor() {
        throw new DOMException('by policy', 'SecurityError')
      }
    }
    class Silent {
      postMessage() {}
    }
    for (const stand of [Forbidden, Silent]) withWorker(stand, () => expect(clear(caller())).toBe(true))
  })

  test('one that failed to start is sent nothing more, so it holds on to no memory', () => {
    const made: Failed[] = []
    class Failed {
      onerror: (() => void) | undefined
      messages = 0
      constructor() {
        made.push(this)
      }
      postMessage() {
        this.messages++
      }
    }
    withWorker(Failed, () => {
      const kernels = caller()
      expect(clear(kernels)).toBe(true)
      const before = made.map(({ messages }) => messages)
      expect(before).toEqual([4, 4]) // the shared words, the kernels, the memory, a wake-up
      for (const worker of made) worker.onerror!()
      expect(clear(kernels)).toBe(true)
      expect(made.map(({ messages }) => messages)).toEqual(before)
    })
  })
})

describe('what a worker takes', () => {
  const setting = () => {
    const [words, ran] = [new Int32Array(control.size), [] as number[]]
    const memory = new WebAssembly.Memory({ initial: 1 })
    const bind = () => ({ run: () => 0, runAll: (_: Int32Array, from: number) => void ran.push(from) })
    const worker = workerMain({ words, places: control, bind, until: waitUntil })
    // Job i lies at 100 + i, with no commands.
    new Int32Array(memory.buffer).set([100, 0, 0, 101, 0, 0, 102, 0, 0])
    const told = { memory: 0, of: memory, kernels: 'simd', scratch: 0 }
    const begin = (run: number, jobs: number, messages: number) => {
      words[control.count] = jobs
      words[control.done] = 0
      words[control.told] = messages
      words[control.next] = (run << 16) | jobs
    }
    return { words, ran, worker, told, begin }
  }

  test('every job of a run in its order, and none when the run is over', () => {
    const { words, ran, worker, told, begin } = setting()
    worker.hear(told)
    begin(5, 3, 1)
    worker.work()
    worker.work()
    expect(ran).toEqual([100, 101, 102])
    expect([words[control.done], words[control.failed], words[control.next]]).toEqual([3, 0, 5 << 16])
  })

  test('not the job that another thread takes in between', () => {
    const { words, ran, worker, told, begin } = setting()
    worker.hear(told)
    begin(1, 3, 1)
    vi.spyOn(Atomics, 'compareExchange').mockImplementationOnce(() => {
      words[control.next]!-- // the other's
      return words[control.next] as never
    })
    worker.work()
    vi.restoreAllMocks()
    expect(ran).toEqual([101, 102])
  })

  test('nothing of a run whose kernels or memory it has yet to hear of', () => {
    const { words, ran, worker, told, begin } = setting()
    begin(1, 2, 2)
    worker.hear({ kernels: 'simd', from: 0, entries: [] })
    worker.work()
    expect([ran, words[control.next]]).toEqual([[], (1 << 16) | 2])
    worker.hear(told)
    worker.work()
    expect(ran).toEqual([100, 101])
  })
})

test('workers let the process end', () => {
  const root = fileURLToPath(new URL('../..', import.meta.url))
  const script = `
    import { WasmKernels } from '${root}dist/kernels/wasm/kernels.js'
    import { ThreadPool } from '${root}dist/kernels/wasm/threads.js'
    import { nodeHost } from '${root}dist/kernels/wasm/thread-hosts.js'
    const kernels = WasmKernels.on('simd', new ThreadPool(nodeHost, 3, 0))
    const at = kernels.memory.take(64)
    kernels.parallel([[0, 16, 32].map((offset) => () => kernels.zero(at + offset, 16))])
    console.log('done')`
  const { status, stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
    encoding: 'utf8',
    timeout: 20_000,
  })
  expect([status, stdout]).toEqual([0, 'done\n'])
})
