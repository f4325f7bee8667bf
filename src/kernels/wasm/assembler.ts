import { type FunctionBody, I32, signedLeb, unsignedLeb, V128, type ValueType } from './encoder.ts'

/** A local variable of the function being written. */
export type Local = number

const scalarOps = {
  'i32.load': 0x28,
  'i32.eqz': 0x45,
  'i32.lt_s': 0x48,
  'i32.gt_s': 0x4a,
  'i32.le_s': 0x4c,
  'i32.add': 0x6a,
  'i32.sub': 0x6b,
  'i32.mul': 0x6c,
  'f64.add': 0xa0,
  'f64.promote_f32': 0xbb,
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
  'f64x2.add': 0xf0,
  'i32x4.trunc_sat_f32x4_s': 0xf8,
  'f32x4.convert_i32x4_s': 0xfa,
} as const

export type Instruction = keyof typeof scalarOps | keyof typeof vectorOps

/** Writes one function's code, instruction after instruction. */
export class Assembler {
  private readonly code: number[] = []
  private readonly locals: ValueType[] = []
  private readonly params: readonly ValueType[]
  private readonly free: Local[] = []

  constructor(params: readonly ValueType[]) {
    this.params = params
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
    for (const local of locals) this.code.push(0x20, ...unsignedLeb(local))
    return this
  }

  set(local: Local): this {
    this.code.push(0x21, ...unsignedLeb(local))
    return this
  }

  tee(local: Local): this {
    this.code.push(0x22, ...unsignedLeb(local))
    return this
  }

  i32(value: number): this {
    this.code.push(0x41, ...signedLeb(value))
    return this
  }

  /** The same float in all four lanes. */
  f32x4(value: number): this {
    const lane = new Uint8Array(new Float32Array([value]).buffer)
    this.code.push(0xfd, 0x0c, ...lane, ...lane, ...lane, ...lane)
    return this
  }

  /** The same integer in all four lanes. */
  i32x4(value: number): this {
    const lane = new Uint8Array(new Int32Array([value]).buffer)
    this.code.push(0xfd, 0x0c, ...lane, ...lane, ...lane, ...lane)
    return this
  }

  /** The upper two lanes moved down. */
  upperHalf(vector: Local): this {
    this.get(vector, vector).code.push(0xfd, 0x0d, ...Array.from({ length: 16 }, (_, i) => (i + 8) % 16))
    return this
  }

  /** An instruction; loads and stores take a byte offset and, for lane forms, the lane. */
  op(name: Instruction, offset?: number, lane?: number): this {
    if (name in scalarOps) this.code.push(scalarOps[name as keyof typeof scalarOps])
    else this.code.push(0xfd, ...unsignedLeb(vectorOps[name as keyof typeof vectorOps]))
    // Alignment is a hint that engines ignore; 2 (four bytes) is always valid.
    if (/\.(load|store)/.test(name)) this.code.push(2, ...unsignedLeb(offset ?? 0))
    if (name.endsWith('lane')) this.code.push(lane ?? 0)
    return this
  }

  /** into = what lies at address + offset */
  load(name: Instruction, address: Local, offset: number, into: Local): this {
    return this.get(address).op(name, offset).set(into)
  }

  call(functionIndex: number): this {
    this.code.push(0x10, ...unsignedLeb(functionIndex))
    return this
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
