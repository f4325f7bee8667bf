import type { Worker } from 'node:worker_threads'
import { InputError } from '../../base/errors.ts'
import { canShareMemory } from './encoder.ts'
import { bindKernels, type KernelTable } from './table.ts'
import { control, type WorkerMessage, waitUntil, workerMain } from './thread-worker.ts'

/** A job's commands in a memory: the first word, how many, and how many jobs must be done before. Three words in a table. */
export interface Job {
  readonly from: number
  readonly length: number
  readonly after: number
}

/** A run has so many at most. */
export const MOST_JOBS = 0xffff

/** Runs of jobs are numbered in 15 bits, so that tickets stay positive. */
const RUNS = 0x8000
const WORTH_THREADS = 2e6

/** A worker's heap is so small that it would never be collected, and with it the memories it has been told to forget. */
const workerCode = `const { parentPort, receiveMessageOnPort, workerData } = require('node:worker_threads')
const v8 = require('node:v8')
v8.setFlagsFromString('--expose-gc')
const collect = require('node:vm').runInNewContext('globalThis.gc') ?? (() => {})
const receive = () => receiveMessageOnPort(parentPort)?.message
;(${workerMain})({ words: workerData, places: ${JSON.stringify(control)}, bind: ${bindKernels}, receive, collect, until: ${waitUntil} })`

/**
 * Workers that run jobs on the memories they have been told of. They start with the first jobs, sleep between runs, and do
 * not keep the process alive. Whoever comes first takes the next job; the calling thread takes its share.
 */
export class ThreadPool {
  /** Threads that work together, the calling one among them. */
  readonly threads: number
  /** Multiplications from which on waking others saves more than it costs. */
  readonly worth: number
  private readonly words = new Int32Array(new SharedArrayBuffer(4 * control.size))
  private workers: readonly Worker[] | undefined
  private readonly told = new Map<string, number>()
  private readonly ids = new WeakMap<KernelTable, number>()
  private memories = 0
  private runs = 0
  /** Lets workers forget a memory whose owner is gone. */
  private readonly registry = new FinalizationRegistry<number>((id) => {
    this.tell(() => ({ forget: id }))
    this.wake()
  })

  constructor(threads: number, worth = WORTH_THREADS) {
    this.threads = threads
    this.worth = worth
  }

  /**
   * Runs jobs, each in order within itself, and returns when all are done.
   * @param scratch the byte address of a scratch for each worker
   * @param words the memory's words, in which the commands and, at `jobs`, the table of jobs lie
   */
  run(owner: KernelTable, scratch: readonly number[], words: Int32Array, jobs: { at: number; count: number }): void {
    if (jobs.count > MOST_JOBS) throw new RangeError(`at most ${MOST_JOBS} jobs at once, got ${jobs.count}`)
    this.workers ??= this.start()
    this.tellKernels(owner)
    const memory = this.ids.get(owner) ?? this.tellMemory(owner, scratch)
    const run = ++this.runs % RUNS
    const { words: shared } = this
    Atomics.store(shared, control.memory, memory)
    Atomics.store(shared, control.jobs, jobs.at)
    Atomics.store(shared, control.done, 0)
    Atomics.store(shared, control.failed, 0)
    Atomics.store(shared, control.limit, (run << 16) | jobs.count)
    Atomics.store(shared, control.next, run << 16)
    this.wake()
    let error: unknown
    for (;;) {
      const ticket = Atomics.add(shared, control.next, 1) & 0xffff
      if (ticket >= jobs.count) break
      const at = jobs.at + 3 * ticket
      waitUntil(shared, control.done, words[at + 2]!)
      try {
        owner.kernels.runAll(words, words[at]!, words[at + 1]!)
      } catch (thrown) {
        error ??= thrown
      }
      Atomics.add(shared, control.done, 1)
      Atomics.notify(shared, control.done)
    }
    // Others may still be writing, even where a job has failed here.
    waitUntil(shared, control.done, jobs.count)
    if (error !== undefined) throw error
    if (Atomics.load(shared, control.failed)) throw new RangeError('a kernel failed on another thread')
  }

  private start(): readonly Worker[] {
    const { Worker } = process.getBuiltinModule('node:worker_threads')
    return Array.from({ length: this.threads - 1 }, () => {
      const worker = new Worker(workerCode, { eval: true, workerData: this.words })
      worker.unref()
      return worker
    })
  }

  private wake(): void {
    Atomics.add(this.words, control.signal, 1)
    Atomics.notify(this.words, control.signal)
  }

  /** Makes a memory known to the workers until its owner is gone. */
  private tellMemory(owner: KernelTable, scratch: readonly number[]): number {
    const id = this.memories++
    this.ids.set(owner, id)
    this.registry.register(owner, id)
    const { memory: of, library } = owner
    this.tell((worker) => ({ memory: id, of, kernels: library.tier, scratch: scratch[worker]! }))
    return id
  }

  private tellKernels({ library }: KernelTable): void {
    const from = this.told.get(library.tier) ?? 0
    const entries = library.entries.slice(from)
    if (entries.length === 0) return
    this.told.set(library.tier, library.entries.length)
    this.tell(() => ({ kernels: library.tier, from, entries }))
  }

  private tell(message: (worker: number) => WorkerMessage): void {
    for (const [i, worker] of this.workers!.entries()) worker.postMessage(message(i))
  }
}

let shared: { readonly pool: ThreadPool | undefined } | undefined

/** The pool of this process; none where there is one core, no Node, or UNROLLED_THREADS=1. */
export function threadPool(): ThreadPool | undefined {
  shared ??= { pool: makePool() }
  return shared.pool
}

function makePool(): ThreadPool | undefined {
  const node = typeof process === 'undefined' ? undefined : process.getBuiltinModule?.('node:os')
  if (!node || !canShareMemory) return undefined
  const threads = threadsAsked(process.env.UNROLLED_THREADS) ?? node.availableParallelism()
  return threads > 1 ? new ThreadPool(threads) : undefined
}

function threadsAsked(text: string | undefined): number | undefined {
  if (!text) return undefined
  const threads = Number(text)
  if (!Number.isInteger(threads) || threads < 1 || threads > 256)
    throw new InputError(`UNROLLED_THREADS: expected a whole number from 1 to 256, got '${text}'`)
  return threads
}
