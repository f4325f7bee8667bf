import { type FunctionBody, I32, signedLeb, unsignedLeb, V128, type ValueType } from './encoder.ts'

/** A local variable of the function being written. */
export type Local = number

const scalarOps = {
  'i32.load': 0x28,
  'f32.store': 0x38,
  'i32.eqz': 0x45,
  'i32.eq': 0x46,
  'i32.lt_s': 0x48,
  'i32.lt_u': 0x49,
  'i32.gt_s': 0x4a,
  'i32.le_s': 0x4c,
  'i32.ge_s': 0x4e,
  'i32.add': 0x6a,
  'i32.sub': 0x6b,
  'i32.mul': 0x6c,
  'i32.or': 0x72,
  'f32.max': 0x97,
  'f64.add': 0xa0,
  'f32.demote_f64': 0xb6,
} as const

const vectorOps = {
  'v128.load': 0x00,
  'v128.load32_splat': 0x09,
  'v128.store': 0x0b,
  'f32x4.extract_lane': 0x1f,
  'f64x2.extract_lane': 0x21,
  'f32x4.eq': 0x41,
  'f32x4.lt': 0x43,
  'f32x4.gt': 0x44,
  'v128.and': 0x4e,
  'v128.or': 0x50,
  'v128.bitselect': 0x52,
  'v128.store32_lane': 0x5a,
  'v128.load32_zero': 0x5c,
  'f64x2.promote_low_f32x4': 0x5f,
  'f32x4.nearest': 0x6a,
  'i32x4.shl': 0xab,
  'i32x4.shr_s': 0xac,
  'i32x4.add': 0xae,
  'i32x4.sub': 0xb1,
  'f32x4.abs': 0xe0,
  'f32x4.neg': 0xe1,
  'f32x4.sqrt': 0xe3,
  'f32x4.add': 0xe4,
  'f32x4.sub': 0xe5,
  'f32x4.mul': 0xe6,
  'f32x4.div': 0xe7,
  'f32x4.min': 0xe8,
  'f32x4.max': 0xe9,
  'f32x4.pmin': 0xea,
  'f32x4.pmax': 0xeb,
  'f64x2.add': 0xf0,
  'i32x4.trunc_sat_f32x4_s': 0xf8,
  'f32x4.convert_i32x4_s': 0xfa,
  'f32x4.relaxed_madd': 0x105,
} as const

export type Instruction = keyof typeof scalarOps | keyof typeof vectorOps

/** Each instruction's bytes, and what follows them. */
const encodings = new Map<string, { bytes: readonly number[]; memory: boolean; lane: boolean }>(
  [
    ...Object.entries(scalarOps).map(([name, code]) => ({ name, bytes: [code] })),
    ...Object.entries(vectorOps).map(([name, code]) => ({ name, bytes: [0xfd, ...unsignedLeb(code)] })),
  ].map(({ name, bytes }) => [name, { bytes, memory: /\.(load|store)/.test(name), lane: name.endsWith('lane') }]),
)

/** The byte address of a constant's 32 bytes (its four bytes eight times), if there is room for it. */
export type ConstantAddress = (bits: number) => number | undefined

const lanes = new DataView(new ArrayBuffer(4))

/** Writes one function's code, instruction after instruction. */
export class Assembler {
  private readonly code: number[] = []
  private readonly locals: ValueType[] = []
  private readonly params: readonly ValueType[]
  private readonly free: Local[] = []

  /** Whether `multiplyAdd` may be one instruction. */
  fused = false
  /** Which of two neighbouring vectors is being written: 0 or 1. */
  half: 0 | 1 = 0
  private readonly constants: ConstantAddress | undefined

  /** @param constants where constants lie in memory; they are written into the code where absent */
  constructor(params: readonly ValueType[], constants?: ConstantAddress) {
    this.params = params
    this.constants = constants
  }

  local(type: ValueType = I32): Local {
    this.locals.push(type)
    return this.params.length + this.locals.length - 1
  }

  /** A v128 local for a moment; `recycle` gives it back. */
  temporary(): Local {
    return this.free.pop() ?? this.local(V128)
  }

