import type { Variable } from '../autograd/index.ts'
import type { Tape } from '../autograd/tape.ts'
import type { Random } from '../base/random.ts'
import type { Shape } from '../base/shape.ts'
import type { RecurrentRun } from '../recurrence/run.ts'

/** A layer as plain JSON, from which a model file rebuilds it. */
export interface LayerConfig {
  readonly kind: string
  readonly [option: string]: unknown
}

/** A parameter a layer asks for: its name within the layer, its shape and how it starts. */
export interface ParameterSpec {
  readonly name: string
  readonly shape: Shape
  /** Uniform in (-bound, bound), one value everywhere, or what is drawn for its i-th number. */
  readonly initial: { readonly bound: number } | { readonly value: number } | ((random: Random, i: number) => number)
}

/** What a layer becomes for inputs of one shape. Shapes are without the batch; a time of -1 may be any. */
export interface Built {
  readonly output: Shape
  readonly parameters: readonly ParameterSpec[]
}

/** What a layer works with in one step. */
export interface LayerScope {
  readonly tape: Tape
  parameter(name: string): Variable
  /** Steps of each sequence, where they differ. */
  readonly lengths?: ArrayLike<number> | undefined
  /** Called by recurrent layers with each of their runs, first to last, for a look inside. */
  readonly observe?: ((layer: Layer, run: RecurrentRun) => void) | undefined
}

/** A part of a model: a description that owns no numbers, so it may be used in several models. */
export interface Layer {
  readonly config: LayerConfig
  /** @throws InputError when it can't take inputs of this shape */
  build(input: Shape): Built
  forward(x: Variable, scope: LayerScope): Variable
}
