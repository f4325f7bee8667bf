import type { Library, LibraryEntry } from './library.ts'

type Kernel = (...args: number[]) => number

/** A library's kernels bound to one memory and to the scratch of this thread, each when it is first called. */
export class KernelTable {
  readonly library: Library
  readonly memory: WebAssembly.Memory
  private readonly scratch: WebAssembly.Global
  private readonly kernels: Kernel[] = []
  private readonly instances = new Map<WebAssembly.Module, WebAssembly.Exports>()

  constructor(library: Library, memory: WebAssembly.Memory, scratch: number) {
    this.library = library
    this.memory = memory
    this.scratch = new WebAssembly.Global({ value: 'i32' }, scratch)
  }

  run(id: number, args: readonly number[]): number {
    return this.kernel(id)(...args)
  }

  /** Runs commands in order; each is a kernel's number, how many arguments follow, and those. */
  runAll(words: Int32Array, from: number, length: number): void {
    for (let at = from; at < from + length; at += 2 + words[at + 1]!) {
      const [a, b, c, d, e] = [words[at + 2]!, words[at + 3]!, words[at + 4]!, words[at + 5]!, words[at + 6]!]
      const [f, g, h, i, j] = [words[at + 7]!, words[at + 8]!, words[at + 9]!, words[at + 10]!, words[at + 11]!]
      // A kernel takes as many as it has parameters; the rest belongs to the next command.
      this.kernel(words[at]!)(a, b, c, d, e, f, g, h, i, j)
    }
  }

  private kernel(id: number): Kernel {
    const known = this.kernels[id]
    if (known) return known
    const kernel = this.bind(this.library.entries[id]!)
    this.kernels[id] = kernel
    return kernel
  }

  private bind({ module, name }: LibraryEntry): Kernel {
    const env = { memory: this.memory, scratch: this.scratch }
    const exports = this.instances.get(module) ?? new WebAssembly.Instance(module, { env }).exports
    this.instances.set(module, exports)
    return exports[name] as Kernel
  }
}
