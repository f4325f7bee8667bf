import { layerNorm as layerNormOp, normalise, normPlaces } from '../autograd/index.ts'
import { InputError } from '../base/errors.ts'
import { showShape } from '../base/shape.ts'
import { matrix } from '../kernels/index.ts'
import type { Layer } from './layer.ts'

export interface LayerNormLayerOptions {
  /** Added to the variance, so that rows of one number over and over are not divided by 0; 1e-5. */
  readonly epsilon?: number
}

/**
 * Each step's features with mean 0 and variance 1, times `weight [F]` plus `bias [F]`: `[…, F]` → `[…, F]` (Ba et al. 2016). The
 * parameters start at 1 and 0, as in PyTorch's `nn.LayerNorm`.
 */
export function layerNorm({ epsilon = 1e-5 }: LayerNormLayerOptions = {}): Layer {
  if (!(epsilon > 0 && Number.isFinite(epsilon)))
    throw new InputError(`layerNorm: epsilon: expected a number above 0, got ${epsilon}`)
  return {
    config: { kind: 'layerNorm', epsilon },
    build(input) {
      const features = input.at(-1)!
      if (features < 0)
        throw new InputError(
          `layerNorm: expected a known number of features, got ${showShape(input)}; token ids go through an embedding first`,
        )
      return {
        output: input,
        parameters: [
          { name: 'weight', shape: [features], initial: { value: 1 } },
          { name: 'bias', shape: [features], initial: { value: 0 } },
        ],
      }
    },
    forward: (x, { tape, parameter }) =>
      layerNormOp.run(tape, [x, parameter('weight'), parameter('bias')], { epsilon }),
    step({ at, rows, columns }, { kernels, parameter }) {
      const places = normPlaces(kernels, { rows, columns, x: at, gain: parameter('weight'), bias: parameter('bias') })
      return {
        output: matrix(places.y, rows, columns),
        states: new Map(),
        run: () => normalise(kernels, places, epsilon),
      }
    },
  }
}
