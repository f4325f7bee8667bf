import type { FloatArray } from '../base/samples.ts'

/** The elements of a stored tensor: floats widened without loss, whole numbers as they are, BOOL as bytes 0 and 1. */
export type TensorData = FloatArray | Int32Array | BigInt64Array | Uint8Array

interface Storage {
  /** Bytes an element. */
  readonly bytes: number
  /** The elements of a buffer that holds nothing else. Files are little-endian, as is every engine we run on. */
  readonly read: (buffer: ArrayBuffer) => TensorData
}

/** Every element type we read from a safetensors file, under its name there. */
export const storages = {
  F64: { bytes: 8, read: (buffer) => new Float64Array(buffer) },
  F32: { bytes: 4, read: (buffer) => new Float32Array(buffer) },
  F16: { bytes: 2, read: (buffer) => new Float32Array(new Uint16Array(buffer)).map(fromHalf) },
  BF16: { bytes: 2, read: (buffer) => new Float32Array(new Uint32Array(new Uint16Array(buffer)).map(toHigh).buffer) },
  I64: { bytes: 8, read: (buffer) => new BigInt64Array(buffer) },
  I32: { bytes: 4, read: (buffer) => new Int32Array(buffer) },
  U8: { bytes: 1, read: (buffer) => new Uint8Array(buffer) },
  BOOL: { bytes: 1, read: (buffer) => new Uint8Array(buffer) },
} as const satisfies Record<string, Storage>

export type Dtype = keyof typeof storages

export const isDtype = (name: unknown): name is Dtype => typeof name === 'string' && Object.hasOwn(storages, name)

/** An IEEE 754 half-precision number from its 16 bits: 1 sign, 5 exponent, 10 fraction. */
function fromHalf(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1
  const exponent = (bits >> 10) & 31
  const fraction = bits & 1023
  if (exponent === 31) return fraction === 0 ? sign * Infinity : NaN
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1 + fraction / 1024) * 2 ** (exponent - 15)
}

/** A bfloat16 is the high half of a float32. */
const toHigh = (bits: number): number => bits << 16
