import { ScratchFile } from '../base/node.ts'
import type { FloatArray } from '../base/samples.ts'
import { type Numbers, type NumbersWriter, STRETCH, type Store } from './numbers.ts'

/** Numbers of a block, of which each stands in the file by itself. */
const BLOCK = 8192
const BYTES = 8 * BLOCK
/** Blocks in memory that single numbers are looked up in: 4 MiB. */
const HELD = 64
/** Numbers that are put in another order at a time. */
const REORDERED = 1 << 20

/**
 * Numbers in a temporary file, for tables larger than memory. The file stands in the system's folder for them (`TMPDIR`) and goes
 * when the table is closed or let go of, and in any case with the process.
 */
export class Spill implements Store {
  readonly inMemory = false
  private readonly file: ScratchFile
  private blocks = 0
  private readonly held: { block: number; readonly values: Float64Array }[] = []

  /** @throws InputError in a page, and where the folder can't be written */
  constructor() {
    this.file = new ScratchFile('leave spill away, and read fewer columns')
  }

  writer(): SpillWriter {
    return new SpillWriter(this)
  }

  make(rows: number, width: number, fill: (from: number, to: number, into: Float64Array) => void): Numbers {
    const writer = this.writer()
    const stretch = new Float64Array(STRETCH * width)
    for (let from = 0; from < rows; from += STRETCH) {
      const to = Math.min(rows, from + STRETCH)
      const into = stretch.subarray(0, (to - from) * width).fill(0)
      fill(from, to, into)
      writer.write(into)
    }
    return writer.finish()
  }

  close(): void {
    this.held.length = 0
    this.file.close()
  }

  /** Writes a block and says its number. */
  append(values: Float64Array): number {
    this.file.write(bytesOf(values), this.blocks * BYTES)
    return this.blocks++
  }

  /** The numbers of a block, of which `count` were written; until another is looked up. */
  lookUp(block: number, count: number): Float64Array {
    const place = block % HELD
    const held = this.held[place] ?? { block: -1, values: new Float64Array(BLOCK) }
    this.held[place] = held
    if (held.block !== block) {
      held.block = -1
      this.read(block, 0, held.values.subarray(0, count))
      held.block = block
    }
    return held.values
  }

  /** Fills `into` with the numbers of a block from one of them on. */
  read(block: number, from: number, into: Float64Array): void {
    this.file.read(bytesOf(into), block * BYTES + 8 * from)
  }
}

const bytesOf = ({ buffer, byteOffset, byteLength }: Float64Array) => new Uint8Array(buffer, byteOffset, byteLength)

class SpillWriter implements NumbersWriter {
  length = 0
  private readonly spill: Spill
  private readonly blocks: number[] = []
  private readonly open = new Float64Array(BLOCK)

  constructor(spill: Spill) {
    this.spill = spill
  }

  push(value: number): void {
    const at = this.length++ % BLOCK
    this.open[at] = value
    if (at === BLOCK - 1) this.blocks.push(this.spill.append(this.open))
  }

  write(values: Float64Array): void {
    for (let from = 0; from < values.length; ) {
      const at = this.length % BLOCK
      const count = Math.min(BLOCK - at, values.length - from)
      this.open.set(values.subarray(from, from + count), at)
      this.length += count
      from += count
      if (at + count === BLOCK) this.blocks.push(this.spill.append(this.open))
    }
  }

  finish(): SpilledNumbers {
    const rest = this.length % BLOCK
    if (rest > 0) this.blocks.push(this.spill.append(this.open.subarray(0, rest)))
    return new SpilledNumbers(this.spill, this.blocks, this.length)
  }
}

class SpilledNumbers implements Numbers {
  readonly length: number
  private readonly spill: Spill
  private readonly blocks: readonly number[]

  constructor(spill: Spill, blocks: readonly number[], length: number) {
    this.spill = spill
    this.blocks = blocks
    this.length = length
  }

  at(place: number): number {
    if (!(place >= 0 && place < this.length)) return Number.NaN
    const block = Math.floor(place / BLOCK)
    const count = Math.min(BLOCK, this.length - block * BLOCK)
    return this.spill.lookUp(this.blocks[block]!, count)[place % BLOCK]!
  }

  part(from: number, to: number): Float64Array {
    const into = new Float64Array(Math.max(0, to - from))
    this.copy(from, to, into, 0)
    return into
  }

  copy(from: number, to: number, into: FloatArray, at: number): void {
    if (!(into instanceof Float64Array)) into.set(this.part(from, to), at)
    else
      for (let place = from; place < to; ) {
        const within = place % BLOCK
        const count = Math.min(BLOCK - within, to - place)
        const first = at + place - from
        this.spill.read(this.blocks[Math.floor(place / BLOCK)]!, within, into.subarray(first, first + count))
        place += count
      }
  }

  *pieces(from = 0, to = this.length): Iterable<Float64Array> {
    const piece = new Float64Array(Math.min(BLOCK, Math.max(0, to - from)))
    for (let place = from; place < to; ) {
      const count = Math.min(BLOCK - (place % BLOCK), to - place)
      this.copy(place, place + count, piece, 0)
      yield piece.subarray(0, count)
      place += count
    }
  }

  /** Many places at a time, in the order they stand in the file, so that a block is read once for all of them. */
  take(places: ArrayLike<number>): Numbers {
    const writer = this.spill.writer()
    const room = Math.min(REORDERED, places.length)
    const [keys, values] = [new Float64Array(room), new Float64Array(room)]
    for (let from = 0; from < places.length; from += REORDERED) {
      const count = Math.min(REORDERED, places.length - from)
      for (let i = 0; i < count; i++) keys[i] = (places[from + i]! + 1) * REORDERED + i
      for (const key of keys.subarray(0, count).sort())
        values[key % REORDERED] = this.at(Math.floor(key / REORDERED) - 1)
      writer.write(values.subarray(0, count))
    }
    return writer.finish()
  }
}
