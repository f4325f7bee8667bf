import type { Found } from '../autograd/index.ts'
import type { FloatArray } from '../base/samples.ts'
import { placeOf, type Shape, sizeOf } from '../base/shape.ts'
import type { Model } from '../layers/index.ts'
import type { Tensor } from '../recurrence/index.ts'
import type { Part } from './parts.ts'

/** What a training step was given, or computed, that was the first not to be finite. */
export interface Finding extends Pick<Found, 'layer' | 'cell' | 'op' | 'step' | 'value'> {
  /** What was wrong before anything was computed, the way through the layers, the loss, or the way back. */
  readonly phase: 'inputs' | 'targets' | 'states' | 'parameters' | 'forward' | 'loss' | 'backward'
  /** Of a cell: forwards its output, backwards the derivative by what it is given. */
  readonly gate?: string
  readonly state?: string
  /** Counted from 0, as time steps are. */
  readonly feature?: number
  /** By name: the one that was wrong, or whose gradient was. */
  readonly parameter?: string
  /** Their numbers; all of the batch where none stands out. */
  readonly samples: readonly number[]
}

/** What stands for the loss among layers. */
export const LOSS = 'the loss'

export const wrong = (value: number): boolean => !Number.isFinite(value)

/** The numbers of some samples of a batch, or of all of them. */
export const numbersOf = ({ rows }: Part, samples: readonly number[] = Array.from(rows, (_, b) => b)): number[] =>
  samples.map((b) => rows[b]!).sort((a, b) => a - b)

export function inParameters({ parameters, kernels: { memory } }: Model): Finding | undefined {
  for (const parameter of parameters.names) {
    const { at, size } = parameters.get(parameter)
    const value = memory.view(at, size).find(wrong)
    if (value !== undefined) return { phase: 'parameters', parameter, samples: [], value }
  }
  return undefined
}

export function inStates(
  parts: readonly (Part | undefined)[],
  carried: readonly ReadonlyMap<string, Tensor>[],
): Finding | undefined {
  for (const [i, states] of carried.entries())
    for (const [name, { data, shape }] of states) {
      const part = parts[i]
      const first = data.findIndex(wrong)
      if (!part || first < 0) continue
      const samples = numbersOf(part, samplesIn(data, data.length / shape[0]!))
      return { phase: 'states', state: name, samples, value: data[first]! }
    }
  return undefined
}

/** The first place of a sample's numbers at which some sample has one that is not finite. */
export function inNumbers(
  phase: 'inputs' | 'targets',
  data: FloatArray,
  shape: Shape,
  part: Part,
): Finding | undefined {
  const each = sizeOf(shape)
  const column = (at: number) => Array.from({ length: part.count }, (_, b) => data[b * each + at]!)
  const at = Array.from({ length: each }, (_, i) => i).findIndex((i) => column(i).some(wrong))
  if (at < 0) return undefined
  const [step, feature] = placeOf(at, shape)
  const place = phase === 'targets' ? {} : { step: part.from + step!, ...(feature === undefined ? {} : { feature }) }
  return { phase, ...place, samples: numbersOf(part, samplesIn(column(at), 1)), value: column(at).find(wrong)! }
}

/** The samples, of so many numbers each, with one that is not finite. */
const samplesIn = (data: ArrayLike<number>, each: number): number[] => [
  ...new Set(Array.from(data).flatMap((value, i) => (wrong(value) ? [Math.floor(i / each)] : []))),
]

/** How many of a sample's steps count; all where nothing is told. */
export type Counts = (sample: number) => number | undefined

export const stepsThatCount =
  (lengths: ArrayLike<number> | undefined): Counts =>
  (sample) =>
    lengths?.[sample]

/** Of targets that are held against outputs of every step those within the lengths; none of a sample that weighs nothing. */
export function targetsThatCount(model: Model, { lengths, weights }: Part): Counts {
  const left = model.outputShape.length === 2 ? model.lengthsAfter(lengths) : undefined
  return (sample) => (weights?.[sample] === 0 ? 0 : left?.[sample])
}

export function blankOut(data: FloatArray, [steps = 1, ...rest]: Shape, count: number, counts: Counts): void {
  const width = sizeOf(rest)
  for (let b = 0; b < count; b++)
    data.fill(0, (b * steps + Math.min(steps, counts(b) ?? steps)) * width, (b + 1) * steps * width)
}
