import { InputError } from '../base/errors.ts'
import { type Address, type Jobs, type Kernels, type Matrix, type Packed, packedSize, type Tier } from './contract.ts'
import { referenceRoom } from './reference.ts'
import { Room, type RoomShape } from './room.ts'
import { SCRATCH, WasmKernels } from './wasm/kernels.ts'
import type { Machine, Recording } from './wasm/machine.ts'
import { WASM_LIMIT, type WordMemory, wasmRoom } from './wasm/memory.ts'
import { type Job, threadPool } from './wasm/threads.ts'
import type { WasmTier } from './wasm/tiers.ts'

/** Bytes beyond which nothing is counted: no memory is as large, and counting takes time as well. */
const MOST = 2 ** 34

/**
 * Kernels of a tier that compute nothing and take no memory, only count it: run anything over them, and `memory.usage()`
 * tells what it takes on the real ones. Views are empty and forget what is written to them.
 *
 * @throws InputError, while it counts, beyond 16 GiB
 */
export function planningKernels(tier: Tier): Kernels {
  return tier === 'reference' ? new PlanningReference() : new WasmKernels(new PlanningMachine(tier))
}

/** More room was asked for than is counted. */
class PlanTooLarge extends InputError {}

/** What `count` finds over planning kernels; infinite where that is too much to count. */
export function bytesCounted(count: () => number): number {
  try {
    return count()
  } catch (error) {
    if (error instanceof PlanTooLarge) return Number.POSITIVE_INFINITY
    throw error
  }
}

/** Numbers that are nowhere. */
class Nowhere extends Float32Array {
  override set(): void {}
}

class PlanningMemory extends Room implements WordMemory {
  readonly limit: number
  readonly floats = new Float32Array(0)
  readonly integers = new Int32Array(0)
  private readonly most: Address

  constructor(shape: RoomShape, limit: number) {
    super(shape)
    this.limit = limit
    this.most = MOST / shape.bytes
  }
  takeIndex({ length }: Int32Array): Address {
    return this.take(length)
  }
  view(): Float32Array {
    return new Nowhere()
  }
  copy(_at: Address, length: number): Float32Array {
    return new Float32Array(length)
  }
  usage() {
    return { reserved: 0, ...this.used() }
  }
  protected override reach(end: Address): void {
    if (end > this.most)
      throw new PlanTooLarge(
        `this needs more than ${MOST / 2 ** 30} GiB of memory; use a smaller batch, shorter sequences or fewer units`,
      )
  }
}

/** Counts a recording's words. */
class CountedWords implements Recording {
  length = 0
  push(...words: number[]): number {
    this.length += words.length
    return this.length
  }
}

class PlanningMachine implements Machine {
  readonly tier: WasmTier
  readonly memory = new PlanningMemory(wasmRoom, WASM_LIMIT)
  readonly threads = threadPool()?.threads ?? 1

  constructor(tier: WasmTier) {
    this.tier = tier
    for (let thread = 0; thread < this.threads; thread++) this.memory.keep(SCRATCH)
  }
  kernel(): number {
    return 0
  }
  run(): number {
    return 0
  }
  recording(): Recording {
    return new CountedWords()
  }
  runJobs({ length }: Recording, jobs: readonly Job[]): void {
    this.memory.take(length)
    this.memory.take(3 * jobs.length)
  }
  replay(): () => void {
    return () => {}
  }
}

class PlanningReference implements Kernels {
  readonly tier = 'reference'
  readonly memory = new PlanningMemory(referenceRoom, Number.POSITIVE_INFINITY)
  readonly threads = 1

  pointwise() {
    return () => 0
  }
  pack(...parts: readonly Matrix[]): Packed {
    const [rows, columns] = packedSize(parts)
    return { at: this.memory.take(rows * columns), rows, width: columns, first: 0, columns }
  }
  multiply(): void {}
  multiplyEach(): void {}
  zero(): void {}
  gatherRows(): void {}
  scatterRows(): void {}
  scatterAddRows(): void {}
  parallel(phases: readonly Jobs[]): void {
    for (const job of phases.flat()) job()
  }
  record(): () => void {
    return () => {}
  }
}
