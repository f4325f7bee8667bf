import type { Variable } from '../autograd/index.ts'
import type { Tape } from '../autograd/tape.ts'
import type { Random } from '../base/random.ts'
import type { FloatArray } from '../base/samples.ts'
import type { Shape } from '../base/shape.ts'
import type { Address, Kernels, Matrix } from '../kernels/index.ts'
import type { Seen, SeenAttention } from './seen.ts'

/** A layer as plain JSON, from which a model file rebuilds it. */
export interface LayerConfig {
  readonly kind: string
  readonly [option: string]: unknown
}

/** What a model's inputs are. */
export interface Sizes {
  /** Features of a step, or `'tokens'` where a step is one token id. */
  readonly inputs: number | 'tokens'
  /** Steps of a sequence, where the model is made for one number of them. */
  readonly steps?: number
}

/** A model without its numbers, as JSON. */
export interface Architecture extends Sizes {
  readonly layers: readonly LayerConfig[]
}

/** A parameter a layer asks for: its name within the layer, its shape and how it starts. */
export interface ParameterSpec {
  readonly name: string
  readonly shape: Shape
  /** Uniform in (-bound, bound), one value everywhere, or what fills the numbers given, row by row. */
  readonly initial: { readonly bound: number } | { readonly value: number } | Fill
  /** The name of a parameter of the model that stands in place of one of its own. */
  readonly tie?: string | undefined
}

/** Sets the numbers that a parameter starts with. */
export type Fill = (random: Random, into: FloatArray) => void

/** A state that a layer carries from step to step, under a name within the layer. */
export interface StateSpec {
  readonly name: string
  /** Of one sequence: `[units]`, or its last steps `[depth, units]`, oldest first, where the cell looks further back. */
  readonly shape: Shape
  /** Carried from the last step to the first, so that no later step goes on from it. */
  readonly reverse: boolean
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
  /** What the outputs are to be, while training: decoders read it a step behind. */
  readonly target?: Variable | undefined
  /** Called by layers that can be inspected with what they did with the first sequence. */
  readonly observe?: ((layer: Layer, seen: Seen | SeenAttention) => void) | undefined
  /** What runs in a layer's place, for a look at how it goes. */
  readonly instead?: ((layer: Layer) => Layer) | undefined
  /** The state that a cell begins with, `[B, …shape]`, by `h_l0` or `h_l0_reverse`; the cell's own start where absent. */
  readonly initial?: ((name: string) => Variable | undefined) | undefined
  /** Called with each state after each sequence's own last step, under the same names. */
  readonly final?: ((name: string, state: Variable) => void) | undefined
}

/** What a layer is made ready with to run a step at a time. */
export interface StepScope {
  readonly kernels: Kernels
  /** Where a parameter lies; it stays as it is. */
  parameter(name: string): Address
  /** What `build` was told. */
  readonly input: Shape
}

/** A layer ready to run a step at a time, for one sequence in each row. */
export interface LayerStep {
  /** Where its outputs are after a step, `[sequences, outputs]`. */
  readonly output: Matrix
  /** What it carries from step to step, a row a sequence, by names of its own. */
  readonly states: ReadonlyMap<string, Matrix>
  /** Where the numbers of a row lie that a state begins with in every session; zero where absent. */
  readonly begin?: ReadonlyMap<string, Address>
  /** What is done with the input's numbers before the kernels run. @throws InputError when they can't be taken */
  readonly read?: () => void
  /** Calls the kernels of one step. */
  run(): void
}

/** A part of a model: a description that owns no numbers, so it may be used in several models. */
export interface Layer {
  readonly config: LayerConfig
  /** What its cells carry from step to step. */
  readonly states?: readonly StateSpec[]
  /** Its outputs have steps of their own, to which the lengths of its inputs say nothing. */
  readonly ownSteps?: boolean
  /** Layers it is made of. */
  readonly inside?: readonly Layer[]
  /** @throws InputError when it can't take inputs of this shape */
  build(input: Shape): Built
  forward(x: Variable, scope: LayerScope): Variable
  /** How many steps its output has for so many of its input; as many where absent. */
  stepsAfter?(steps: number): number
  /**
   * Makes it ready for one step at a time, outside training: lays out its weights and takes its room.
   * @param x where the input of each step will lie, `[sequences, features]`
   * @throws InputError when its output hangs on steps still to come
   */
  step(x: Matrix, scope: StepScope): LayerStep
}
