/** The part of the WebAssembly binary format that the kernels need: one memory imported, functions exported. */

export const I32 = 0x7f
export const F64 = 0x7c
export const V128 = 0x7b
export type ValueType = typeof I32 | typeof F64 | typeof V128

/** A function ready to be put in a module. */
export interface FunctionBody {
  /** Exported under this name, or internal where there is none. */
  readonly name?: string
  readonly params: readonly ValueType[]
  readonly results: readonly ValueType[]
  readonly locals: readonly ValueType[]
  readonly code: readonly number[]
}

export function unsignedLeb(value: number): number[] {
  const bytes: number[] = []
  let rest = value
  do {
    const low = rest % 128
    rest = Math.floor(rest / 128)
    bytes.push(rest > 0 ? low | 0x80 : low)
  } while (rest > 0)
  return bytes
}

export function signedLeb(value: number): number[] {
  const bytes: number[] = []
  let rest = value | 0
  for (;;) {
    const low = rest & 0x7f
    rest >>= 7
    if ((rest === 0 && (low & 0x40) === 0) || (rest === -1 && (low & 0x40) !== 0)) return [...bytes, low]
    bytes.push(low | 0x80)
  }
}

const vector = (items: readonly (readonly number[])[]): number[] => [...unsignedLeb(items.length), ...items.flat()]
const text = (value: string): number[] => vector([...new TextEncoder().encode(value)].map((byte) => [byte]))
const section = (id: number, content: number[]): number[] => [id, ...unsignedLeb(content.length), ...content]

/**
 * A whole module; function i of the list has index i. The memory is imported as `env.memory`, and the byte address of
 * the running thread's scratch as the global 0, `env.scratch`.
 */
export function encodeModule(
  functions: readonly FunctionBody[],
  sharedMemory = canShareMemory,
): Uint8Array<ArrayBuffer> {
  const types = functions.map((f) => [0x60, ...vector(f.params.map((t) => [t])), ...vector(f.results.map((t) => [t]))])
  const exported = functions.flatMap((f, i) => (f.name ? [[...text(f.name), 0x00, ...unsignedLeb(i)]] : []))
  const bodies = functions.map((f) => {
    const body = [...vector(f.locals.map((t) => [1, t])), ...f.code, 0x0b]
    return [...unsignedLeb(body.length), ...body]
  })
  return new Uint8Array([
    ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
    ...section(1, vector(types)),
    ...section(2, vector(imports(sharedMemory))),
    ...section(3, vector(functions.map((_, i) => unsignedLeb(i)))),
    ...section(7, vector(exported)),
    ...section(10, vector(bodies)),
  ])
}

/** Whether threads can work on one memory: always in Node, in a page only where it is isolated. */
export const canShareMemory =
  typeof SharedArrayBuffer !== 'undefined' &&
  (globalThis as { crossOriginIsolated?: boolean }).crossOriginIsolated !== false

/** The most that a 32-bit memory may have, 4 GiB. */
export const MAX_PAGES = 65536

const imports = (sharedMemory: boolean): number[][] => {
  const limits = sharedMemory ? [0x03, 1, ...unsignedLeb(MAX_PAGES)] : [0x00, 1]
  return [
    [...text('env'), ...text('memory'), 0x02, ...limits],
    [...text('env'), ...text('scratch'), 0x03, I32, 0x00],
  ]
}