  recycle(...temporaries: Local[]): void {
    this.free.push(...temporaries)
  }

  get(...locals: Local[]): this {
    for (const local of locals) this.variable(0x20, local)
    return this
  }

  set(local: Local): this {
    return this.variable(0x21, local)
  }

  tee(local: Local): this {
    return this.variable(0x22, local)
  }

  i32(value: number): this {
    this.code.push(0x41, ...signedLeb(value))
    return this
  }

  /** The same float in all four lanes. */
  f32x4(value: number): this {
    lanes.setFloat32(0, value, true)
    return this.i32x4(lanes.getInt32(0, true))
  }

  /** The same integer in all four lanes. */
  i32x4(bits: number): this {
    const at = this.constants?.(bits)
    // The second of two neighbouring vectors reads a copy beside the first, so that the two loads can be joined.
    if (at !== undefined) return this.i32(at).op('v128.load', this.half * 16)
    this.code.push(0xfd, 0x0c)
    for (let i = 0; i < 16; i++) this.code.push((bits >>> (8 * (i % 4))) & 0xff)
    return this
  }

  /** The upper two lanes moved down. */
  upperHalf(vector: Local): this {
    this.get(vector, vector).code.push(0xfd, 0x0d, ...Array.from({ length: 16 }, (_, i) => (i + 8) % 16))
    return this
  }

  /** An instruction; loads and stores take a byte offset and, for lane forms, the lane. */
  op(name: Instruction, offset = 0, lane = 0): this {
    const encoding = encodings.get(name)!
    for (const byte of encoding.bytes) this.code.push(byte)
    if (encoding.memory) {
      // Alignment is a hint that engines ignore; 2 (four bytes) is always valid.
      this.code.push(2)
      this.unsigned(offset)
    }
    if (encoding.lane) this.code.push(lane)
    return this
  }

  /** into = what lies at address + offset */
  load(name: Instruction, address: Local, offset: number, into: Local): this {
    return this.get(address).op(name, offset).set(into)
  }

  /** Of the three vectors on the stack, first · second + third. `factors` and `addend` push them. */
  multiplyAdd(factors: () => void, addend: () => void): this {
    factors()
    if (!this.fused) this.op('f32x4.mul')
    addend()
    return this.op(this.fused ? 'f32x4.relaxed_madd' : 'f32x4.add')
  }

  /** memory.copy of the target, source and byte count on the stack. */
  copyBytes(): this {
    this.code.push(0xfc, 0x0a, 0, 0)
    return this
  }

  /** memory.fill of the target, byte value and byte count on the stack. */
  fillBytes(): this {
    this.code.push(0xfc, 0x0b, 0)
    return this
  }

  /** The global of an index. */
  global(index: number): this {
    this.code.push(0x23, index)
    return this
  }

  private variable(opcode: number, local: Local): this {
    this.code.push(opcode)
    this.unsigned(local)
    return this
  }

  private unsigned(value: number): void {
    if (value < 128) this.code.push(value)
    else this.code.push(...unsignedLeb(value))
  }

  /** local += bytes */
  advance(local: Local, by: Local | { readonly bytes: number }): this {
    this.get(local)
    if (typeof by === 'number') this.get(by)
    else this.i32(by.bytes)
    return this.op('i32.add').set(local)
  }

  /** Repeats `body` while `condition` leaves a non-zero i32; the condition is tested first. */
  while(condition: () => void, body: () => void): this {
    this.code.push(0x02, 0x40, 0x03, 0x40)
    condition()
    this.op('i32.eqz').code.push(0x0d, 1)
    body()
    this.code.push(0x0c, 0, 0x0b, 0x0b)
    return this
  }

  /** `if` on the i32 on the stack. */
  if(then: () => void, otherwise?: () => void): this {
    this.code.push(0x04, 0x40)
    then()
    if (otherwise) {
      this.code.push(0x05)
      otherwise()
    }
    this.code.push(0x0b)
    return this
  }

  body(results: readonly ValueType[] = [], name?: string): FunctionBody {
    const { params, locals, code } = this
    return { ...(name === undefined ? {} : { name }), params, results, locals, code }
  }
}
