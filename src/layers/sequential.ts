import { InputError } from '../base/errors.ts'
import { createKernels, type KernelChoice } from '../kernels/index.ts'
import type { Layer } from './layer.ts'
import { Model } from './model.ts'

export interface InitOptions {
  /** Features of each step; `'tokens'` where a step is one token id, for `embedding`. */
  readonly inputs: number | 'tokens'
  /** Steps of a sequence; any number where absent. */
  readonly steps?: number
  /** Decides every starting weight; 0 by default. */
  readonly seed?: number
  readonly kernels?: KernelChoice
}

/** Layers one after another, each reading what the one before gives. */
export interface Sequential {
  readonly layers: readonly Layer[]
  /**
   * Makes a model with starting weights, the same for the same seed.
   * @throws InputError when a layer can't take what the one before gives
   */
  init(options: InitOptions): Model
}

export function sequential(layers: readonly Layer[]): Sequential {
  if (layers.length === 0) throw new InputError('sequential: expected at least one layer')
  return {
    layers,
    init({ inputs, steps, seed = 0, kernels = 'auto' }) {
      return new Model(layers, { inputs, ...(steps === undefined ? {} : { steps }) }, seed, createKernels(kernels))
    },
  }
}
