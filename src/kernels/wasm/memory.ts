import { InputError } from '../../base/errors.ts'
import type { Address, Memory } from '../contract.ts'
import { Room, type RoomShape } from '../room.ts'
import { canShareMemory, MAX_PAGES } from './encoder.ts'
import { noteGrowth } from './garbage.ts'
import { writeConstants } from './pool.ts'

const PAGE = 65536
/** A whole tile may be read past the last element. */
const OVERRUN = 4096

/** The most bytes of room a memory has. */
export const WASM_LIMIT = PAGE * MAX_PAGES - OVERRUN

/**
 * How a memory gives out room: float32, from behind a scratch page for the kernels. Vectors start at multiples of 16
 * elements: 64 bytes, a cache line.
 */
export const wasmRoom: RoomShape = { bytes: 4, alignment: 16, first: PAGE / 4 }

/** A memory as the kernel sets of this folder write to it themselves. */
export interface WordMemory extends Memory {
  /** The whole memory as float32 and as int32; renewed when it has grown. */
  readonly floats: Float32Array
  readonly integers: Int32Array
}

/** A WebAssembly memory: a scratch page for the kernels, what is kept, and the arena above it. */
export class WasmMemory extends Room implements WordMemory {
  readonly limit = WASM_LIMIT
  readonly wasm = new WebAssembly.Memory({ initial: 16, maximum: MAX_PAGES, shared: canShareMemory })
  private constants = 0
  private float32 = new Float32Array(this.wasm.buffer)
  private int32 = new Int32Array(this.wasm.buffer)

  constructor() {
    super(wasmRoom)
  }

  get floats(): Float32Array {
    return this.float32
  }

  get integers(): Int32Array {
    return this.int32
  }

  /** Completes the constants that kernels compiled since have come to use. */
  updateConstants(): void {
    this.constants = writeConstants(this.int32, this.constants)
  }

  override keep(length: number): Address {
    // What no arena has reached so far is zero as it came.
    const touched = this.reached
    const at = super.keep(length)
    this.floats.fill(0, at, Math.max(at, Math.min(at + length, touched)))
    return at
  }

  takeIndex(index: Int32Array): Address {
    const at = this.take(index.length)
    this.int32.set(index, at)
    return at
  }

  view(at: Address, length: number): Float32Array {
    return this.float32.subarray(at, at + length)
  }

  copy(at: Address, length: number): Float32Array {
    return this.view(at, length).slice()
  }

  usage() {
    return { reserved: this.wasm.buffer.byteLength, ...this.used() }
  }

  protected override reach(end: Address): void {
    const bytes = 4 * end + OVERRUN
    const missing = Math.ceil((bytes - this.wasm.buffer.byteLength) / PAGE)
    if (missing <= 0) return
    const pages = this.wasm.buffer.byteLength / PAGE
    const wanted = Math.min(MAX_PAGES, Math.max(pages + missing, Math.ceil(pages * 1.5)))
    try {
      if (pages + missing > MAX_PAGES) throw new RangeError('over 4 GiB')
      this.wasm.grow(wanted - pages)
      noteGrowth(PAGE * (wanted - pages))
    } catch {
      const gigabytes = (bytes / 2 ** 30).toFixed(1)
      throw new InputError(
        `this step needs ${gigabytes} GiB of memory, more than WebAssembly could get (4 GiB at most); ` +
          'use a smaller batch, shorter sequences or fewer units',
      )
    }
    this.float32 = new Float32Array(this.wasm.buffer)
    this.int32 = new Int32Array(this.wasm.buffer)
  }
}
