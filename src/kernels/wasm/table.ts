import type { Library, LibraryEntry } from './library.ts'

type Kernel = (...args: number[]) => number

/** Kernels by number, bound to a memory and to a thread's scratch. */
export interface BoundKernels {
  run(id: number, args: readonly number[]): number
  /** Runs commands in order; each is a kernel's number, how many arguments follow, and those. */
  runAll(words: Int32Array, from: number, length: number): void
}

/**
 * Binds kernels when they are first called. Also sent to workers as text, so it must not use anything from outside.
 *
 * @param scratch the byte address of this thread's scratch
 */
export function bindKernels(
  memory: WebAssembly.Memory,
  scratch: number,
  entryOf: (id: number) => LibraryEntry,
): BoundKernels {
  const env = { memory, scratch: new WebAssembly.Global({ value: 'i32' }, scratch) }
  const instances = new Map<WebAssembly.Module, WebAssembly.Exports>()
  const kernels: Kernel[] = []
  const bind = (id: number): Kernel => {
    const { module, name } = entryOf(id)
    const exports = instances.get(module) ?? new WebAssembly.Instance(module, { env }).exports
    instances.set(module, exports)
    const kernel = exports[name] as Kernel
    kernels[id] = kernel
    return kernel
  }
  return {
    run: (id, args) => (kernels[id] ?? bind(id))(...args),
    runAll(words, from, length) {
      for (let at = from; at < from + length; at += 2 + words[at + 1]!) {
        const [a, b, c, d, e] = [words[at + 2]!, words[at + 3]!, words[at + 4]!, words[at + 5]!, words[at + 6]!]
        const [f, g, h, i, j] = [words[at + 7]!, words[at + 8]!, words[at + 9]!, words[at + 10]!, words[at + 11]!]
        const kernel = kernels[words[at]!] ?? bind(words[at]!)
        // A kernel takes as many as it has parameters; the rest belongs to the next command.
        kernel(a, b, c, d, e, f, g, h, i, j)
      }
    },
  }
}

/** A library's kernels on one memory: what a pool knows that memory by. */
export class KernelTable {
  readonly library: Library
  readonly memory: WebAssembly.Memory
  readonly kernels: BoundKernels

  constructor(library: Library, memory: WebAssembly.Memory, scratch: number) {
    this.library = library
    this.memory = memory
    this.kernels = bindKernels(memory, scratch, (id) => library.entries[id]!)
  }
}
