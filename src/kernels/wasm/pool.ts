/**
 * Constants of all kernels, in the scratch page of every memory: engines load them faster than they make them. One
 * constant's 32 bytes hold it eight times, so that neighbouring vectors can each read a copy of their own.
 */
const FIRST = 8192
const SIZE = 32
const PAGE = 65536

const indices = new Map<number, number>()

/** The byte address of a constant given by its bits; nothing once the page is full. */
export function constantAddress(bits: number): number | undefined {
  const known = indices.get(bits)
  const index = known ?? indices.size
  const at = FIRST + SIZE * index
  if (at + SIZE > PAGE) return undefined
  if (known === undefined) indices.set(bits, index)
  return at
}

/** Writes the constants that a memory lacks, given how many it has; returns how many it has then. */
export function writeConstants(memory: Int32Array, have: number): number {
  for (const [bits, index] of indices)
    if (index >= have) memory.fill(bits, (FIRST + SIZE * index) / 4, (FIRST + SIZE * (index + 1)) / 4)
  return indices.size
}
