import { type Loss, losses, Tape, type Variable } from '../autograd/index.ts'
import { InputError } from '../base/errors.ts'
import type { Random } from '../base/random.ts'
import type { FloatArray, Sample, Samples } from '../base/samples.ts'
import { expectShape, fits, type PlainTensor, type Shape, showShape, sizeOf } from '../base/shape.ts'
import { bytesCounted, type Kernels, planningKernels } from '../kernels/index.ts'
import type { Tensor } from '../recurrence/index.ts'
import { buildLayers } from './build.ts'
import type { EncoderDecoder } from './encoder-decoder.ts'
import type { Architecture, Layer, LayerScope, Sizes, StateSpec } from './layer.ts'
import { Parameters } from './parameters.ts'
import type { RecurrentLayer } from './recurrent.ts'
import type { Seen, SeenAttention } from './seen.ts'
import { expectOnce, lengthsAfter, runStack, statesOf } from './stack.ts'
import { Stream, type StreamOptions } from './stream.ts'
import { formatState, parseState, type StreamState, stateOwner } from './stream-state.ts'

/** What goes with the inputs through all layers. */
export interface ForwardOptions extends Pick<LayerScope, 'lengths' | 'observe' | 'instead' | 'final' | 'target'> {
  /** States that cells begin with, `[B, …shape]` of `states`, by names such as `0.h_l0`. */
  readonly initial?: ReadonlyMap<string, Variable> | undefined
}

/** What is looked into; without a target where that is still to come. */
export type InspectedSample = Pick<Sample, 'x'> & Partial<Sample>

/** Where a batch of sequences begins. */
export interface AdvanceOptions {
  /** What `advance` gave, or a stream of as many sessions; the cells' own start where absent. */
  readonly state?: StreamState
  /** Steps of each sequence, where they differ. */
  readonly lengths?: ArrayLike<number>
}

/** The most samples that are run at once outside training. */
const MOST_AT_ONCE = 256

/** Layers with their parameters, in a memory of their own. Made by `sequential(…).init(…)`. */
export class Model {
  readonly architecture: Architecture
  readonly layers: readonly Layer[]
  readonly parameters: Parameters
  readonly kernels: Kernels
  /** Shape of one sample's input and output; a time of -1 may be any. */
  readonly inputShape: Shape
  readonly outputShape: Shape
  /** What its cells carry from step to step, by names such as `0.h_l0`. */
  readonly states: readonly StateSpec[]
  /** Bytes of the arena by the shape of the inputs. */
  private readonly arenas = new Map<string, number>()

  constructor(layers: readonly Layer[], sizes: Sizes, seed: number, kernels: Kernels) {
    this.layers = layers
    this.kernels = kernels
    this.architecture = { layers: layers.map((layer) => layer.config), ...sizes }
    const { inputShape, outputShape, parameters, ties } = buildLayers(layers, sizes)
    this.inputShape = inputShape
    this.outputShape = outputShape
    this.states = statesOf(layers)
    this.parameters = new Parameters(kernels, parameters, seed, ties)
  }

  /** The number of learned numbers. */
  get size(): number {
    return this.parameters.length
  }

  /** Runs the layers on a tape: `[B, T, inputs]`, or token ids `[B, T]`, → `[B, …outputShape]`. */
  forward(tape: Tape, x: Variable, { initial, ...options }: ForwardOptions = {}): Variable {
    return runStack(this.layers, x, {
      ...options,
      tape,
      parameter: (name) => this.parameters.get(name),
      initial: (name) => initial?.get(name),
    })
  }

  /** How many steps of its outputs count for each sequence, by how many its inputs have; none told where they have their own. */
  lengthsAfter(lengths: ArrayLike<number> | undefined): ArrayLike<number> | undefined {
    return lengthsAfter(this.layers, lengths)
  }

  /** Runs a function on a new tape, a plain one or another kind, and empties the arena behind it. */
  withTape<R>(use: (tape: Tape) => R, random?: Random, made = new Tape(this.kernels, random)): R {
    const mark = this.kernels.memory.mark()
    try {
      return use(made)
    } finally {
      this.kernels.memory.release(mark)
    }
  }

