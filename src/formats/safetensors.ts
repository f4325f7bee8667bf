import { InputError } from '../base/errors.ts'
import type { FloatArray } from '../base/samples.ts'
import { expectShape, type Shape } from '../base/shape.ts'
import { type Dtype, storages, type TensorData } from './dtypes.ts'
import { lengthBytes, metadataKey, readHeader, show } from './safetensors-header.ts'

/** A tensor as a file holds it. */
export interface StoredTensor {
  readonly dtype: Dtype
  readonly shape: Shape
  /** As many elements as the shape says, in an array of their own. */
  readonly data: TensorData
}

/** A tensor to write: float32 as F32, float64 as F64. */
export interface FloatTensor {
  readonly shape: Shape
  readonly data: FloatArray
}

/** What a safetensors file holds: tensors by name, in the order of the data, and text by key. */
export interface Safetensors {
  readonly tensors: Map<string, StoredTensor>
  readonly metadata: Record<string, string>
}

/**
 * Reads a safetensors file: 8 bytes of header length (little-endian), a JSON header, the data. All is checked before
 * anything is allocated.
 * @param bytes the whole file; the tensors are copies, so it need not outlive this call
 * @param name the file, as sentences call it
 * @throws InputError where the file is cut, damaged, ambiguous or of another kind
 */
export function parseSafetensors(bytes: Uint8Array, name: string): Safetensors {
  const { spans, metadata, dataStart } = readHeader(bytes, name)
  const tensors = new Map<string, StoredTensor>()
  for (const { key, dtype, shape, begin, end } of spans) {
    // The copy is aligned, as typed arrays must be; the data of another writer's file need not be.
    const { buffer } = new Uint8Array(bytes.subarray(dataStart + begin, dataStart + end))
    tensors.set(key, { dtype, shape, data: storages[dtype].read(buffer) })
  }
  return { tensors, metadata }
}

/**
 * Writes a safetensors file, the same bytes for the same input: tensors and metadata stand in the order given.
 * @throws InputError where a tensor's data does not fill its shape
 */
export function formatSafetensors(
  tensors: ReadonlyMap<string, FloatTensor>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array<ArrayBuffer> {
  const fields = [field(metadataKey, metadata)]
  let dataLength = 0
  for (const [key, { shape, data }] of tensors) {
    if (key === metadataKey) throw new InputError(`a tensor cannot be named '${metadataKey}'; give it another name`)
    expectShape(`tensor ${show(key)}`, { shape, data }, shape)
    const begin = dataLength
    dataLength += data.byteLength
    const dtype: Dtype = data instanceof Float32Array ? 'F32' : 'F64'
    fields.push(field(key, { dtype, shape, data_offsets: [begin, dataLength] }))
  }
  const header = new TextEncoder().encode(`{${fields.join(',')}}`)
  const headerLength = Math.ceil(header.length / 8) * 8
  const bytes = new Uint8Array(lengthBytes + headerLength + dataLength)
  new DataView(bytes.buffer).setBigUint64(0, BigInt(headerLength), true)
  let at = lengthBytes + headerLength
  bytes.fill(' '.charCodeAt(0), lengthBytes, at) // spaces after the JSON align the data
  bytes.set(header, lengthBytes)
  for (const { data } of tensors.values()) {
    bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), at)
    at += data.byteLength
  }
  return bytes
}

/**
 * Refuses, in one sentence, a tensor that holds NaN or infinity: a model with such weights predicts nothing.
 * @param name the file, as the sentence calls it
 */
export function expectFinite(tensors: ReadonlyMap<string, { readonly data: TensorData }>, name: string): void {
  for (const [key, { data }] of tensors) {
    if (!(data instanceof Float32Array || data instanceof Float64Array)) continue
    const first = data.findIndex((value) => !Number.isFinite(value))
    if (first === -1) continue
    let count = 0
    for (const value of data) if (!Number.isFinite(value)) count++
    throw new InputError(
      `${name}: expected finite numbers, got ${count} of ${data.length} in tensor ${show(key)} that are not (the first ` +
        `is ${data[first]} at index ${first}); train again with a smaller learning rate or with clipNorm`,
    )
  }
}

/** `"key":value`: an object literal would move keys like `0` to the front. */
const field = (key: string, value: unknown) => `${JSON.stringify(key)}:${JSON.stringify(value)}`
