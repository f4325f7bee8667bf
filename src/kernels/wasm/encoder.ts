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

type Bytes = ArrayLike<number>

function join(...parts: readonly Bytes[]): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const part of parts) {
    all.set(part, at)
    at += part.length
  }
  return all
}

const vector = (items: readonly Bytes[]): Bytes => join(unsignedLeb(items.length), ...items)
const sized = (content: Bytes): Bytes => join(unsignedLeb(content.length), content)
const text = (value: string): Bytes => sized(new TextEncoder().encode(value))
const section = (id: number, items: readonly Bytes[]): Bytes => join([id], sized(vector(items)))

/**
 * A whole module; function i of the list has index i. The memory is imported as `env.memory`, and the byte address of
 * the running thread's scratch as the global 0, `env.scratch`.
 */
export function encodeModule(
  functions: readonly FunctionBody[],
  sharedMemory = canShareMemory,
): Uint8Array<ArrayBuffer> {
  const types = (list: readonly ValueType[]) => sized(list)
  const locals = (list: readonly ValueType[]) => vector(list.map((type) => [1, type]))
  return join(
    [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
    section(
      1,
      functions.map((f) => join([0x60], types(f.params), types(f.results))),
    ),
    section(2, imports(sharedMemory)),
    section(
      3,
      functions.map((_, i) => unsignedLeb(i)),
    ),
    section(
      7,
      functions.flatMap(({ name }, i) => (name ? [join(text(name), [0x00], unsignedLeb(i))] : [])),
    ),
    section(
      10,
      functions.map((f) => sized(join(locals(f.locals), f.code, [0x0b]))),
    ),
  )
}

/** Whether threads can work on one memory: always in Node, in a page only where it is isolated. */
export const canShareMemory =
  typeof SharedArrayBuffer !== 'undefined' &&
  (globalThis as { crossOriginIsolated?: boolean }).crossOriginIsolated !== false

/** The most that a 32-bit memory may have, 4 GiB. */
export const MAX_PAGES = 65536

const imports = (sharedMemory: boolean): Bytes[] => {
  const limits = sharedMemory ? [0x03, 1, ...unsignedLeb(MAX_PAGES)] : [0x00, 1]
  return [join(text('env'), text('memory'), [0x02], limits), join(text('env'), text('scratch'), [0x03, I32, 0x00])]
}
