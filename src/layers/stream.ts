import { InputError } from '../base/errors.ts'
import type { FloatArray } from '../base/samples.ts'
import { expectWhole, type Shape } from '../base/shape.ts'
import { createKernels, type Kernels, type Matrix, matrix } from '../kernels/index.ts'
import type { Architecture, Layer } from './layer.ts'
import type { Parameters } from './parameters.ts'
import { formatState, parseState, type StreamState, stateOwner } from './stream-state.ts'

export interface StreamOptions {
  /** Sequences carried side by side; 1 by default, or as many as `state` has. */
  readonly sessions?: number
  /** Where to go on: what another stream of this architecture gave as its `state`. */
  readonly state?: StreamState
}

/** What a stream takes from a model. */
export interface StreamedModel {
  readonly layers: readonly Layer[]
  readonly architecture: Architecture
  readonly inputShape: Shape
  readonly parameters: Parameters
  readonly kernels: Kernels
}

/** The name of the method that `using` calls; engines that do not know it yet agree on this one. */
const dispose: typeof Symbol.dispose = Symbol.dispose ?? Symbol.for('Symbol.dispose')

/** What a stream works with until it is disposed of. Views of a memory that no longer grows stay valid. */
interface Parts {
  readonly input: FloatArray
  readonly output: FloatArray
  readonly states: ReadonlyMap<string, FloatArray>
  /** What a state begins with, `[units]`, where that isn't zero. */
  readonly begin: ReadonlyMap<string, FloatArray>
  /** What layers do with an input before its step. */
  readonly read: readonly (() => void)[]
  /** Carries out one step. */
  readonly step: () => void
}

/**
 * A model that runs a step at a time and keeps its states in between. It has a memory of its own, with the model's weights
 * as they were when it was made: training on does not change it, nor does it disturb training. Made by `model.stream()`.
 */
export class Stream {
  readonly sessions: number
  private readonly architecture: string
  private readonly inputs: number
  private parts: Parts | undefined

  /** @throws InputError when a layer's output hangs on steps still to come, or the state is another stream's */
  constructor(model: StreamedModel, { state, sessions = state?.sessions ?? 1 }: StreamOptions = {}) {
    expectWhole('stream: sessions', sessions)
    const { inputs } = model.architecture
    this.sessions = sessions
    this.inputs = inputs === 'tokens' ? 1 : inputs
    this.architecture = stateOwner(model.architecture)
    this.parts = prepare(model, sessions)
    this.reset()
    if (state !== undefined) this.restore(state)
  }

  /**
   * Takes one step of every session.
   * @param x the step's features: `[sessions, inputs]`, flat or in rows, scaled as for `model.run`; or a token of each session
   * @returns the model's outputs after this step, `[sessions, outputs]`, rows first: float32, float64 with reference kernels
   * @throws InputError when x is of another size or holds a number that is not finite; nothing is changed then
   */
  push(x: ArrayLike<number> | readonly ArrayLike<number>[]): FloatArray {
    const { input, output, read, step } = this.open
    if (typeof x[0] === 'object') this.fillRows(x as readonly ArrayLike<number>[], input)
    else if (x.length === input.length) fill(input, 0, x as ArrayLike<number>)
    else throw this.unfit(`${x.length} numbers`)
    for (const layer of read) layer()
    step()
    return output.slice()
  }

  /** Begins a new sequence, in one session or in all: states are zero again, or as they were learned to begin. */
  reset(session?: number): void {
    const { states, begin } = this.open
    if (session !== undefined) expectWhole('stream: session', session, 0, this.sessions - 1)
    for (const [name, values] of states) {
      const units = values.length / this.sessions
      for (let i = session ?? 0; i < (session === undefined ? this.sessions : session + 1); i++) {
        const own = values.subarray(i * units, (i + 1) * units)
        if (begin.has(name)) own.set(begin.get(name)!)
        else own.fill(0)
      }
    }
  }

  /** All states, as plain data that goes through JSON unchanged, for `restore` or `model.stream({ state })`. */
  get state(): StreamState {
    return formatState(this.architecture, this.sessions, this.open.states)
  }

  /** @throws InputError when the state is of another architecture or number of sessions, or damaged; nothing is changed then */
  restore(state: StreamState): void {
    const { states } = this.open
    const parsed = parseState(state, this.architecture, this.sessions, states)
    for (const [name, values] of states) values.set(parsed[name]!)
  }

  /** Lets go of its memory; `using` does so at the end of the block. */
  [dispose](): void {
    this.parts = undefined
  }

  private get open(): Parts {
    if (!this.parts) throw new InputError('stream: it has been disposed of; make a new one with model.stream()')
    return this.parts
  }

  private fillRows(rows: readonly ArrayLike<number>[], input: FloatArray): void {
    const odd = rows.find((row) => row.length !== this.inputs)
    if (odd || rows.length !== this.sessions)
      throw this.unfit(odd ? `a row of ${odd.length} numbers` : `${rows.length} rows`)
    for (const [i, row] of rows.entries()) fill(input, i * this.inputs, row)
  }

  private unfit(got: string): InputError {
    const { sessions, inputs } = this
    const wanted = sessions === 1 ? `${inputs} numbers` : `${sessions} rows of ${inputs} numbers, or all of them flat`
    return new InputError(`push: expected one step, ${wanted}; got ${got}`)
  }
}

/** Lays the model out in a memory of the stream's own, and records the kernels of a step. */
function prepare(
  { layers, architecture, inputShape, parameters, kernels: { tier, memory: theirs } }: StreamedModel,
  sessions: number,
) {
  const kernels = createKernels(tier, { alone: true })
  const { memory } = kernels
  const weights = memory.take(parameters.length)
  memory.view(weights, parameters.length).set(theirs.view(parameters.at, parameters.length))

  const inputs = architecture.inputs === 'tokens' ? 1 : architecture.inputs
  const x = matrix(memory.take(sessions * inputs), sessions, inputs)
  let [output, shape]: [Matrix, Shape] = [x, inputShape]
  const steps = layers.map((layer, i) => {
    const parameter = (name: string) => weights + parameters.get(`${i}.${name}`).at - parameters.at
    const step = layer.step(output, { kernels, parameter, input: shape })
    output = step.output
    shape = layer.build(shape).output
    return step
  })
  const step = kernels.record(() => {
    for (const layer of steps) layer.run()
  })
  const view = ({ at, rows, columns }: Matrix) => memory.view(at, rows * columns)
  const states = steps.flatMap((layer, i) =>
    [...layer.states].map(([name, values]) => [`${i}.${name}`, view(values)] as const),
  )
  const begin = steps.flatMap((layer, i) =>
    [...(layer.begin ?? [])].map(([name, at]) => {
      return [`${i}.${name}`, memory.view(at, layer.states.get(name)!.columns)] as const
    }),
  )
  const read = steps.flatMap((layer) => layer.read ?? [])
  return { input: view(x), output: view(output), states: new Map(states), begin: new Map(begin), read, step }
}

function fill(into: FloatArray, from: number, values: ArrayLike<number>): void {
  for (let i = 0; i < values.length; i++) {
    into[from + i] = values[i]!
    if (!Number.isFinite(into[from + i]))
      throw new InputError(`push: expected finite numbers, got ${values[i]} at place ${from + i}`)
  }
}
