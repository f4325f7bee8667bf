import {
  activations,
  arithmetic,
  concat,
  dense,
  dropout as drop,
  embedding,
  pointwise,
  repeat,
  reshape,
  type Tape,
  timeSteps,
  type Variable,
} from '../autograd/index.ts'
import { expectOneOf, InputError } from '../base/errors.ts'
import { expectWhole, showShape, sizeOf } from '../base/shape.ts'
import type { Layer, LayerScope, ParameterSpec } from './layer.ts'
import type { RecurrentLayer } from './recurrent.ts'
import { expectWholeSequences, within } from './stack.ts'
import { refuseStep } from './window.ts'

export interface SegmentOptions {
  /** Steps that are read, or put out, in one step of the cell. */
  readonly segment: number
  /** Steps that are put out. */
  readonly steps: number
  /** Numbers of each step that is put out; 1 by default. */
  readonly outputs?: number
  /** Share of what the last dense layer reads that training drops; 0 by default. */
  readonly dropout?: number
  /** How many channels share the weights: the inputs' last feature is the channel's number, from 0, and each learns a vector. */
  readonly channels?: number
  /** `'inputs'`: the last `steps` steps of the input are the ones put out, and what is known of them is read as well. */
  readonly reads?: 'inputs'
}

const optionNames = ['segment', 'steps', 'outputs', 'dropout', 'channels', 'reads']

/**
 * Segment-wise recurrence (SegRNN, Lin et al. 2023, arXiv:2308.11200): `[T, F]` → `[steps, outputs]`. The recurrent layer reads
 * relu(dense(segment)) for each segment of the input. From where it ends, each segment put out is one step of the same layer,
 * all at once, that reads the segment's learned position, beside that of the channel. A first segment that is not full begins
 * with the first step again; what a last one has too much is left out.
 * @throws InputError when the layer isn't a recurrent one that reads forwards, or an option is unknown or out of its range
 */
