import type { LibraryEntry } from './library.ts'
import type { BoundKernels, bindKernels } from './table.ts'

/** Words of the control block that the threads share; a run of jobs is numbered so that a late thread can't join the next. */
export const control = { signal: 0, next: 1, limit: 2, done: 3, memory: 4, jobs: 5, failed: 6, size: 7 } as const

/** What a worker is told before it is needed. */
export type WorkerMessage =
  | { readonly kernels: string; readonly from: number; readonly entries: readonly LibraryEntry[] }
  | { readonly memory: number; readonly of: WebAssembly.Memory; readonly kernels: string; readonly scratch: number }
  | { readonly forget: number }

/** What a worker needs of its host. */
interface Host {
  readonly words: Int32Array
  readonly places: typeof control
  readonly bind: typeof bindKernels
  /** The next message, if there is one. */
  receive(): WorkerMessage | undefined
  /** Collects garbage now. */
  collect(): void
  readonly until: typeof waitUntil
}

/**
 * Returns when a word has reached a count. Most waits are shorter than going to sleep, so we look again for some
 * microseconds first. Sent to workers as text.
 */
export function waitUntil(words: Int32Array, place: number, count: number): void {
  for (let looks = 0; looks < 20_000; looks++) if (Atomics.load(words, place) >= count) return
  for (let now = Atomics.load(words, place); now < count; now = Atomics.load(words, place))
    Atomics.wait(words, place, now)
}

/**
 * A worker's whole life: sleep until signalled, read messages, run jobs while there are any. Sent to the worker as text, so
 * it must not use anything from outside.
 */
export function workerMain({ words, places, bind, receive, collect, until }: Host): never {
  const libraries = new Map<string, LibraryEntry[]>()
  const memories = new Map<number, { of: WebAssembly.Memory; kernels: BoundKernels }>()

  const read = (message: WorkerMessage) => {
    if ('forget' in message) memories.delete(message.forget)
    else if ('memory' in message) {
      const { memory, of, kernels, scratch } = message
      memories.set(memory, { of, kernels: bind(of, scratch, (id) => libraries.get(kernels)![id]!) })
    } else {
      const library = libraries.get(message.kernels) ?? []
      for (const [i, entry] of message.entries.entries()) library[message.from + i] = entry
      libraries.set(message.kernels, library)
    }
  }
  const readAll = () => {
    let forgotten = false
    for (let message = receive(); message; message = receive()) {
      read(message)
      forgotten ||= 'forget' in message
    }
    if (forgotten) collect()
  }
  const run = (job: number) => {
    const { of, kernels } = memories.get(Atomics.load(words, places.memory))!
    const at = Atomics.load(words, places.jobs) + 3 * job
    let w = new Int32Array(of.buffer)
    // Another thread's growth reaches this one a little later.
    while (w.length <= at + 2 || w.length < w[at]! + w[at + 1]!) w = new Int32Array(of.buffer)
    until(words, places.done, w[at + 2]!)
    kernels.runAll(w, w[at]!, w[at + 1]!)
  }

  let seen = 0
  let lastRun = -1
  for (;;) {
    // The next run of a training step often follows within microseconds; waking up takes longer.
    for (let looks = 0; looks < 10_000 && Atomics.load(words, places.signal) === seen; looks++);
    Atomics.wait(words, places.signal, seen)
    seen = Atomics.load(words, places.signal)
    readAll()
    for (;;) {
      const ticket = Atomics.add(words, places.next, 1)
      const last = Atomics.load(words, places.limit)
      if (ticket >>> 16 !== last >>> 16 || (ticket & 0xffff) >= (last & 0xffff)) break
      try {
        // The run may have begun after we last looked; what it needs was sent before it.
        if (lastRun !== ticket >>> 16) readAll()
        lastRun = ticket >>> 16
        run(ticket & 0xffff)
      } catch {
        Atomics.store(words, places.failed, 1)
      }
      Atomics.add(words, places.done, 1)
      Atomics.notify(words, places.done)
    }
  }
}
