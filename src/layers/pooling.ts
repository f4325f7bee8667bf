import { average, pooling } from '../autograd/index.ts'
import { InputError } from '../base/errors.ts'
import { showShape } from '../base/shape.ts'
import type { Layer } from './layer.ts'
import { type PerDimension, refuseStep, spaceAfter, stepsAfter, type WindowOptions, windowFrom } from './window.ts'

export type PoolOptions = Pick<WindowOptions, 'stride' | 'padding'>

/** Pooling over so many dimensions; the stride is the size where there is none. */
const over =
  (kind: 'maxPool1d' | 'maxPool2d' | 'averagePool1d' | 'averagePool2d', by: 'max' | 'average', dimensions: number) =>
  (size: PerDimension, options: PoolOptions = {}): Layer => {
    const window = windowFrom(kind, dimensions, size, { stride: size, ...options })
    return {
      config: { kind, size, ...options },
      build: (input) => ({ output: [...spaceAfter(kind, window, input), input.at(-1)!], parameters: [] }),
      stepsAfter: stepsAfter(window),
      forward: (x, { tape, lengths }) => pooling.run(tape, [x], { ...window, by, lengths }),
      step: () => refuseStep(kind),
    }
  }

/** The largest number in each window, feature by feature: `[B, T, F]` → `[B, T', F]`. Padding is never the largest. */
export const maxPool1d = over('maxPool1d', 'max', 1)
/** The same over rows and columns: `[B, H, W, C]` → `[B, H', W', C]`. */
export const maxPool2d = over('maxPool2d', 'max', 2)
/** The mean of each window, padding not counted: `[B, T, F]` → `[B, T', F]`. */
export const averagePool1d = over('averagePool1d', 'average', 1)
/** The same over rows and columns: `[B, H, W, C]` → `[B, H', W', C]`. */
export const averagePool2d = over('averagePool2d', 'average', 2)

/** The mean of each feature over a sequence's steps, or over rows and columns: `[B, T, F]` → `[B, F]`, `[B, H, W, C]` → `[B, C]`. */
export function globalAveragePool(): Layer {
  return {
    config: { kind: 'globalAveragePool' },
    build(input) {
      if (input.length < 2 || input.at(-1)! < 0)
        throw new InputError(
          `globalAveragePool: expected [time, features] or [rows, columns, channels], got ${showShape(input)}`,
        )
      return { output: [input.at(-1)!], parameters: [] }
    },
    forward: (x, { tape, lengths }) => average.run(tape, [x], { lengths }),
    step: () => refuseStep('globalAveragePool'),
  }
}
