import { InputError } from '../base/errors.ts'
import { type Shape, sizeOf } from '../base/shape.ts'
import { type Dtype, isDtype, storages } from './dtypes.ts'
import { duplicateKey } from './unique-keys.ts'

/** Where a tensor lies: bytes `begin` to before `end`, counted from the start of the data. */
export interface Span {
  readonly key: string
  readonly dtype: Dtype
  readonly shape: Shape
  readonly begin: number
  readonly end: number
}

export interface Header {
  /** In the order of the data, which they cover without gap or overlap. */
  readonly spans: readonly Span[]
  readonly metadata: Record<string, string>
  /** The first byte of the data, counted from the start of the file. */
  readonly dataStart: number
}

/** Bytes of the header's length, at the start of the file. */
export const lengthBytes = 8
export const metadataKey = '__metadata__'

/** The limit of the format's own library: a longer header is another kind of file, or an attack on the memory. */
const longestHeader = 100_000_000
const again = 'copy or save the file again'

/** Ends with one sentence about the file. */
type Refuse = (sentence: string) => never

/**
 * Reads and checks all of a safetensors file but its numbers.
 * @param name the file, as sentences call it
 * @throws InputError where the file is cut, damaged, ambiguous or of another kind
 */
export function readHeader(bytes: Uint8Array, name: string): Header {
  const refuse: Refuse = (sentence) => {
    throw new InputError(`${name}: ${sentence}`)
  }
  const dataStart = lengthBytes + readLength(bytes, refuse)
  const fields = readFields(bytes.subarray(lengthBytes, dataStart), refuse)
  const entries = Object.entries(fields).filter(([key]) => key !== metadataKey)
  const spans = entries.map(([key, entry]) => readSpan(key, entry, refuse))
  spans.sort((a, b) => a.begin - b.begin || a.end - b.end)
  expectCovered(spans, bytes.length - dataStart, refuse)
  return { spans, metadata: readMetadata(fields[metadataKey], refuse), dataStart }
}

function readLength(bytes: Uint8Array, refuse: Refuse): number {
  if (bytes.length < lengthBytes)
    refuse(`expected a safetensors file of at least ${lengthBytes} bytes, got ${bytes.length}; ${again}`)
  const length = new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true)
  if (length > longestHeader)
    refuse(`expected a safetensors header of at most ${longestHeader} bytes, got ${length}; give a safetensors file`)
  const rest = bytes.length - lengthBytes
  if (length > rest) refuse(`the file is cut short: expected a header of ${length} bytes, got ${rest}; ${again}`)
  return Number(length)
}

function readFields(header: Uint8Array, refuse: Refuse): Record<string, unknown> {
  if (header[0] !== '{'.charCodeAt(0))
    refuse(`expected a safetensors header that starts with '{' at byte ${lengthBytes}; give a safetensors file`)
  const { json, fields } = parseJson(header, refuse)
  const twice = duplicateKey(json)
  if (twice !== undefined) refuse(`expected each key of the header once, got ${show(twice)} twice; ${again}`)
  return fields
}

function parseJson(header: Uint8Array, refuse: Refuse): { json: string; fields: Record<string, unknown> } {
  try {
    const json = new TextDecoder('utf-8', { fatal: true }).decode(header)
    return { json, fields: JSON.parse(json) }
  } catch {
    return refuse(`expected a header of UTF-8 JSON, got ${header.length} bytes that are not; ${again}`)
  }
}

function readMetadata(metadata: unknown, refuse: Refuse): Record<string, string> {
  if (metadata === undefined) return {}
  if (!isRecord(metadata)) return refuse(`${metadataKey}: expected an object of texts, got ${show(metadata)}; ${again}`)
  for (const [key, value] of Object.entries(metadata))
    if (typeof value !== 'string') refuse(`${metadataKey} ${show(key)}: expected text, got ${show(value)}; ${again}`)
  return metadata as Record<string, string>
}

function readSpan(key: string, entry: unknown, refuse: Refuse): Span {
  const where = `tensor ${show(key)}`
  if (!isRecord(entry))
    return refuse(`${where}: expected an object of dtype, shape and data_offsets, got ${show(entry)}; ${again}`)
  const { dtype, shape, data_offsets: offsets } = entry
  if (!isDtype(dtype))
    return refuse(`${where}: expected dtype ${Object.keys(storages).join(', ')}, got ${show(dtype)}; convert it first`)
  if (!isWholes(shape))
    return refuse(`${where}: expected a shape of whole numbers of at least 0, got ${show(shape)}; ${again}`)
  if (!isWholes(offsets) || offsets.length !== 2 || offsets[0]! > offsets[1]!)
    return refuse(`${where}: expected data_offsets [begin, end] in bytes, got ${show(offsets)}; ${again}`)
  const [begin, end] = offsets as [number, number]
  // A product beyond 2^53 is rounded, but never down to a difference of two safe integers, so it cannot pass.
  const size = sizeOf(shape) * storages[dtype].bytes
  if (size !== end - begin)
    refuse(`${where}: expected ${size} bytes for ${dtype} ${show(shape)}, got data_offsets ${show(offsets)}; ${again}`)
  return { key, dtype, shape, begin, end }
}

/** Refuses spans that do not follow one another from the first byte of the data to its last. */
function expectCovered(spans: readonly Span[], available: number, refuse: Refuse): void {
  const needed = spans.reduce((most, { end }) => Math.max(most, end), 0)
  if (needed > available) refuse(`the file is cut short: expected ${needed} bytes of data, got ${available}; ${again}`)
  let position = 0
  for (const { key, begin, end } of spans) {
    const flaw = begin < position ? 'overlaps another' : 'leaves a gap'
    if (begin !== position)
      refuse(`tensor ${show(key)} ${flaw}: expected its data at byte ${position}, got ${begin}; ${again}`)
    position = end
  }
  if (position < available)
    refuse(`expected ${position} bytes of data, got ${available - position} more that no tensor claims; ${again}`)
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const isWholes = (value: unknown): value is number[] =>
  Array.isArray(value) && value.every((size) => Number.isSafeInteger(size) && size >= 0)

/** A value from the file for a sentence: one line, never a flood, however deep or long it is. */
export const show = (value: unknown): string =>
  Array.isArray(value)
    ? `[${value.slice(0, 8).map(showPart).join(', ')}${value.length > 8 ? ', …' : ''}]`
    : showPart(value)

function showPart(value: unknown): string {
  if (value === undefined) return 'nothing'
  if (typeof value === 'object' && value !== null) return Array.isArray(value) ? '[…]' : '{…}'
  const text = typeof value === 'string' ? JSON.stringify(value.slice(0, 80)) : String(value)
  return typeof value === 'string' && value.length > 80 ? `${text.slice(0, -1)}…"` : text
}
