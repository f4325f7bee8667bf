import type { LibraryEntry } from './library.ts'
import type { BoundKernels, bindKernels } from './table.ts'

/**
 * Words of the control block that the threads share. `next` holds a run's number above and how many of its jobs nobody has
 * taken yet below, so that a late thread can't take a job of a run it has not seen begin.
 */
export const control = {
  signal: 0,
  next: 1,
  count: 2,
  done: 3,
  memory: 4,
  jobs: 5,
  failed: 6,
  told: 7,
  size: 8,
} as const

/** What a worker is told before it is needed. */
export type WorkerMessage =
  | { readonly kernels: string; readonly from: number; readonly entries: readonly LibraryEntry[] }
  | { readonly memory: number; readonly of: WebAssembly.Memory; readonly kernels: string; readonly scratch: number }
  | { readonly forget: number }

/** What a worker needs. */
interface Setting {
  readonly words: Int32Array
  readonly places: typeof control
  readonly bind: typeof bindKernels
  readonly until: typeof waitUntil
}

/**
 * Returns when a word has reached a count. Most waits are shorter than going to sleep, so we look again for some
 * microseconds first; who may not sleep goes on looking. Sent to workers as text.
 */
export function waitUntil(words: Int32Array, place: number, count: number, maySleep = true): void {
  for (let looks = 0; looks < 20_000; looks++) if (Atomics.load(words, place) >= count) return
  for (let now = Atomics.load(words, place); now < count; now = Atomics.load(words, place))
    if (maySleep) Atomics.wait(words, place, now)
}

/**
 * What a worker can do; when, its host decides. Sent to the worker as text, so it must not use anything from outside.
 */
export function workerMain({ words, places, bind, until }: Setting) {
  const libraries = new Map<string, LibraryEntry[]>()
  const memories = new Map<number, { of: WebAssembly.Memory; kernels: BoundKernels }>()
  let heard = 0

  const run = (job: number) => {
    const { of, kernels } = memories.get(Atomics.load(words, places.memory))!
    const at = Atomics.load(words, places.jobs) + 3 * job
    let w = new Int32Array(of.buffer)
    // Another thread's growth reaches this one a little later.
    while (w.length <= at + 2 || w.length < w[at]! + w[at + 1]!) w = new Int32Array(of.buffer)
    until(words, places.done, w[at + 2]!)
    kernels.runAll(w, w[at]!, w[at + 1]!)
  }

  return {
    hear(message: WorkerMessage): void {
      heard++
      if ('forget' in message) memories.delete(message.forget)
      else if ('memory' in message) {
        const { memory, of, kernels, scratch } = message
        memories.set(memory, { of, kernels: bind(of, scratch, (id) => libraries.get(kernels)![id]!) })
      } else {
        const library = libraries.get(message.kernels) ?? []
        for (const [i, entry] of message.entries.entries()) library[message.from + i] = entry
        libraries.set(message.kernels, library)
      }
    },

    /** Runs jobs while there are any, unless there is something to hear first. */
    work(): void {
      for (;;) {
        const next = Atomics.load(words, places.next)
        const left = next & 0xffff
        if (left === 0 || heard < Atomics.load(words, places.told)) return
        if (Atomics.compareExchange(words, places.next, next, next - 1) !== next) continue
        try {
          run(Atomics.load(words, places.count) - left)
        } catch {
          Atomics.store(words, places.failed, 1)
        }
        Atomics.add(words, places.done, 1)
        Atomics.notify(words, places.done)
      }
    },
  }
}
