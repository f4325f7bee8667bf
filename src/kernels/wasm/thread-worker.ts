/** Words of the control block that the threads share; a run of jobs is numbered so that a late thread can't join the next. */
export const control = { signal: 0, next: 1, limit: 2, done: 3, memory: 4, jobs: 5, failed: 6, size: 7 } as const

/** What a worker is told before it is needed. */
export type WorkerMessage =
  | {
      readonly kernels: string
      readonly from: number
      readonly entries: readonly { module: WebAssembly.Module; name: string }[]
    }
  | { readonly memory: number; readonly of: WebAssembly.Memory; readonly kernels: string; readonly scratch: number }
  | { readonly forget: number }

/** What a worker needs of its host. */
interface Host {
  readonly words: Int32Array
  /** The next message, if there is one. */
  receive(): WorkerMessage | undefined
  /** Collects garbage now. */
  collect(): void
}

/**
 * A worker's whole life: sleep until signalled, read messages, run jobs while there are any. Sent to the worker as text, so
 * it must not use anything from outside.
 */
export function workerMain({ words, receive, collect }: Host): never {
  const [signal, next, limit, done, memoryWord, jobsWord, failed] = [0, 1, 2, 3, 4, 5, 6]
  const libraries = new Map<string, { module: WebAssembly.Module; name: string }[]>()
  const memories = new Map<number, { of: WebAssembly.Memory; kernels: string; env: WebAssembly.ModuleImports }>()
  const bound = new Map<
    number,
    { instances: Map<WebAssembly.Module, WebAssembly.Exports>; kernels: CallableFunction[] }
  >()

  const read = (message: WorkerMessage) => {
    if ('forget' in message) {
      memories.delete(message.forget)
      bound.delete(message.forget)
    } else if ('memory' in message) {
      const scratch = new WebAssembly.Global({ value: 'i32' }, message.scratch)
      memories.set(message.memory, { ...message, env: { memory: message.of, scratch } })
      bound.set(message.memory, { instances: new Map(), kernels: [] })
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
  const bind = (id: number, kernel: number): CallableFunction => {
    const memory = memories.get(id)!
    const { instances, kernels } = bound.get(id)!
    const { module, name } = libraries.get(memory.kernels)![kernel]!
    const exports = instances.get(module) ?? new WebAssembly.Instance(module, { env: memory.env }).exports
    instances.set(module, exports)
    kernels[kernel] = exports[name] as CallableFunction
    return kernels[kernel]
  }
  const run = (job: number) => {
    const id = Atomics.load(words, memoryWord)
    const table = Atomics.load(words, jobsWord)
    const { of } = memories.get(id)!
    const { kernels } = bound.get(id)!
    let w = new Int32Array(of.buffer)
    // Another thread's growth reaches this one a little later.
    while (w.length <= table + 2 * job + 1 || w.length < w[table + 2 * job]! + w[table + 2 * job + 1]!)
      w = new Int32Array(of.buffer)
    const from = w[table + 2 * job]!
    const end = from + w[table + 2 * job + 1]!
    for (let at = from; at < end; at += 2 + w[at + 1]!) {
      const kernel = kernels[w[at]!] ?? bind(id, w[at]!)
      kernel(
        w[at + 2],
        w[at + 3],
        w[at + 4],
        w[at + 5],
        w[at + 6],
        w[at + 7],
        w[at + 8],
        w[at + 9],
        w[at + 10],
        w[at + 11],
      )
    }
  }

  let seen = 0
  for (;;) {
    Atomics.wait(words, signal, seen)
    seen = Atomics.load(words, signal)
    readAll()
    for (;;) {
      const ticket = Atomics.add(words, next, 1)
      const last = Atomics.load(words, limit)
      if (ticket >>> 16 !== last >>> 16 || (ticket & 0xffff) >= (last & 0xffff)) break
      try {
        // The run may have begun after we last looked; what it needs was sent before it.
        readAll()
        run(ticket & 0xffff)
      } catch {
        Atomics.store(words, failed, 1)
      }
      Atomics.add(words, done, 1)
      Atomics.notify(words, done)
    }
  }
}
