import { emitMultiply } from './multiply.ts'
import { emitRows } from './rows.ts'
import { compileModule, tierShapes, type WasmTier } from './tiers.ts'

const productKernels = ['pack', 'packLeft', 'multiplyRows', 'multiplyPacked'] as const
const rowKernels = ['zero', 'gatherRows', 'scatterRows', 'scatterAddRows'] as const

/** A kernel that every tier has; pointwise kernels are known by their number alone. */
export type KernelId = (typeof productKernels)[number] | (typeof rowKernels)[number]

/** A kernel as threads are told of it: a function of a compiled module. */
export interface LibraryEntry {
  readonly module: WebAssembly.Module
  readonly name: string
}

/** Every kernel of a tier compiled in this process, by number; all memories and threads share them. */
export class Library {
  readonly tier: WasmTier
  readonly entries: LibraryEntry[] = []
  readonly ids: { readonly [K in KernelId]: number }
  private readonly programs = new Map<string, number>()

  constructor(tier: WasmTier) {
    this.tier = tier
    const product = compileModule(tier, emitMultiply(tierShapes[tier].product))
    const rows = compileModule(tier, emitRows())
    const all = [
      ...productKernels.map((name) => [name, product] as const),
      ...rowKernels.map((name) => [name, rows] as const),
    ]
    this.ids = Object.fromEntries(all.map(([name, module]) => [name, this.put(module, name)])) as typeof this.ids
  }

  /** The number of the pointwise kernel of a program, emitted and compiled if it is new. */
  add(program: string, emit: () => Uint8Array<ArrayBuffer>): number {
    const known = this.programs.get(program)
    if (known !== undefined) return known
    const id = this.put(compileModule(this.tier, emit()), 'run')
    this.programs.set(program, id)
    return id
  }

  private put(module: WebAssembly.Module, name: string): number {
    return this.entries.push({ module, name }) - 1
  }
}

const libraries = new Map<WasmTier, Library>()

export function library(tier: WasmTier): Library {
  const known = libraries.get(tier) ?? new Library(tier)
  libraries.set(tier, known)
  return known
}