  /** The outputs for plain inputs `[B, T, inputs]`, or token ids `[B, T]`, as the model gives them. */
  run(x: PlainTensor, lengths?: ArrayLike<number>): Tensor {
    expectShape('x', x, [-1, ...this.inputShape])
    return this.withTape((tape) => tape.read(this.forward(tape, tape.input(x), { lengths })))
  }

  /**
   * Runs sequences `[B, T, inputs]` on from where others ended, and tells where they end: outputs as of `run`, and the state
   * to hand to the next call or to a stream.
   * @throws InputError when a layer reads the last step first, or the state is another model's or another number of sequences'
   */
  advance(
    x: PlainTensor,
    { state, lengths }: AdvanceOptions = {},
  ): { readonly y: Tensor; readonly state: StreamState } {
    expectShape('x', x, [-1, ...this.inputShape])
    this.expectCarries('advance')
    const sequences = x.shape[0]!
    const owner = stateOwner(this.architecture)
    const sizes = new Map(this.states.map(({ name, shape }) => [name, { length: sequences * sizeOf(shape) }]))
    const given = state && parseState(state, owner, sequences, sizes)
    return this.withTape((tape) => {
      const initial = new Map(
        this.states.flatMap(({ name, shape }) => {
          return given ? [[name, tape.input({ data: given[name]!, shape: [sequences, ...shape] })] as const] : []
        }),
      )
      const final = new Map<string, Variable>()
      const y = this.forward(tape, tape.input(x), { lengths, initial, final: (name, at) => final.set(name, at) })
      const ended = new Map(this.states.map(({ name }) => [name, tape.read(final.get(name)!).data]))
      return { y: tape.read(y), state: formatState(owner, sequences, ended) }
    })
  }

  /** Refuses a model of which something reads the last step first, or several steps at once. @throws InputError naming it */
  expectCarries(what: string): void {
    if (this.layers.some(({ ownSteps }) => ownSteps))
      throw new InputError(`${what}: the outputs have steps of their own, so nothing goes on from them`)
    const wide = this.layers.find(({ stepsAfter }) => stepsAfter)
    if (wide)
      throw new InputError(
        `${what}: ${wide.config.kind} sees several steps at once, so nothing goes on from one of them`,
      )
    for (const { name, reverse } of this.states)
      if (reverse)
        throw new InputError(
          `${what}: '${name}' is carried from the last step to the first, so nothing goes on from it`,
        )
  }

  /**
   * The outputs for all samples `[count, …outputShape]`: of the targets' shape and in the data's own units, or scores of
   * classes whose indices the targets are.
   * @param loss what the model was trained by, where that takes other outputs than these
   */
  predict(samples: Samples, loss?: Loss): { readonly data: Float64Array; readonly shape: Shape } {
    const { targetShape } = samples
    const output = this.outputShapeOf(samples)
    this.expectFits(samples, loss ?? (fits(output.slice(0, -1), targetShape) ? losses.crossEntropy : losses.mse))
    const { data: scaled, shape } = this.outputs(samples)
    const restore = (outputs: ArrayLike<number>) => samples.restore(outputs)
    const data = loss?.restore?.(scaled, targetShape.at(-1)!, restore) ?? restore(scaled)
    return { data, shape }
  }

  /** The outputs for all samples `[count, …outputShape]`, scaled as the model gives them. */
  outputs(samples: Pick<Samples, 'count' | 'inputShape' | 'fillInputs' | 'lengths'>): {
    readonly data: Float64Array
    readonly shape: Shape
  } {
    const shape = this.outputShapeOf(samples)
    const size = sizeOf(shape)
    const data = new Float64Array(samples.count * size)
    const batch = this.rowsAtOnce(samples)
    for (let from = 0; from < samples.count; from += batch) {
      const rows = Int32Array.from({ length: Math.min(batch, samples.count - from) }, (_, i) => from + i)
      const x: FloatArray = new Float32Array(rows.length * sizeOf(samples.inputShape))
      samples.fillInputs(rows, x)
      const y = this.run({ data: x, shape: [rows.length, ...samples.inputShape] }, samples.lengths?.(rows))
      data.set(y.data, from * size)
    }
    return { data, shape: [samples.count, ...shape] }
  }

