import { schedule } from '../../expr/graph.ts'
import type { PointwiseProgram } from '../contract.ts'
import { rootsOf } from '../program.ts'
import { Assembler, type ConstantAddress, type Local } from './assembler.ts'
import { encodeModule, F64, I32, V128 } from './encoder.ts'
import { type Fold, rowFolds, wholeSum } from './folds.ts'
import { functions } from './functions.ts'

/** Choices by which the same program runs fastest on different engines. */
export interface PointwiseShape {
  /** Vectors worked on side by side. */
  readonly groups: number
  /** Multiply and add in one instruction where a polynomial allows it (relaxed SIMD). */
  readonly fused: boolean
  /** Where constants stand: in memory, or in the code. */
  readonly constants: 'memory' | 'code'
}

/**
 * Emits a module with `run(rows, columns, descriptor) → sum`. The descriptor holds, for each matrix, its byte address and
 * its row stride in bytes, and after them the scalars as float32.
 */
export function emitPointwise(
  program: PointwiseProgram,
  { groups, fused, constants }: PointwiseShape,
  address?: ConstantAddress,
): Uint8Array<ArrayBuffer> {
  const { inputs, perRow = [], outputs, reductions = [], scalars = [], sum } = program
  const { code, roots } = schedule(rootsOf(program))

  const a = new Assembler([I32, I32, I32], constants === 'memory' ? address : undefined)
  a.fused = fused
  const [rows, columns, descriptor] = [0, 1, 2]
  const bytes = a.local()
  const at = a.local()
  /** Of each matrix: where its row begins, how far it is to the next, and where in the row a group is. */
  const places = (list: readonly unknown[]) =>
    list.map(() => ({ base: a.local(), stride: a.local(), pointer: a.local() }))
  const [sources, columnSources] = [places(inputs), places(perRow)]
  const [targets, columnTargets] = [places(outputs), places(reductions)]
  const matrices = [...sources, ...columnSources, ...targets, ...columnTargets]
  /** Names that stand for one number along a row. */
  const held = new Map([...perRow, ...scalars].map((name) => [name, a.local(V128)]))
  const heldLocals = new Set(held.values())
  const total = (fold: Fold, root: number) => ({ fold, root, vectors: a.local(V128), singles: a.local(V128) })
  const rowTotals = reductions.map(({ by }, i) => total(rowFolds[by], roots[outputs.length + i]!))
  const wholeTotal = total(wholeSum, roots.at(-1)!)
  const totals = sum ? [...rowTotals, wholeTotal] : rowTotals

  for (const [i, { base, stride }] of matrices.entries()) {
    a.load('i32.load', descriptor, 8 * i, base)
    a.load('i32.load', descriptor, 8 * i + 4, stride)
  }
  for (const [i, name] of scalars.entries())
    a.load('v128.load32_splat', descriptor, 8 * matrices.length + 4 * i, held.get(name)!)
  a.get(columns).i32(4).op('i32.mul').set(bytes)

  /** One element group: `lanes` 4 (a vector) or 1 (the rest of a row, in the first lane). */
  const emitGroup = (count: number, lanes: 1 | 4) => {
    const load = lanes === 4 ? 'v128.load' : 'v128.load32_zero'
    // One pointer for all of a group's vectors: engines join neighbours only where the address is the same value.
    for (const { base, pointer } of [...sources, ...targets]) a.get(base, at).op('i32.add').set(pointer)
    const values = Array.from({ length: count }, () => new Map<number, Local>())
    for (const [index, instruction] of code.entries())
      for (const [group, known] of values.entries()) {
        a.half = (group % 2) as 0 | 1
        if (instruction.op === 'leaf') {
          const constantInRow = held.get(instruction.name)
          if (constantInRow !== undefined) {
            known.set(index, constantInRow)
            continue
          }
          const source = sources[inputs.indexOf(instruction.name)]
          if (!source) throw new RangeError(`no input, column or scalar is named '${instruction.name}'`)
          a.get(source.pointer).op(load, 16 * group)
        } else if (instruction.op === 'constant') a.f32x4(instruction.value)
        else {
          const [x, y] = instruction.args.map((argument) => known.get(argument)!)
          functions[instruction.op](a, x!, y ?? x!)
        }
        const local = a.temporary()
        a.set(local)
        known.set(index, local)
      }
    for (const [i, output] of outputs.entries())
      for (const [group, known] of values.entries()) {
        const { pointer } = targets[i]!
        const value = known.get(roots[i]!)!
        a.get(pointer)
        if (output.accumulate)
          a.get(pointer)
            .op(load, 16 * group)
            .get(value)
            .op('f32x4.add')
        else a.get(value)
        a.op(lanes === 4 ? 'v128.store' : 'v128.store32_lane', 16 * group)
      }
    for (const { fold, root, vectors, singles } of totals)
      for (const known of values) fold.add(a, lanes === 4 ? vectors : singles, known.get(root)!, lanes)
    for (const known of values) a.recycle(...new Set([...known.values()].filter((l) => !heldLocals.has(l))))
  }
  /** Repeats a group while it still fits in the row. */
  const span = (count: number, lanes: 1 | 4) => {
    const size = 4 * count * lanes
    const fits = () => a.get(at).i32(size).op('i32.add').get(bytes).op('i32.le_s')
    a.while(fits, () => {
      emitGroup(count, lanes)
      a.advance(at, { bytes: size })
    })
  }

  a.while(
    () => a.get(rows).i32(0).op('i32.gt_s'),
    () => {
      a.i32(0).set(at)
      for (const [i, name] of perRow.entries()) a.load('v128.load32_splat', columnSources[i]!.base, 0, held.get(name)!)
      for (const { fold, vectors, singles } of rowTotals) a.f32x4(fold.start).tee(vectors).set(singles)
      if (groups > 1) span(groups, 4)
      span(1, 4)
      span(1, 1)
      for (const [i, { fold, vectors, singles }] of rowTotals.entries()) {
        a.get(columnTargets[i]!.base)
        fold.finish(a, vectors, singles)
        a.op('f32.store')
      }
      for (const { base, stride } of matrices) a.advance(base, stride)
      a.advance(rows, { bytes: -1 })
    },
  )
  wholeTotal.fold.finish(a, wholeTotal.vectors, wholeTotal.singles)
  return encodeModule([a.body([F64], 'run')])
}
