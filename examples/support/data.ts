import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { InputError } from 'unrolled'

/** Where files of this repository lie, from the sources and from what they are compiled to. */
const here = dirname(fileURLToPath(import.meta.url))
export const root = join(here, here.includes(join('examples', 'dist')) ? '../../..' : '../..')

/**
 * The path of a data set that is not part of this repository: as given, or in the folder `shared/data` beside it.
 * @throws InputError that says where it comes from
 */
export function dataPath(given: string | undefined, name: string, source: string): string {
  const path = given ?? join(root, '../shared/data', name)
  if (existsSync(path)) return path
  throw new InputError(`there is no file '${given ?? name}'; get it from ${source} and name it by --data PATH`)
}

/** Samples made one at a time from their number, and never kept. */
export interface Maker {
  readonly count: number
  readonly inputShape: readonly number[]
  readonly targetShape: readonly number[]
  /** Writes a sample; both stretches are zero before. */
  make(sample: number, input: Float32Array | Float64Array, target: Float32Array | Float64Array): void
}

/** Samples as `fit` takes them. */
export function samplesMade({ count, inputShape, targetShape, make }: Maker) {
  const [inputs, targets] = [inputShape, targetShape].map((shape) => shape.reduce((size, n) => size * n, 1))
  const filling =
    (which: 0 | 1, size: number) =>
    (rows: ArrayLike<number>, into: Float32Array | Float64Array): void => {
      const other = new Float64Array(which === 0 ? targets! : inputs!)
      for (let r = 0; r < rows.length; r++) {
        const own = into.subarray(r * size, (r + 1) * size).fill(0)
        other.fill(0)
        if (which === 0) make(rows[r]!, own, other)
        else make(rows[r]!, other, own)
      }
    }
  return {
    count,
    inputShape,
    targetShape,
    fillInputs: filling(0, inputs!),
    fillTargets: filling(1, targets!),
    restore: (outputs: ArrayLike<number>) => Float64Array.from(outputs),
  }
}