  /** How many samples are run at once outside training: 256, or as many as fit in the memory where those do not. */
  rowsAtOnce({ count, inputShape }: Pick<Samples, 'count' | 'inputShape'>): number {
    let rows = Math.max(1, Math.min(MOST_AT_ONCE, count))
    while (rows > 1 && !this.hasRoom([rows, ...inputShape])) rows = Math.ceil(rows / 2)
    return rows
  }

  /** Whether inputs `[B, T, inputs]` can be run in this memory. */
  private hasRoom(shape: Shape): boolean {
    const { memory, tier } = this.kernels
    if (memory.limit === Number.POSITIVE_INFINITY) return true
    const key = shape.join()
    const arena = this.arenas.get(key) ?? bytesCounted(() => arenaOf(this, shape, planningKernels(tier)))
    this.arenas.set(key, arena)
    return memory.usage().kept + arena <= memory.limit
  }

  /**
   * What happens inside a layer with one sample: of a recurrent one, an encoder's or a decoder's too, gates and states, named and
   * typed by its cell, of several cells stacked the topmost's; of an encoder-decoder its attention. A decoder reads the sample's
   * target a step behind, as in training, or what it puts out itself where there is none.
   * @throws InputError when the layer is not one of the model, or more than one, or has no attention
   */
  inspect(layer: EncoderDecoder, sample: InspectedSample): SeenAttention
  inspect<S extends string, G extends string>(layer: RecurrentLayer<S, G>, sample: InspectedSample): Seen<S, G>
  inspect(layer: Layer, { x, y }: InspectedSample): Seen | SeenAttention {
    expectOnce('inspect', this.layers, layer)
    expectShape('the sample', x, this.inputShape)
    return this.withTape((tape) => {
      const alone = ({ data, shape }: PlainTensor) => tape.input({ data, shape: [1, ...shape] })
      let found: Seen | SeenAttention | undefined
      const observe = (observed: Layer, seen: Seen | SeenAttention) => {
        if (observed === layer) found = seen
      }
      this.forward(tape, alone(x), { observe, target: y && alone(y) })
      if (!found) throw new InputError(`inspect: ${layer.config.kind} has no attention to look at`)
      return found
    })
  }

  /**
   * The model a step at a time, with states that it keeps in between; the weights are those of this moment.
   * @throws InputError when a layer's output hangs on steps still to come, or the state is another stream's
   */
  stream(options?: StreamOptions): Stream {
    return new Stream(this, options)
  }

  /** Refuses samples the model was not made for: inputs of another shape, or targets that the loss can't hold outputs against. */
  expectFits(
    { inputShape, targetShape }: Pick<Samples, 'inputShape' | 'targetShape'>,
    loss: Pick<Loss, 'expectFits'> = losses.mse,
  ): void {
    const dimensions = this.inputShape.length === 1 ? '[steps]' : '[steps, features]'
    if (!fits(this.inputShape, inputShape))
      throw new InputError(
        `the model takes inputs of ${showShape(this.inputShape)} ${dimensions} (-1: any), the data has ${showShape(inputShape)}`,
      )
    loss.expectFits(this.outputShapeOf({ inputShape }), targetShape)
  }

  /** The shape of a sample's output, its time known from the input. */
  private outputShapeOf({ inputShape }: Pick<Samples, 'inputShape'>): Shape {
    return buildLayers(this.layers, { ...this.architecture, steps: inputShape[0]! }).outputShape
  }
}

/** The most the arena holds when a model runs inputs `[B, T, inputs]` and a loss after them, on kernels that only count. */
function arenaOf({ layers, architecture }: Model, shape: Shape, kernels: Kernels): number {
  const model = new Model(layers, { inputs: architecture.inputs, steps: shape[1]! }, 0, kernels)
  const nothing = () => {}
  model.withTape((tape) => {
    const y = model.forward(tape, tape.filled(shape, nothing))
    for (const besides of [y.shape, []]) tape.filled(besides, nothing)
  })
  return kernels.memory.usage().arenaPeak
}
