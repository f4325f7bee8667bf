import {
  activations,
  concat,
  dense,
  pointwise,
  reshape,
  type Tape,
  timeSteps,
  type Variable,
} from '../autograd/index.ts'
import { expectOneOf, InputError } from '../base/errors.ts'
import { expectWhole, fits, type Shape, showShape, sizeOf } from '../base/shape.ts'
import { type Attention, attend, attentionParameters } from './attend.ts'
import type { Layer, LayerScope, ParameterSpec } from './layer.ts'
import { type Seen, type SeenAttention, seenInTurn, stacked } from './seen.ts'
import { buildStack, expectWholeSequences, lengthsAfter, runStack, statesOf, within } from './stack.ts'

export type EncoderDecoderOptions = EncoderDecoderParts & (ReadsOutputs | ReadsInputs)

interface EncoderDecoderParts {
  /** Layers that read the input. */
  readonly encoder: readonly Layer[]
  /** Layers that put out a step for each step they read. */
  readonly decoder: readonly Layer[]
  /** Steps that are put out. */
  readonly steps: number
  /** The token after which a sequence is over, for `beamSearch`. */
  readonly end?: number
  /**
   * What the decoder's topmost cell looks at the encoder's outputs with: dot products and general scores q·W·k (Luong et al.
   * 2015), or additive ones (Bahdanau et al. 2015). It goes on as tanh(W·[context, h]).
   */
  readonly attention?: Attention
}

interface ReadsOutputs {
  /** The decoder reads what has been put out before each step. */
  readonly reads?: 'outputs'
  /** What it reads first: a token, or the numbers of a step. */
  readonly start: number | readonly number[]
}

interface ReadsInputs {
  /**
   * The decoder reads the last `steps` steps of the input, such as what is known of days to come, and the encoder those before
   * them: nothing put out is read, so all steps run at once.
   */
  readonly reads: 'inputs'
  readonly start?: undefined
}

/** What an encoder leaves behind. */
export interface Encoded {
  /** Its outputs, `[B, T, E]` for attention. */
  readonly outputs: Variable
  readonly lengths: ArrayLike<number> | undefined
  /** The states that the decoder begins with, by its names. */
  readonly states: ReadonlyMap<string, Variable>
}

/** The handle by which `beamSearch` runs it a step at a time. */
export interface EncoderDecoder extends Layer {
  readonly end: number | undefined
  readonly start: number | readonly number[] | undefined
  readonly steps: number
  encode(x: Variable, scope: LayerScope): Encoded
  /** Runs steps `[B, U]` of tokens, or `[B, U, F]`: what comes next after each, where its states end, and what it looked at. */
  decode(
    input: Variable,
    encoded: Encoded,
    scope: LayerScope,
  ): { readonly y: Variable; readonly states: ReadonlyMap<string, Variable>; readonly weights: Variable | undefined }
}

/**
 * Sequences to sequences (Sutskever et al. 2014): `[T, F]`, or tokens, → `[steps, outputs]`. The decoder begins with the
 * encoder's final states; where cells, depths or units differ, each of its states is a learned tanh of all of them (`bridge.…`).
 * In training it reads the targets a step behind (teacher forcing); outside it reads its own outputs, of tokens the likeliest;
 * with `reads: 'inputs'` neither of them, but the end of the input.
 * @throws InputError when the decoder has no recurrent layer, or one that can't take a step at a time, or attention has nothing to look at
 */
