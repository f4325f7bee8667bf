/** An event of TensorBoard, as the reader of the tests has it. */
export interface Event {
  time: number
  step: number
  version?: string
  readonly scalars: Record<string, number>
}

/** Reads an event file by its definition alone, with none of our own code. @throws Error where a checksum is wrong */
export function readEvents(bytes: Uint8Array): Event[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const events: Event[] = []
  for (let at = 0; at < bytes.length; ) {
    expectSum(bytes.subarray(at, at + 8), view.getUint32(at + 8, true))
    const length = Number(view.getBigUint64(at, true))
    const data = bytes.subarray(at + 12, at + 12 + length)
    expectSum(data, view.getUint32(at + 12 + length, true))
    events.push(eventOf(data))
    at += 16 + length
  }
  return events
}

function eventOf(data: Uint8Array): Event {
  const event: Event = { time: 0, step: 0, scalars: {} }
  for (const [number, value] of fields(data)) {
    if (number === 1) event.time = float(value, 8)
    if (number === 2) event.step = value as number
    if (number === 3) event.version = new TextDecoder().decode(value as Uint8Array)
    if (number !== 5) continue
    for (const [, scalar] of fields(value as Uint8Array)) {
      const [[, tag], [, simple]] = fields(scalar as Uint8Array) as [[number, Uint8Array], [number, Uint8Array]]
      event.scalars[new TextDecoder().decode(tag)] = float(simple, 4)
    }
  }
  return event
}

function float(value: number | Uint8Array, bytes: 4 | 8): number {
  const view = new DataView(Uint8Array.from(value as Uint8Array).buffer)
  return bytes === 4 ? view.getFloat32(0, true) : view.getFloat64(0, true)
}

/** The fields of a protocol buffer, each its number and a varint or its bytes. */
function fields(data: Uint8Array): [number, number | Uint8Array][] {
  const found: [number, number | Uint8Array][] = []
  let at = 0
  const varint = () => {
    let value = 0
    for (let shift = 0; ; shift += 7) {
      const byte = data[at++]!
      value += (byte & 0x7f) * 2 ** shift
      if (byte < 0x80) return value
    }
  }
  while (at < data.length) {
    const key = varint()
    const kind = key % 8
    const length = kind === 1 ? 8 : kind === 5 ? 4 : kind === 2 ? varint() : 0
    found.push([key >> 3, kind === 0 ? varint() : data.slice(at, at + length)])
    at += length
  }
  return found
}

/** CRC-32C, bit by bit as Castagnoli's polynomial says (RFC 3720, B.4), and TensorFlow's mask. */
function expectSum(data: Uint8Array, sum: number): void {
  let crc = 0xffffffff
  for (const byte of data) {
    crc ^= byte
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0x82f63b78 : 0)
  }
  crc = ~crc >>> 0
  if ((((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0 !== sum) throw new Error('the checksum is wrong')
}
