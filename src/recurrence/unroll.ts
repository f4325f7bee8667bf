import type { Cell } from '../cells/define.ts'
import { chooseTier } from '../kernels/index.ts'
import { checkUnrollInput, type UnrollInput } from './unroll-input.ts'
import { unrollOnKernels } from './unroll-kernels.ts'
import { unrollOnOracle } from './unroll-oracle.ts'
import { named, type UnrollResult } from './unroll-result.ts'

/**
 * Runs a cell over a batch of sequences and, on request, back: the floor below the layers, on plain arrays.
 *
 * @throws InputError when a shape, a name or a length does not fit
 */
export function unroll<S extends string, G extends string>(
  cell: Cell<S, G>,
  input: UnrollInput<NoInfer<S>>,
): UnrollResult<S, G> {
  const checked = checkUnrollInput(cell, input)
  const { tier } = chooseTier(input.kernels)
  const run = tier === 'reference' ? unrollOnOracle : unrollOnKernels(tier)
  return named(cell, checked, run(cell as Cell, input, checked))
}