export function encoderDecoder(options: EncoderDecoderOptions): EncoderDecoder {
  const { encoder, decoder, steps, reads = 'outputs', start, end, attention } = options
  expectWhole('encoderDecoder: steps', steps)
  expectOneOf('encoderDecoder: reads', reads, ['outputs', 'inputs'])
  if ((reads === 'inputs') !== (start === undefined))
    throw new InputError(
      "encoderDecoder: expected start, what the decoder reads first, or reads: 'inputs' without one, got " +
        (start === undefined ? 'neither' : 'both'),
    )
  const top = decoder.findLastIndex(({ states = [] }) => states.length > 0)
  const [given, wanted] = [statesOf(encoder), statesOf(decoder)]
  if (top < 0 || given.length === 0)
    throw new InputError('encoderDecoder: expected a recurrent layer in the encoder, and one in the decoder')
  const backwards = wanted.find(({ reverse }) => reverse)
  if (backwards)
    throw new InputError(`encoderDecoder: the decoder can't read what it has yet to put out: '${backwards.name}' does`)
  const wide = decoder.find(({ ownSteps, stepsAfter }) => ownSteps || stepsAfter)
  if (wide) throw new InputError(`encoderDecoder: the decoder takes a step at a time, which ${wide.config.kind} can't`)
  const bare = (name: string) => name.replace(/^\d+\./, '')
  const alike =
    given.length === wanted.length &&
    given.every(({ name, shape }, i) => bare(name) === bare(wanted[i]!.name) && fits(shape, wanted[i]!.shape))
  const [below, above] = [decoder.slice(0, top + 1), decoder.slice(top + 1)]
  const inputShape: Shape = typeof start === 'number' ? [steps] : [steps, start?.length ?? 0]
  /** The numbers of a first step, or the token; none where the inputs are read. */
  const first = typeof start === 'number' ? [start] : (start ?? [])

  const self: EncoderDecoder = {
    end,
    start,
    steps,
    ownSteps: true,
    inside: [...encoder, ...decoder],
    config: {
      kind: 'encoderDecoder',
      ...options,
      encoder: encoder.map(({ config }) => config),
      decoder: decoder.map(({ config }) => config),
    },
    build(input) {
      if (reads === 'inputs') expectPast(input)
      const past = reads === 'inputs' && input[0]! > 0 ? input[0]! - steps : input[0]!
      const encoded = buildStack(encoder, [past, ...input.slice(1)])
      const cells = buildStack(below, reads === 'inputs' ? [steps, input[1]!] : inputShape)
      if (cells.output.length !== 2)
        throw new InputError("encoderDecoder: the decoder puts out every step: its layers need returns: 'all'")
      const rest = buildStack(above, cells.output, top + 1)
      if (typeof start === 'object' && rest.output[1] !== start.length)
        throw new InputError(
          `encoderDecoder: the decoder reads what it puts out, ${showShape(rest.output)}, so start needs ${rest.output[1]} numbers, got ${start.length}`,
        )
      const parameters: ParameterSpec[] = [
        ...encoded.parameters.map((spec) => ({ ...spec, name: `encoder.${spec.name}` })),
        ...[...cells.parameters, ...rest.parameters].map((spec) => ({ ...spec, name: `decoder.${spec.name}` })),
        ...(attention ? attentionParameters(attention, cells.output[1]!, encoded.output) : []),
      ]
      const all = given.reduce((sum, { shape }) => sum + sizeOf(shape), 0)
      const bridges = (alike ? [] : wanted).flatMap(({ name, shape }): ParameterSpec[] => [
        { name: `bridge.${name}.weight`, shape: [sizeOf(shape), all], initial: { bound: 1 / Math.sqrt(all) } },
        { name: `bridge.${name}.bias`, shape: [sizeOf(shape)], initial: { bound: 1 / Math.sqrt(all) } },
      ])
      return { output: rest.output, parameters: [...parameters, ...bridges] }
    },
    encode(x, scope) {
      const { tape, parameter } = scope
      const lengths = lengthsAfter(encoder, scope.lengths)
      const final = new Map<string, Variable>()
      const inside: LayerScope = {
        ...scope,
        ...within(scope, 'encoder.'),
        final: (name, state) => final.set(name, state),
      }
      const outputs = tape.within({ layer: 'the encoder' }, () => runStack(encoder, x, inside))
      const ended = given.map(({ name }) => final.get(name)!)
      if (alike) return { outputs, lengths, states: new Map(wanted.map(({ name }, i) => [name, ended[i]!])) }
      const shaped = (state: Variable, shape: Shape) => {
        const full = [x.shape[0]!, ...shape]
        return fits(full, state.shape) ? state : reshape.run(tape, [state], { shape: full })
      }
      const rows = ended.map((state, i) => shaped(state, [sizeOf(given[i]!.shape)]))
      const all = concat.run(tape, rows, undefined)
      const bridged = wanted.map(({ name, shape }): [string, Variable] => {
        const weights = ['weight', 'bias'].map((part) => parameter(`bridge.${name}.${part}`))
        const made = pointwise.run(tape, [dense.run(tape, [all, ...weights], undefined)], activations.tanh)
        return [name, shaped(made, shape)]
      })
      return { outputs, lengths, states: new Map(bridged) }
    },
    decode(input, { outputs, lengths, states }, scope) {
      const { tape } = scope
      const final = new Map<string, Variable>()
      const inside: LayerScope = {
        ...scope,
        ...within(scope, 'decoder.'),
        lengths: undefined,
        initial: (name) => states.get(name),
        final: (name, state) => final.set(name, state),
      }
      const run = (layers: readonly Layer[], x: Variable, first = 0) =>
        tape.within({ layer: 'the decoder' }, () => runStack(layers, x, inside, first))
      const h = run(below, input)
      let weights: Variable | undefined
      const observe = (looked: Variable) => {
        weights = looked
      }
      const look = () => (attention ? attend(attention, h, outputs, { ...scope, lengths, observe }) : h)
      const seen = tape.within({ layer: 'the attention' }, look)
      return { y: run(above, seen, top + 1), states: final, weights }
    },
    forward(x, scope) {
      const { tape, target, observe } = scope
      const [batch, length] = x.shape as [number, number]
      const showAttention = (weights: readonly (Variable | undefined)[]) => {
        if (attention) observe?.(self, { attention: stacked(weights.map((part) => firstOf(tape, part!))) })
      }
      if (reads === 'inputs') {
        expectPast(x.shape.slice(1))
        expectWholeSequences('encoderDecoder', scope.lengths, length)
        const past = length - steps
        const before = timeSteps.run(tape, [x], { from: 0, to: past })
        const known = timeSteps.run(tape, [x], { from: past, to: length })
        const { y, weights } = self.decode(known, self.encode(before, { ...scope, lengths: undefined }), scope)
        showAttention([weights])
        return y
      }
      const encoded = self.encode(x, scope)
      if (target) {
        if (!fits([batch, ...inputShape], target.shape))
          throw new InputError(
            `encoderDecoder: expected a target of ${showShape(inputShape)}, got ${showShape(target.shape.slice(1))}`,
          )
        const { y, weights } = self.decode(behind(tape, target, first), encoded, scope)
        showAttention([weights])
        return y
      }
      const runs: { readonly y: Variable; readonly weights: Variable | undefined }[] = []
      const seen = new Map<Layer, Seen[]>()
      const collect = (layer: Layer, part: Seen | SeenAttention) => {
        seen.set(layer, [...(seen.get(layer) ?? []), part as Seen])
      }
      const inside = observe ? { ...scope, observe: collect } : scope
      let [input, state] = [startOf(tape, batch, first, inputShape), encoded]
      for (let step = 0; step < steps; step++) {
        const { y, states, weights } = self.decode(input, state, inside)
        runs.push({ y, weights })
        state = { ...state, states }
        input = typeof start === 'number' ? likeliest(tape, y) : y
      }
      for (const [layer, parts] of seen) observe?.(layer, seenInTurn(parts))
      showAttention(runs.map(({ weights }) => weights))
      return inTurn(
        tape,
        runs.map(({ y }) => y),
      )
    },
    step() {
      throw new InputError('encoderDecoder reads the whole sequence before it answers; use run or beamSearch')
    },
  }
  return self

  function expectPast(input: Shape): void {
    const [length] = input as [number]
    if (input.length !== 2 || (length !== -1 && length <= steps))
      throw new InputError(
        `encoderDecoder: reads: 'inputs': expected sequences [time, features] of more than the ${steps} steps that are put out, got ${showShape(input)}`,
      )
  }
}

