import { node } from '../../base/node.ts'
import { canShareMemory } from './encoder.ts'

/** Bytes of memory taken between two collections. */
const ENOUGH = 2 ** 30

let taken = 0
let collector: (() => void) | undefined

/**
 * Notes that a memory has grown. Engines do not count shared memories as garbage worth collecting, so those of models long
 * gone would pile up; once a GiB has been taken, we ask for a collection ourselves.
 */
export function noteGrowth(bytes: number): void {
  taken += bytes
  if (taken < ENOUGH || !canShareMemory) return
  taken = 0
  collector ??= makeCollector()
  collector()
}

/** V8's own collector, which new contexts expose where a flag is set; it stays set, since threads share the flags. */
function makeCollector(): () => void {
  if (!node) return () => {}
  node.getBuiltinModule('node:v8').setFlagsFromString('--expose-gc')
  return node.getBuiltinModule('node:vm').runInNewContext('globalThis.gc') ?? (() => {})
}
