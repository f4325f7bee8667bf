import type { Address, Kernels, Matrix, Packed, PointwiseKernel, PointwiseProgram, Start } from '../contract.ts'
import { programKey } from '../program.ts'
import { WasmMemory } from './memory.ts'
import { emitMultiply } from './multiply.ts'
import { emitPointwise } from './pointwise.ts'
import { constantAddress } from './pool.ts'
import { compileModule, type TierShape, tierShapes, type WasmTier } from './tiers.ts'

/** Rows of the right side that are worked on together: one panel of them stays in the first-level cache. */
const DEPTH = 384
/** Rows of the left side that stay in the second-level cache while the panels pass. */
const HEIGHT = 96
// The scratch page at the bottom of the memory: a descriptor for pointwise kernels, a tile, constants; address 0 is "none".
const DESCRIPTOR = 64
const SCRATCH = 4096

/** Compiled modules, shared by all memories: emitting and compiling one takes about 0.3 ms. */
const modules = new Map<string, WebAssembly.Module>()

function compiled(tier: WasmTier, program: string, emit: () => Uint8Array<ArrayBuffer>): WebAssembly.Module {
  const key = `${tier} ${program}`
  const known = modules.get(key)
  if (known) return known
  const module = compileModule(tier, emit())
  modules.set(key, module)
  return module
}

type Product = (...sizesAndAddresses: number[]) => void

/** The WebAssembly kernels of a tier over a memory of their own. */
export class WasmKernels implements Kernels {
  readonly tier: WasmTier
  readonly memory = new WasmMemory()
  private readonly shape: TierShape
  private readonly product: { [F in 'pack' | 'copyRows' | 'multiplyRows' | 'multiplyColumns']: Product }
  private readonly kernels = new WeakMap<PointwiseProgram, PointwiseKernel>()

  constructor(tier: WasmTier) {
    this.tier = tier
    this.shape = tierShapes[tier]
    const module = compiled(tier, 'multiply', () => emitMultiply(this.shape.product))
    this.product = this.instantiate(module) as typeof this.product
  }

  pointwise(program: PointwiseProgram): PointwiseKernel {
    const known = this.kernels.get(program)
    if (known) return known
    const module = compiled(this.tier, programKey(program), () =>
      emitPointwise(program, this.shape.pointwise, constantAddress),
    )
    const { run } = this.instantiate(module) as { run(rows: number, columns: number, descriptor: number): number }
    const kernel: PointwiseKernel = (rows, columns, matrices, scalars) => {
      const { integers, floats } = this.memory
      let slot = DESCRIPTOR / 4
      let dense = true
      for (const { at, rowStride } of matrices) {
        integers[slot++] = 4 * at
        integers[slot++] = 4 * rowStride
        if (rowStride !== columns) dense = false
      }
      if (scalars) for (const scalar of scalars) floats[slot++] = scalar
      // Where all rows follow one another they are one long row, with one ragged end.
      return dense ? run(1, rows * columns, DESCRIPTOR) : run(rows, columns, DESCRIPTOR)
    }
    this.kernels.set(program, kernel)
    return kernel
  }

  pack(right: Matrix): Packed {
    const width = 4 * this.shape.product.vectors
    const columns = Math.ceil(right.columns / width) * width
    const at = this.memory.take(right.rows * columns)
    for (let row = 0; row < right.rows; row += DEPTH) {
      const from = right.at + row * right.rowStride
      const rows = Math.min(DEPTH, right.rows - row)
      const to = at + row * columns
      this.product.pack(rows, right.columns, 4 * from, 4 * right.rowStride, 4 * right.columnStride, 4 * to)
    }
    return { at, rows: right.rows, columns: right.columns }
  }

  multiply(out: Matrix, left: Matrix, right: Packed, start: Start): void {
    const width = 4 * this.shape.product.vectors
    const paddedColumns = Math.ceil(right.columns / width) * width
    const byRows = left.columnStride === 1
    const run = byRows ? this.product.multiplyRows : this.product.multiplyColumns
    const mark = this.memory.mark()
    const block = byRows ? 0 : this.memory.take(HEIGHT * DEPTH)
    for (let depth = 0; depth < right.rows; depth += DEPTH) {
      const k = Math.min(DEPTH, right.rows - depth)
      for (let row = 0; row < out.rows; row += HEIGHT) {
        const m = Math.min(HEIGHT, out.rows - row)
        let from = 4 * (left.at + row * left.rowStride + depth * left.columnStride)
        let fromStride = 4 * left.rowStride
        if (!byRows) {
          // Columns far apart would fight for the same lines of the cache.
          this.product.copyRows(k, 4 * m, from, 4 * left.columnStride, 4 * block)
          from = 4 * block
          fromStride = 4 * m
        }
        const to = 4 * (out.at + row * out.rowStride)
        const panel = 4 * (right.at + depth * paddedColumns)
        const accumulating = depth > 0 || start === 'accumulate'
        const begin = accumulating ? to : start === 'zero' ? 0 : 4 * (start as { bias: Address }).bias
        const beginStride = accumulating ? 4 * out.rowStride : 0
        run(m, out.columns, k, from, fromStride, panel, to, 4 * out.rowStride, begin, beginStride, SCRATCH)
      }
    }
    this.memory.release(mark)
  }

  gatherRows(to: Address, from: Address, index: Int32Array, columns: number): void {
    const { floats } = this.memory
    for (let i = 0; i < index.length; i++) {
      const source = from + index[i]! * columns
      floats.copyWithin(to + i * columns, source, source + columns)
    }
  }

  scatterAddRows(to: Address, from: Address, index: Int32Array, columns: number): void {
    const { floats } = this.memory
    for (let i = 0; i < index.length; i++) {
      const target = to + index[i]! * columns
      const source = from + i * columns
      for (let j = 0; j < columns; j++) floats[target + j]! += floats[source + j]!
    }
  }

  private instantiate(module: WebAssembly.Module): WebAssembly.Exports {
    this.memory.updateConstants()
    return new WebAssembly.Instance(module, { env: { memory: this.memory.wasm } }).exports
  }
}
