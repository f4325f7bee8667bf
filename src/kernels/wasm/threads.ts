import type { Worker } from 'node:worker_threads'
import { InputError } from '../../base/errors.ts'
import { canShareMemory } from './encoder.ts'
import type { KernelTable } from './table.ts'
import { control, type WorkerMessage, workerMain } from './thread-worker.ts'

/** A job's commands in a memory: the first word, and how many. */
export interface Job {
  readonly from: number
  readonly length: number
}

/** Runs of jobs are numbered in 15 bits, so that tickets stay positive. */
const RUNS = 0x8000
const MOST_JOBS = 0xffff

/**
 * Workers that run jobs on the memories they have been told of. They start with the first jobs, sleep between runs, and do
 * not keep the process alive. Whoever comes first takes the next job; the calling thread takes its share.
 */
export class ThreadPool {
  /** Threads that work together, the calling one among them. */
  readonly threads: number
  private readonly words = new Int32Array(new SharedArrayBuffer(4 * control.size))
  private workers: Worker[] | undefined
  private readonly told = new Map<string, number>()
  private readonly ids = new WeakMap<KernelTable, number>()
  private readonly waiting: (readonly WorkerMessage[])[] = []
  private memories = 0
  private runs = 0
  /** Lets workers forget a memory whose owner is gone. */
  private readonly registry = new FinalizationRegistry<number>((id) => this.tell(() => ({ forget: id })))

  constructor(threads: number) {
    this.threads = threads
  }

  /** Makes a memory known, with the address of a scratch for each worker. */
  join(table: KernelTable, scratch: readonly number[]): void {
    const id = this.memories++
    this.ids.set(table, id)
    this.registry.register(table, id)
    const { memory: of, library } = table
    this.tell((worker) => ({ memory: id, of, kernels: library.tier, scratch: scratch[worker]! }))
  }

  /**
   * Runs jobs, each in order within itself, and returns when all are done.
   * @param words the memory's words, in which the jobs and, at `table`, their places and lengths lie
   */
  run(owner: KernelTable, words: Int32Array, jobs: readonly Job[], table: number): void {
    if (jobs.length > MOST_JOBS) throw new RangeError(`at most ${MOST_JOBS} jobs at once, got ${jobs.length}`)
    this.start()
    this.tellKernels(owner)
    const run = ++this.runs % RUNS
    const { words: shared } = this
    Atomics.store(shared, control.memory, this.ids.get(owner)!)
    Atomics.store(shared, control.jobs, table)
    Atomics.store(shared, control.done, 0)
    Atomics.store(shared, control.failed, 0)
    Atomics.store(shared, control.limit, (run << 16) | jobs.length)
    Atomics.store(shared, control.next, run << 16)
    Atomics.add(shared, control.signal, 1)
    Atomics.notify(shared, control.signal)
    let error: unknown
    for (;;) {
      const ticket = Atomics.add(shared, control.next, 1) & 0xffff
      if (ticket >= jobs.length) break
      const { from, length } = jobs[ticket]!
      try {
        owner.runAll(words, from, length)
      } catch (thrown) {
        error ??= thrown
      }
      Atomics.add(shared, control.done, 1)
    }
    // Others may still be writing, even where a job has failed here.
    for (let done = Atomics.load(shared, control.done); done < jobs.length; done = Atomics.load(shared, control.done))
      Atomics.wait(shared, control.done, done)
    if (error !== undefined) throw error
    if (Atomics.load(shared, control.failed)) throw new RangeError('a kernel failed on another thread')
  }

  private start(): void {
    if (this.workers) return
    const { Worker } = process.getBuiltinModule('node:worker_threads')
    const code = `const { parentPort, receiveMessageOnPort, workerData } = require('node:worker_threads')
      const receive = () => receiveMessageOnPort(parentPort)?.message
      ;(${workerMain})({ words: workerData, receive })`
    this.workers = Array.from({ length: this.threads - 1 }, () => {
      const worker = new Worker(code, { eval: true, workerData: this.words })
      worker.unref()
      return worker
    })
    for (const messages of this.waiting.splice(0)) this.post(messages)
  }

  private tellKernels({ library }: KernelTable): void {
    const from = this.told.get(library.tier) ?? 0
    const entries = library.entries.slice(from)
    if (entries.length === 0) return
    this.told.set(library.tier, library.entries.length)
    this.tell(() => ({ kernels: library.tier, from, entries }))
  }

  private tell(message: (worker: number) => WorkerMessage): void {
    const messages = Array.from({ length: this.threads - 1 }, (_, worker) => message(worker))
    if (this.workers) this.post(messages)
    else this.waiting.push(messages)
  }

  private post(messages: readonly WorkerMessage[]): void {
    for (const [i, worker] of this.workers!.entries()) worker.postMessage(messages[i])
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
