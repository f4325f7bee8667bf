/**
 * TensorBoard's event files: records of a length, its checksum, a protocol buffer `Event` and its checksum (tensorflow/tsl
 * `lib/io/record_writer`, tensorflow `core/util/event.proto` and `core/framework/summary.proto`). Only what scalars need.
 */

/** Scalars at a step, and when they were measured: seconds since 1970. */
export interface ScalarEvent {
  readonly step: number
  readonly time: number
  readonly scalars: Readonly<Record<string, number>>
}

/** The first record of a file, which says what it is. */
export const formatFileVersion = (time: number): Uint8Array =>
  record([double(1, time), text(3, 'brain.Event:2')].flat())

/** One record. */
export function formatScalars({ step, time, scalars }: ScalarEvent): Uint8Array {
  const values = Object.entries(scalars).flatMap(([tag, value]) => bytes(1, [...text(1, tag), ...float(2, value)]))
  return record([...double(1, time), ...varint(2, step), ...bytes(5, values)])
}

/** Length, checksum, bytes, checksum. */
function record(data: readonly number[]): Uint8Array {
  const whole = new Uint8Array(data.length + 16)
  const view = new DataView(whole.buffer)
  view.setBigUint64(0, BigInt(data.length), true)
  view.setUint32(8, masked(whole.subarray(0, 8)), true)
  whole.set(data, 12)
  view.setUint32(12 + data.length, masked(whole.subarray(12, 12 + data.length)), true)
  return whole
}

// A field of a protocol buffer is its number with the kind of what follows, then that.
const field = (number: number, kind: number) => unsigned(8 * number + kind)
const varint = (number: number, value: number) => [...field(number, 0), ...unsigned(value)]
const bytes = (number: number, value: readonly number[]) => [...field(number, 2), ...unsigned(value.length), ...value]
const text = (number: number, value: string) => bytes(number, [...new TextEncoder().encode(value)])
const double = (number: number, value: number) => [...field(number, 1), ...raw(new Float64Array([value]))]
const float = (number: number, value: number) => [...field(number, 5), ...raw(new Float32Array([value]))]

/** Seven bits a byte, lowest first, all but the last with the eighth set. */
function unsigned(value: number): number[] {
  return value < 128 ? [value] : [(value % 128) + 128, ...unsigned(Math.floor(value / 128))]
}

/** Bytes lowest first, as every machine that has WebAssembly stores them. */
const raw = ({ buffer }: Float32Array<ArrayBuffer> | Float64Array<ArrayBuffer>) => new Uint8Array(buffer)

/** CRC-32C (Castagnoli), rotated and moved, so that a checksum of checksums is none. */
function masked(data: Uint8Array): number {
  let crc = ~0
  for (const byte of data) crc = castagnoli[(crc ^ byte) & 0xff]! ^ (crc >>> 8)
  crc = ~crc >>> 0
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0
}

const castagnoli = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1
  return crc
})
