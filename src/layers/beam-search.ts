import type { Tape, Variable } from '../autograd/index.ts'
import { InputError } from '../base/errors.ts'
import type { FloatArray } from '../base/samples.ts'
import { expectShape, expectWhole, type PlainTensor, sizeOf } from '../base/shape.ts'
import type { Tensor } from '../recurrence/index.ts'
import type { EncoderDecoder } from './encoder-decoder.ts'
import type { LayerScope } from './layer.ts'
import type { Model } from './model.ts'

export interface BeamOptions {
  /** Sequences that are followed at once; 1 takes the likeliest token at each step. 4 by default. */
  readonly beams?: number
  /** α of ((5 + length)/6)^α, by which the logarithm of a probability is divided (Wu et al. 2016); 0.6 by default. */
  readonly lengthPenalty?: number
  /** Steps of each input, where they differ. */
  readonly lengths?: ArrayLike<number>
}

/** A sequence that was found. */
export interface Hypothesis {
  /** Without the end. */
  readonly tokens: readonly number[]
  /** The logarithm of its probability, divided by the length penalty: what it is ranked by. */
  readonly score: number
  /** What each token looked at in the input, `[tokens + end, T]`, where there is attention. */
  readonly attention: Tensor | undefined
}

/** A sequence on the way. */
interface Beam {
  readonly tokens: readonly number[]
  readonly logarithm: number
  /** Its row in the step before. */
  readonly parent: number
  readonly looked: readonly FloatArray[]
}

/**
 * The likeliest outputs that an encoder-decoder of tokens finds for each input, best first: at every step the `beams` likeliest
 * beginnings are kept, until as many have come to the end or the layer's steps are over.
 * @throws InputError when the model is not one `encoderDecoder` layer of tokens with an end
 */
export function beamSearch(model: Model, x: PlainTensor, options: BeamOptions = {}): Hypothesis[][] {
  const { beams = 4, lengthPenalty = 0.6, lengths } = options
  const [layer] = model.layers as readonly EncoderDecoder[]
  if (model.layers.length !== 1 || layer?.config.kind !== 'encoderDecoder' || layer.end === undefined)
    throw new InputError('beamSearch: expected a model of one encoderDecoder layer, which has a start token and an end')
  expectWhole('beamSearch: beams', beams)
  expectShape('x', x, [-1, ...model.inputShape])
  const [batch, steps, ...features] = x.shape as [number, number, ...number[]]
  const width = sizeOf(features)
  return Array.from({ length: batch }, (_, b) => {
    const own = lengths?.[b] ?? steps
    const data = Array.from({ length: own * width }, (_, i) => x.data[b * steps * width + i]!)
    return model.withTape((tape) => {
      const scope: LayerScope = { tape, parameter: (name) => model.parameters.get(`0.${name}`) }
      return searched(layer, tape.input({ data, shape: [1, own, ...features] }), scope, beams, lengthPenalty)
    })
  })
}

function searched(layer: EncoderDecoder, x: Variable, scope: LayerScope, beams: number, alpha: number): Hypothesis[] {
  const { tape } = scope
  const encoded = layer.encode(x, scope)
  const found: Hypothesis[] = []
  const finish = ({ tokens, logarithm, looked }: Beam, length: number) => {
    const attention =
      looked.length > 0 ? { data: joined(looked), shape: [looked.length, looked[0]!.length] } : undefined
    found.push({ tokens, score: logarithm / ((5 + length) / 6) ** alpha, attention })
  }
  let [beamsNow, states]: [Beam[], ReadonlyMap<string, Variable>] = [
    [{ tokens: [], logarithm: 0, parent: 0, looked: [] }],
    encoded.states,
  ]
  for (let step = 0; step < layer.steps && beamsNow.length > 0 && found.length < beams; step++) {
    const rows = beamsNow.map(({ parent }) => parent)
    const same = rows.map(() => 0)
    const from = new Map([...states].map(([name, state]) => [name, picked(tape, state, rows)]))
    const last = beamsNow.map(({ tokens }) => tokens.at(-1) ?? (layer.start as number))
    const input = tape.input({ data: last, shape: [rows.length, 1] })
    const outputs = picked(tape, encoded.outputs, same)
    const run = layer.decode(input, { outputs, lengths: undefined, states: from }, scope)
    states = run.states
    const [scores, weights] = [tape.read(run.y).data, run.weights && tape.read(run.weights).data]
    const [classes, keys] = [scores.length / rows.length, (weights?.length ?? 0) / rows.length]
    const next = beamsNow.flatMap((beam, row) => {
      const looked = weights ? [...beam.looked, weights.slice(row * keys, (row + 1) * keys)] : []
      return Array.from(logSoftmax(scores.subarray(row * classes, (row + 1) * classes)), (value, token): Beam => {
        return { tokens: [...beam.tokens, token], logarithm: beam.logarithm + value, parent: row, looked }
      })
    })
    const best = next.sort((a, b) => b.logarithm - a.logarithm).slice(0, beams)
    for (const beam of best)
      if (beam.tokens.at(-1) === layer.end) finish({ ...beam, tokens: beam.tokens.slice(0, -1) }, step + 1)
    beamsNow = best.filter(({ tokens }) => tokens.at(-1) !== layer.end)
  }
  if (found.length < beams) for (const beam of beamsNow) finish(beam, layer.steps)
  return found.sort((a, b) => b.score - a.score).slice(0, beams)
}

/** Some rows of a variable, in this order. */
function picked(tape: Tape, variable: Variable, rows: readonly number[]): Variable {
  const { data, shape } = tape.read(variable)
  const size = variable.size / shape[0]!
  return tape.filled([rows.length, ...shape.slice(1)], (into) => {
    for (const [i, row] of rows.entries()) into.set(data.subarray(row * size, (row + 1) * size), i * size)
  })
}

function logSoftmax(scores: FloatArray): Float64Array {
  const most = Math.max(...scores)
  let total = 0
  for (const score of scores) total += Math.exp(score - most)
  return Float64Array.from(scores, (score) => score - most - Math.log(total))
}

const joined = (rows: readonly FloatArray[]): Float64Array => Float64Array.from(rows.flatMap((row) => Array.from(row)))
