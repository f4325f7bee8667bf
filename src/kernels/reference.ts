import { run } from '../expr/evaluate.ts'
import { schedule } from '../expr/graph.ts'
import {
  type Address,
  type Jobs,
  type Kernels,
  type Matrix,
  type Memory,
  type Packed,
  type PointwiseKernel,
  type PointwiseProgram,
  type Product,
  packedSize,
  type Reduction,
  type Start,
} from './contract.ts'
import { rootsOf } from './program.ts'
import { Room, type RoomShape } from './room.ts'

/** How the reference's memory gives out room. */
export const referenceRoom: RoomShape = { bytes: 8, alignment: 1, first: 0 }

/** Plain float64 memory. */
class ReferenceMemory extends Room implements Memory {
  readonly limit = Number.POSITIVE_INFINITY
  private numbers = new Float64Array(1024)

  constructor() {
    super(referenceRoom)
  }
  get all(): Float64Array {
    return this.numbers
  }
  override keep(length: number): Address {
    const at = super.keep(length)
    this.numbers.fill(0, at, at + length)
    return at
  }
  protected override reach(end: Address): void {
    if (end <= this.numbers.length) return
    const larger = new Float64Array(2 * end)
    larger.set(this.numbers)
    this.numbers = larger
  }
  takeIndex(index: Int32Array): Address {
    const at = this.take(index.length)
    this.numbers.set(index, at)
    return at
  }
  view(at: Address, length: number): Float64Array {
    return this.numbers.subarray(at, at + length)
  }

  copy(at: Address, length: number): Float64Array {
    return this.view(at, length).slice()
  }
  usage() {
    return { reserved: this.numbers.byteLength, ...this.used() }
  }
}

const folds: { readonly [B in Reduction['by']]: { start: number; fold(folded: number, value: number): number } } = {
  sum: { start: 0, fold: (folded, value) => folded + value },
  max: { start: Number.NEGATIVE_INFINITY, fold: Math.max },
}

/** The kernels in float64 and plain loops: what the others are measured by. */
export class ReferenceKernels implements Kernels {
  readonly tier = 'reference'
  readonly memory = new ReferenceMemory()
  readonly threads = 1

  private readonly kernels = new WeakMap<PointwiseProgram, PointwiseKernel>()

  pointwise(program: PointwiseProgram): PointwiseKernel {
    const kernel = this.kernels.get(program) ?? this.interpret(program)
    this.kernels.set(program, kernel)
    return kernel
  }

  private interpret(program: PointwiseProgram): PointwiseKernel {
    const { inputs, perRow = [], scalars: scalarNames = [], outputs, reductions = [], sum } = program
    const plan = schedule(rootsOf(program))
    const values = new Float64Array(plan.code.length)
    const root = (index: number) => values[plan.roots[index]!]!
    const [firstOutput, firstReduction] = [
      inputs.length + perRow.length,
      inputs.length + perRow.length + outputs.length,
    ]
    return (rows, columns, matrices, scalars = []) => {
      const { all } = this.memory
      let total = 0
      for (let i = 0; i < rows; i++) {
        const place = (m: number, j = 0) => matrices[m]!.at + i * matrices[m]!.rowStride + j
        const folded = reductions.map(({ by }) => folds[by].start)
        for (let j = 0; j < columns; j++) {
          run(plan, values, (name) => {
            const [scalar, column] = [scalarNames.indexOf(name), perRow.indexOf(name)]
            if (scalar >= 0) return scalars[scalar]!
            return all[column >= 0 ? place(inputs.length + column) : place(inputs.indexOf(name), j)]!
          })
          for (const [o, output] of outputs.entries()) {
            const at = place(firstOutput + o, j)
            all[at] = root(o) + (output.accumulate ? all[at]! : 0)
          }
          for (const [r, { by }] of reductions.entries())
            folded[r] = folds[by].fold(folded[r]!, root(outputs.length + r))
          if (sum) total += root(outputs.length + reductions.length)
        }
        for (const [r, value] of folded.entries()) all[place(firstReduction + r)] = value
      }
      return total
    }
  }

  pack(...parts: readonly Matrix[]): Packed {
    const [rows, columns] = packedSize(parts)
    const at = this.memory.take(rows * columns)
    const { all } = this.memory
    let to = at
    for (const part of parts)
      for (let i = 0; i < part.rows; i++)
        for (let j = 0; j < columns; j++) all[to++] = all[part.at + i * part.rowStride + j * part.columnStride]!
    return { at, rows, width: columns, first: 0, columns }
  }

  multiply(out: Matrix, left: Matrix, right: Packed, start: Start): void {
    const { all } = this.memory
    for (let i = 0; i < out.rows; i++)
      for (let j = 0; j < out.columns; j++) {
        const at = out.at + i * out.rowStride + j
        let sum = start === 'zero' ? 0 : start === 'accumulate' ? all[at]! : all[start.bias + j]!
        for (let k = 0; k < right.rows; k++)
          sum +=
            all[left.at + i * left.rowStride + k * left.columnStride]! *
            all[right.at + k * right.width + right.first + j]!
        all[at] = sum
      }
  }

  multiplyEach(left: Matrix, products: readonly Product[], start: Start): void {
    for (const { out, right } of products) this.multiply(out, left, right, start)
  }

  zero(at: Address, length: number): void {
    this.memory.all.fill(0, at, at + length)
  }

  gatherRows(to: Address, from: Address, index: Address, rows: number, columns: number): void {
    const { all } = this.memory
    for (let i = 0; i < rows; i++) {
      const source = from + all[index + i]! * columns
      all.copyWithin(to + i * columns, source, source + columns)
    }
  }

  scatterAddRows(to: Address, from: Address, index: Address, rows: number, columns: number): void {
    const { all } = this.memory
    for (let i = 0; i < rows; i++)
      for (let j = 0; j < columns; j++) all[to + all[index + i]! * columns + j]! += all[from + i * columns + j]!
  }

  scatterRows(to: Address, from: Address, index: Address, rows: number, columns: number): void {
    const { all } = this.memory
    for (let i = 0; i < rows; i++)
      all.copyWithin(to + all[index + i]! * columns, from + i * columns, from + (i + 1) * columns)
  }

  parallel(phases: readonly Jobs[]): void {
    for (const job of phases.flat()) job()
  }

  record(job: () => void): () => void {
    return job
  }
}
