import { dropout as dropoutOp, reshape } from '../autograd/index.ts'
import { InputError } from '../base/errors.ts'
import { sizeOf } from '../base/shape.ts'
import type { Layer } from './layer.ts'

/** All numbers of a sample in one row: `[B, T, F]` → `[B, T·F]`. Needs to know T: `init({ inputs, steps })`. */
export function flatten(): Layer {
  return {
    config: { kind: 'flatten' },
    build(input) {
      if (input.some((size) => size < 0))
        throw new InputError('flatten needs to know the number of steps: give it to init({ inputs, steps })')
      return { output: [sizeOf(input)], parameters: [] }
    },
    forward: (x, { tape }) => reshape.run(tape, [x], { shape: [x.shape[0]!, sizeOf(x.shape.slice(1))] }),
  }
}

/** Drops each number with probability `rate` while training, and scales the others up by 1/(1 - rate). */
export function dropout(rate: number): Layer {
  if (!(rate >= 0 && rate < 1)) throw new InputError(`dropout: expected a rate of at least 0 and below 1, got ${rate}`)
  return {
    config: { kind: 'dropout', rate },
    build: (input) => ({ output: input, parameters: [] }),
    forward: (x, { tape }) => dropoutOp.run(tape, [x], { rate }),
  }
}
