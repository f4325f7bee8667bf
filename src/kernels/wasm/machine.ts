import type { PointwiseProgram } from '../contract.ts'
import { programKey } from '../program.ts'
import { library } from './library.ts'
import { WasmMemory, type WordMemory } from './memory.ts'
import { emitPointwise } from './pointwise.ts'
import { constantAddress } from './pool.ts'
import { KernelTable } from './table.ts'
import type { Job, ThreadPool } from './threads.ts'
import { tierShapes, type WasmTier } from './tiers.ts'

/** Commands of a job while it is being recorded. */
export type Recording = Pick<number[], 'length' | 'push'>

/** What carries out the kernels that a set calls. */
export interface Machine {
  readonly tier: WasmTier
  readonly memory: WordMemory
  /** Threads that work together, the calling one among them. */
  readonly threads: number
  /** The number of a program's kernel. */
  kernel(program: PointwiseProgram): number
  run(kernel: number, args: readonly number[]): number
  /** A new, empty list of commands. */
  recording(): Recording
  /** Runs jobs whose places in the commands are given; `work` is in multiplications. */
  runJobs(commands: Recording, jobs: readonly Job[], work: number): void
  /** A function that runs commands again and again. */
  replay(commands: Recording): () => void
}

/** Machine code over a memory of its own, on one thread or on a pool's. */
export class WasmMachine implements Machine {
  readonly tier: WasmTier
  readonly memory = new WasmMemory()
  readonly threads: number
  private readonly pool: ThreadPool | undefined
  private readonly table: KernelTable
  /** The byte address of each worker's scratch. */
  private readonly scratch: readonly number[]

  /** @param scratch floats that a thread needs for itself */
  constructor(tier: WasmTier, pool: ThreadPool | undefined, scratch: number) {
    this.tier = tier
    this.pool = pool
    this.threads = pool?.threads ?? 1
    const [own, ...others] = Array.from({ length: this.threads }, () => 4 * this.memory.keep(scratch))
    this.table = new KernelTable(library(tier), this.memory.wasm, own!)
    this.scratch = others
  }

  kernel(program: PointwiseProgram): number {
    const { pointwise } = tierShapes[this.tier]
    const id = library(this.tier).add(programKey(program), () => emitPointwise(program, pointwise, constantAddress))
    this.memory.updateConstants()
    return id
  }

  run(kernel: number, args: readonly number[]): number {
    return this.table.kernels.run(kernel, args)
  }

  recording(): number[] {
    return []
  }

  runJobs(commands: number[], jobs: readonly Job[], work: number): void {
    const start = this.memory.takeIndex(Int32Array.from(commands))
    const at = this.memory.takeIndex(
      Int32Array.from(jobs.flatMap(({ from, length, after }) => [start + from, length, after])),
    )
    const { integers } = this.memory
    if (this.pool && work >= this.pool.worth)
      this.pool.run(this.table, this.scratch, integers, { at, count: jobs.length })
    else this.table.kernels.runAll(integers, start, commands.length)
  }

  replay(commands: number[]): () => void {
    const words = Int32Array.from(commands)
    return () => this.table.kernels.runAll(words, 0, words.length)
  }
}
