import { InputError } from '../../base/errors.ts'
import type { Address, Memory } from '../contract.ts'
import { canShareMemory, MAX_PAGES } from './encoder.ts'
import { noteGrowth } from './garbage.ts'
import { writeConstants } from './pool.ts'

const PAGE = 65536
/** Vectors start at multiples of 16 elements: 64 bytes, a cache line. */
const ALIGNMENT = 16

/** A WebAssembly memory: a scratch page for the kernels, what is kept, and the arena above it. */
export class WasmMemory implements Memory {
  readonly wasm = new WebAssembly.Memory({ initial: 16, maximum: MAX_PAGES, shared: canShareMemory })
  private constants = 0
  private kept: Address = PAGE / 4
  private top: Address = PAGE / 4
  private peak: Address = PAGE / 4
  private float32 = new Float32Array(this.wasm.buffer)
  private int32 = new Int32Array(this.wasm.buffer)

  /** The whole memory as float32; renewed when the memory has grown. */
  get floats(): Float32Array {
    return this.float32
  }

  /** The whole memory as int32. */
  get integers(): Int32Array {
    return this.int32
  }

  /** Completes the constants that kernels compiled since have come to use. */
  updateConstants(): void {
    this.constants = writeConstants(this.int32, this.constants)
  }

  keep(length: number): Address {
    if (this.top !== this.kept) throw new RangeError('keep() while the arena is in use')
    const at = this.take(length)
    this.kept = this.top
    this.floats.fill(0, at, at + length)
    return at
  }

  take(length: number): Address {
    const at = this.top
    this.top = at + Math.ceil(length / ALIGNMENT) * ALIGNMENT
    this.peak = Math.max(this.peak, this.top)
    // A whole tile may be read past the last element.
    this.grow(4 * this.top + 4096)
    return at
  }

  takeIndex(index: Int32Array): Address {
    const at = this.take(index.length)
    this.int32.set(index, at)
    return at
  }

  mark(): number {
    return this.top
  }

  release(mark: number): void {
    this.top = mark
  }

  view(at: Address, length: number): Float32Array {
    return this.float32.subarray(at, at + length)
  }

  usage() {
    return {
      reserved: this.wasm.buffer.byteLength,
      kept: 4 * this.kept,
      arenaPeak: 4 * (this.peak - this.kept),
    }
  }

  private grow(bytes: number): void {
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
