import { schedule } from '../../expr/graph.ts'
import type { PointwiseProgram } from '../contract.ts'
import { Assembler, type ConstantAddress, type Local } from './assembler.ts'
import { encodeModule, F64, I32, V128 } from './encoder.ts'
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
  const { inputs, outputs, scalars = [], sum } = program
  const { code, roots } = schedule([...outputs.map((output) => output.expr), ...(sum ? [sum] : [])])
  const matrices = inputs.length + outputs.length

  const a = new Assembler([I32, I32, I32], constants === 'memory' ? address : undefined)
  a.fused = fused
  const [rows, columns, descriptor] = [0, 1, 2]
  const bytes = a.local()
  const at = a.local()
  const bases = Array.from({ length: matrices }, () => a.local())
  // One pointer for all of a group's vectors: engines join neighbours only where the address is the same value.
  const pointers = bases.map(() => a.local())
  const strides = Array.from({ length: matrices }, () => a.local())
  const scalarLocals = scalars.map(() => a.local(V128))
  const [vectorSum, scalarSum] = [a.local(V128), a.local(F64)]

  for (const [i, base] of bases.entries()) a.load('i32.load', descriptor, 8 * i, base)
  for (const [i, stride] of strides.entries()) a.load('i32.load', descriptor, 8 * i + 4, stride)
  for (const [i, scalar] of scalarLocals.entries())
    a.load('v128.load32_splat', descriptor, 8 * matrices + 4 * i, scalar)
  a.get(columns).i32(4).op('i32.mul').set(bytes)

  /** One element group: `lanes` 4 (a vector) or 1 (the rest of a row, in the first lane). */
  const emitGroup = (count: number, lanes: 1 | 4) => {
    const load = lanes === 4 ? 'v128.load' : 'v128.load32_zero'
    for (const [i, base] of bases.entries()) a.get(base, at).op('i32.add').set(pointers[i]!)
    const values = Array.from({ length: count }, () => new Map<number, Local>())
    for (const [index, instruction] of code.entries())
      for (const [group, known] of values.entries()) {
        a.half = (group % 2) as 0 | 1
        if (instruction.op === 'leaf') {
          const scalar = scalars.indexOf(instruction.name)
          if (scalar >= 0) {
            known.set(index, scalarLocals[scalar]!)
            continue
          }
          const pointer = pointers[inputs.indexOf(instruction.name)]
          if (pointer === undefined || !inputs.includes(instruction.name))
            throw new RangeError(`no input or scalar is named '${instruction.name}'`)
          a.get(pointer).op(load, 16 * group)
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
        const pointer = pointers[inputs.length + i]!
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
    if (sum) for (const known of values) addToSum(known.get(roots.at(-1)!)!, lanes)
    for (const known of values) a.recycle(...new Set([...known.values()].filter((l) => !scalarLocals.includes(l))))
  }
  const addToSum = (value: Local, lanes: 1 | 4) => {
    if (lanes === 1)
      a.get(value).op('f32x4.extract_lane').op('f64.promote_f32').get(scalarSum).op('f64.add').set(scalarSum)
    else {
      a.get(vectorSum).get(value).op('f64x2.promote_low_f32x4').op('f64x2.add')
      a.upperHalf(value).op('f64x2.promote_low_f32x4').op('f64x2.add').set(vectorSum)
    }
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
      if (groups > 1) span(groups, 4)
      span(1, 4)
      span(1, 1)
      for (const [i, base] of bases.entries()) a.advance(base, strides[i]!)
      a.advance(rows, { bytes: -1 })
    },
  )
  a.get(scalarSum)
  a.get(vectorSum).op('f64x2.extract_lane', 0, 0).op('f64.add')
  a.get(vectorSum).op('f64x2.extract_lane', 0, 1).op('f64.add')
  return encodeModule([a.body([F64], 'run')])
}