export function segmentRecurrent(layer: RecurrentLayer, options: SegmentOptions): Layer {
  for (const key of Object.keys(options)) expectOneOf('segmentRecurrent: option', key, optionNames)
  const { segment, steps, outputs = 1, dropout = 0, channels = 0, reads } = options
  for (const [name, size] of Object.entries({ segment, steps, outputs })) expectWhole(`segmentRecurrent: ${name}`, size)
  expectWhole('segmentRecurrent: channels', channels, 0)
  if (reads !== undefined) expectOneOf('segmentRecurrent: reads', reads, ['inputs'])
  if (!(dropout >= 0 && dropout < 1))
    throw new InputError(`segmentRecurrent: dropout: expected a rate of at least 0 and below 1, got ${dropout}`)
  const { states = [], units } = layer
  if (states.length === 0 || states.some(({ reverse }) => reverse))
    throw new InputError('segmentRecurrent: expected a recurrent layer that reads forwards alone, such as gru(512)')
  const segments = Math.ceil(steps / segment)
  const channelUnits = channels > 0 ? Math.floor(units / 2) : 0
  const features = (inputs: number) => inputs - (channels > 0 ? 1 : 0)

  /** Segments of steps `[B, n·segment, F]` as the layer reads them: `[B, n, units]`. */
  const read = (x: Variable, name: string, { tape, parameter }: LayerScope) => {
    const [batch, length, width] = x.shape as [number, number, number]
    const rows = reshape.run(tape, [x], { shape: [batch, length / segment, segment * width] })
    return dense.run(tape, [rows, parameter(`${name}.weight`), parameter(`${name}.bias`)], undefined)
  }

  /** What each segment put out reads: where it stands, whose it is and what is known of it, `[B, segments, units]`. */
  const asked = (known: Variable | undefined, ids: Variable | undefined, batch: number, scope: LayerScope) => {
    const { tape, parameter } = scope
    const position = repeat.run(tape, [parameter('position')], { at: 0, times: batch })
    if (!known && !ids) return position
    const channel = ids && embedding.run(tape, [ids, parameter('channel')], {})
    const place = channel
      ? concat.run(tape, [position, repeat.run(tape, [channel], { at: 1, times: segments })], undefined)
      : position
    return known ? pointwise.run(tape, [place, read(known, 'known', scope)], arithmetic.add) : place
  }

  return {
    config: { kind: 'segmentRecurrent', layer: layer.config, ...options },
    ownSteps: true,
    inside: [layer],
    build(input) {
      const [length, inputs] = input as [number, number]
      if (input.length !== 2)
        throw new InputError(`segmentRecurrent: expected sequences [time, features], got ${showShape(input)}`)
      if (features(inputs) < 1)
        throw new InputError(
          "segmentRecurrent: channels: the last feature is the channel's number, and there is no other",
        )
      expectPast(length)
      const width = segment * features(inputs)
      const denseOf = (name: string, outputs: number, inputs: number): ParameterSpec[] => {
        const initial = { bound: 1 / Math.sqrt(inputs) }
        return [
          { name: `${name}.weight`, shape: [outputs, inputs], initial },
          { name: `${name}.bias`, shape: [outputs], initial },
        ]
      }
      const table = (name: string, rows: number, columns: number): ParameterSpec => ({
        name,
        shape: [rows, columns],
        initial(random, into) {
          for (let i = 0; i < into.length; i++) into[i] = random.normal()
        },
      })
      const inner = layer.build([-1, units])
      const parameters = [
        ...denseOf('value', units, width),
        ...inner.parameters.map((spec) => ({ ...spec, name: `layer.${spec.name}` })),
        table('position', segments, units - channelUnits),
        ...(channels > 0 ? [table('channel', channels, channelUnits)] : []),
        ...(reads ? denseOf('known', units, width) : []),
        ...denseOf('output', segment * outputs, inner.output.at(-1)!),
      ]
      return { output: [steps, outputs], parameters }
    },
    forward(input, scope) {
      const { tape, parameter, lengths } = scope
      const [batch, length] = input.shape as [number, number]
      expectWholeSequences('segmentRecurrent', lengths, length)
      expectPast(length)
      const { x, ids } = channels > 0 ? split(tape, input) : { x: input }
      const past = reads ? length - steps : length
      const first = past - Math.ceil(past / segment) * segment
      const seen = read(timeSteps.run(tape, [x], { from: first, to: past }), 'value', scope)
      const known = reads && timeSteps.run(tape, [x], { from: past, to: past + segments * segment })

      const inside: LayerScope = { ...scope, ...within(scope, 'layer.'), lengths: undefined, initial: undefined }
      const ended = new Map<string, Variable>()
      tape.within({ layer: 'the segments read' }, () =>
        (scope.instead?.(layer) ?? layer).forward(pointwise.run(tape, [seen], activations.relu), {
          ...inside,
          final: (name, state) => ended.set(name, state),
        }),
      )
      const each = (state: Variable) => {
        const repeated = repeat.run(tape, [state], { at: 1, times: segments })
        return reshape.run(tape, [repeated], { shape: [batch * segments, ...state.shape.slice(1)] })
      }
      const initial = new Map([...ended].map(([name, state]) => [name, each(state)]))
      const question = reshape.run(tape, [asked(known, ids, batch, scope)], { shape: [batch * segments, 1, units] })
      const y = tape.within({ layer: 'the segments put out' }, () =>
        layer.forward(question, {
          ...inside,
          initial: (name) => initial.get(name),
          final: undefined,
          observe: undefined,
        }),
      )
      const kept = drop.run(tape, [y], { rate: dropout })
      const answers = dense.run(tape, [kept, parameter('output.weight'), parameter('output.bias')], undefined)
      const whole = reshape.run(tape, [answers], { shape: [batch, segments * segment, outputs] })
      return timeSteps.run(tape, [whole], { from: 0, to: steps })
    },
    step: () => refuseStep('segmentRecurrent'),
  }

  function expectPast(length: number): void {
    if (reads && length !== -1 && length <= steps)
      throw new InputError(
        `segmentRecurrent: reads: 'inputs': expected more than the ${steps} steps that are put out, got ${length}`,
      )
  }
}

/** Inputs `[B, T, F + 1]` as numbers `[B, T, F]` and the channel of each sequence `[B]`, which stands last in its first step. */
function split(tape: Tape, { at, shape, differentiable }: Variable): { readonly x: Variable; readonly ids: Variable } {
  if (differentiable)
    throw new InputError(
      "segmentRecurrent: channels: their numbers stand in the model's inputs, so make it the first layer",
    )
  const [batch, steps, columns] = shape as [number, number, number]
  const values = tape.kernels.memory.copy(at, sizeOf(shape))
  const width = columns - 1
  const x = tape.filled([batch, steps, width], (into) => {
    for (let row = 0; row < (into.length === 0 ? 0 : batch * steps); row++)
      into.set(values.subarray(row * columns, row * columns + width), row * width)
  })
  const ids = tape.filled([batch], (into) => {
    for (let b = 0; b < into.length; b++) into[b] = values[b * steps * columns + width]!
  })
  return { x, ids }
}
