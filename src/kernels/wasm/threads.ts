import { InputError } from '../../base/errors.ts'
import { node } from '../../base/node.ts'
import { canShareMemory } from './encoder.ts'
import type { KernelTable } from './table.ts'
import { nodeHost, type Post, pageHost, type ThreadHost } from './thread-hosts.ts'
import { control, type WorkerMessage, waitUntil } from './thread-worker.ts'

/** A job's commands in a memory: the first word, how many, and how many jobs must be done before. Three words in a table. */
export interface Job {
  readonly from: number
  readonly length: number
  readonly after: number
}

/** A run has so many at most. */
export const MOST_JOBS = 0xffff

/** Runs of jobs are numbered in 15 bits. */
const RUNS = 0x8000
const WORTH_THREADS = 2e6
/** In a page: a batch of 64 is cut into no more shards. */
const MOST_PAGE_THREADS = 8

/**
 * Workers that run jobs on the memories they have been told of. They start with the first jobs and sleep between runs.
 * Whoever comes first takes the next job; the calling thread takes its share, and all of them while no worker is up.
 */
export class ThreadPool {
  /** Threads that work together, the calling one among them. */
  readonly threads: number
  /** Multiplications from which on waking others saves more than it costs. */
  readonly worth: number
  private readonly words = new Int32Array(new SharedArrayBuffer(4 * control.size))
  private readonly host: ThreadHost
  private workers: readonly Post[] | undefined
  private told = 0
  private readonly toldKernels = new Map<string, number>()
  private readonly ids = new WeakMap<KernelTable, number>()
  private memories = 0
  private runs = 0
  /** Lets workers forget a memory whose owner is gone. */
  private readonly registry = new FinalizationRegistry<number>((id) => {
    this.tell(() => ({ forget: id }))
    this.host.wake(this.words, this.workers!)
  })

  constructor(host: ThreadHost, threads: number, worth = WORTH_THREADS) {
    this.host = host
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
    this.workers ??= Array.from({ length: this.threads - 1 }, () => this.host.start(this.words))
    this.tellKernels(owner)
    const memory = this.ids.get(owner) ?? this.tellMemory(owner, scratch)
    const run = (++this.runs % RUNS) << 16
    const { words: shared, host } = this
    const { maySleep } = host
    Atomics.store(shared, control.memory, memory)
    Atomics.store(shared, control.jobs, jobs.at)
    Atomics.store(shared, control.count, jobs.count)
    Atomics.store(shared, control.done, 0)
    Atomics.store(shared, control.failed, 0)
    Atomics.store(shared, control.told, this.told)
    Atomics.store(shared, control.next, run | jobs.count)
    host.wake(shared, this.workers)
    let error: unknown
    for (;;) {
      const next = Atomics.load(shared, control.next)
      if (next === run) break
      if (Atomics.compareExchange(shared, control.next, next, next - 1) !== next) continue
      const at = jobs.at + 3 * (jobs.count - (next - run))
      waitUntil(shared, control.done, words[at + 2]!, maySleep)
      try {
        owner.kernels.runAll(words, words[at]!, words[at + 1]!)
      } catch (thrown) {
        error ??= thrown
      }
      Atomics.add(shared, control.done, 1)
      Atomics.notify(shared, control.done)
    }
    // Others may still be writing, even where a job has failed here.
    waitUntil(shared, control.done, jobs.count, maySleep)
    if (error !== undefined) throw error
    if (Atomics.load(shared, control.failed)) throw new RangeError('a kernel failed on another thread')
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
    const from = this.toldKernels.get(library.tier) ?? 0
    const entries = library.entries.slice(from)
    if (entries.length === 0) return
    this.toldKernels.set(library.tier, library.entries.length)
    this.tell(() => ({ kernels: library.tier, from, entries }))
  }

  private tell(message: (worker: number) => WorkerMessage): void {
    this.told++
    for (const [i, post] of this.workers!.entries()) post(message(i))
  }
}

let shared: { readonly pool: ThreadPool | undefined } | undefined

/** The pool of this process or page; none where there is one core, memory can't be shared, or UNROLLED_THREADS=1. */
export function threadPool(): ThreadPool | undefined {
  shared ??= { pool: makePool() }
  return shared.pool
}

function makePool(): ThreadPool | undefined {
  if (!canShareMemory) return undefined
  const [host, threads] = node
    ? [nodeHost, threadsAsked(node.env.UNROLLED_THREADS) ?? node.getBuiltinModule('node:os').availableParallelism()]
    : [pageHost, typeof Worker === 'undefined' ? 1 : Math.min(navigator.hardwareConcurrency, MOST_PAGE_THREADS)]
  return threads > 1 ? new ThreadPool(host, threads) : undefined
}

function threadsAsked(text: string | undefined): number | undefined {
  if (!text) return undefined
  const threads = Number(text)
  if (!Number.isInteger(threads) || threads < 1 || threads > 256)
    throw new InputError(`UNROLLED_THREADS: expected a whole number from 1 to 256, got '${text}'`)
  return threads
}
