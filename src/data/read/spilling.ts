import { node } from '../../base/node.ts'
import { memory, type Store } from '../numbers.ts'
import { Spill } from '../spill.ts'

export interface SpillOptions {
  /**
   * Whether numbers are put in a temporary file and read from it as they are needed, for tables larger than memory. Times take
   * eight bytes a row in memory all the same, and text four beside each word. Done for sources of 2 GiB and more unless given.
   */
  readonly spill?: boolean
}

/** Bytes of a source from which on its numbers are put in a file. */
export const SPILL_FROM = 2 ** 31

/** Where the numbers of a source are kept. @throws InputError where they can't be put in a file, as in a page */
export function storeFor(bytes: Blob, { spill = node !== undefined && bytes.size >= SPILL_FROM }: SpillOptions): Store {
  return spill ? new Spill() : memory
}