const startOf = (tape: Tape, batch: number, first: readonly number[], shape: Shape): Variable =>
  tape.input({ data: Array.from({ length: batch }, () => first).flat(), shape: [batch, 1, ...shape.slice(1)] })

/** Targets `[B, U]` or `[B, U, F]` a step behind, the first step before them; what is padding (-1) is read as the first. */
function behind(tape: Tape, { at, shape, size }: Variable, first: readonly number[]): Variable {
  const values = tape.kernels.memory.copy(at, size)
  const [batch, steps] = shape as [number, number]
  const row = steps * first.length
  return tape.filled(shape, (into) => {
    for (let b = 0; b < (into.length === 0 ? 0 : batch); b++) {
      into.set(values.subarray(b * row, (b + 1) * row - first.length), b * row + first.length)
      into.set(first, b * row)
    }
    if (shape.length === 2) for (const [i, token] of into.entries()) if (token === -1) into[i] = first[0]!
  })
}

/** The first sequence's rows of `[B, U, T]`. */
const firstOf = (tape: Tape, { shape, ...rest }: Variable) =>
  tape.read({ ...rest, shape: shape.slice(1), size: sizeOf(shape.slice(1)) })

/** The likeliest token of each row of `[B, 1, V]`. */
function likeliest(tape: Tape, y: Variable): Variable {
  const { data } = tape.read(y)
  const [batch, , classes] = y.shape as [number, number, number]
  const tokens = Array.from({ length: batch }, (_, b) => {
    const row = data.subarray(b * classes, (b + 1) * classes)
    return row.indexOf(Math.max(...row))
  })
  return tape.input({ data: tokens.map((token) => Math.max(0, token)), shape: [batch, 1] })
}

/** Outputs `[B, 1, F]` one after another, `[B, steps, F]`. */
function inTurn(tape: Tape, outputs: readonly Variable[]): Variable {
  const [batch, , columns] = outputs[0]!.shape as [number, number, number]
  const { at, size, differentiable } = concat.run(tape, outputs, undefined)
  return { at, size, differentiable, shape: [batch, outputs.length, columns] }
}
