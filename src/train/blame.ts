import { type Found, type Loss, type Variable, WatchingTape } from '../autograd/index.ts'
import { InputError } from '../base/errors.ts'
import type { Random } from '../base/random.ts'
import type { FloatArray } from '../base/samples.ts'
import { placeOf, type Shape, sizeOf } from '../base/shape.ts'
import type { Model } from '../layers/index.ts'
import type { Tensor } from '../recurrence/index.ts'
import type { Part } from './parts.ts'

/** What a training step was given, or computed, that was the first not to be finite. */
export interface Finding extends Pick<Found, 'layer' | 'cell' | 'op' | 'step' | 'steps' | 'value'> {
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

/** What takes the place of the loss and the tape while somebody watches. */
export interface Watched {
  readonly loss: Loss
  tape(part: Part, random: Random): WatchingTape
}

/** Goes through a step's batches. */
type GoThrough = (parts: readonly (Part | undefined)[], watched: Watched) => void

/** What stands for the loss among layers. */
export const LOSS = 'the loss'

const wrong = (value: number) => !Number.isFinite(value)

/**
 * Looks for the first number of a step that is not finite. Padding is blank at first, so that only what counts can be found; then
 * as it is, for models that read it; at last, numbers are looked for that are finite but too large to be squared for a norm.
 * @param goThrough takes the step again, from the same weights, states and chance
 */
export function blame(
  model: Model,
  { loss }: { readonly loss: Loss },
  parts: readonly (Part | undefined)[],
  carried: readonly ReadonlyMap<string, Tensor>[],
  goThrough: GoThrough,
): Finding | undefined {
  const given = inParameters(model) ?? inStates(parts, carried)
  if (given) return given
  const largest = model.kernels.tier === 'reference' ? Number.MAX_VALUE : 2 ** 128
  const squarable = Math.sqrt(largest / model.size)
  try {
    return (
      watch(model, loss, parts, goThrough, { blank: true }) ??
      watch(model, loss, parts, goThrough, { blank: false }) ??
      watch(model, loss, parts, goThrough, { blank: true, most: squarable })
    )
  } catch (error) {
    // Watching takes more room than the step did.
    if (error instanceof InputError) return undefined
    throw error
  }
}

function watch(
  model: Model,
  loss: Loss,
  parts: readonly (Part | undefined)[],
  goThrough: GoThrough,
  { blank, most }: { readonly blank: boolean; readonly most?: number },
): Finding | undefined {
  let inData: Finding | undefined
  const tapes: { readonly part: Part; readonly tape: WatchingTape }[] = []
  const looked = parts.map((part): Part | undefined => {
    if (!part) return undefined
    const fills = (phase: 'inputs' | 'targets', fill: (into: FloatArray) => void, shape: Shape, counts: Counts) => {
      return (into: FloatArray) => {
        fill(into)
        if (blank) blankOut(into, shape, part.count, counts)
        inData ??= inNumbers(phase, into, shape, part)
      }
    }
    return {
      ...part,
      fillInputs: fills('inputs', (into) => part.fillInputs(into), part.inputShape, stepsThatCount(part.lengths)),
      fillTargets: fills('targets', (into) => part.fillTargets(into), part.targetShape, targetsThatCount(model, part)),
    }
  })
  let tape: WatchingTape
  const tapeOf = (part: Part, random: Random) => {
    tape = new WatchingTape(model.kernels, random, part.count, most)
    tapes.push({ part, tape })
    return tape
  }
  goThrough(looked, { loss: { ...loss, run: watchedLoss(loss, () => tape) }, tape: tapeOf })
  if (inData) return inData
  const first = tapes.find(({ tape }) => tape.found)
  return first && findingOf(model, first.tape.found!, first.part)
}

/** A loss among the layers; of one that came to no number, each sample's own is looked at. */
const watchedLoss =
  (loss: Loss, tapeOf: () => WatchingTape): Loss['run'] =>
  (_, prediction, target, lengths, weights) => {
    const tape = tapeOf()
    const run = (weights: ArrayLike<number> | undefined) => loss.run(tape, prediction, target, lengths, weights)
    return tape.within({ layer: LOSS }, () => {
      const before = tape.found
      const mean = run(weights)
      const { found } = tape
      if (before || !found || found.samples.length > 0) return mean
      const all = Array.from({ length: prediction.shape[0]! }, (_, b) => b)
      const samples = all.filter((b) => {
        if (weights?.[b] === 0) return false
        return wrong(tape.read(run(all.map((other) => Number(other === b)))).data[0]!)
      })
      tape.found = { ...found, samples: samples.length > 0 ? samples : all }
      return mean
    })
  }

function findingOf(model: Model, { phase, layer, part: of, into, samples, ...found }: Found, part: Part): Finding {
  const { step, steps } = found
  const parameter = into && nameOf(model, into)
  return {
    ...found,
    ...(step === undefined ? {} : { step: part.from + step, steps: part.from + steps! }),
    phase: phase === 'forward' && layer === LOSS ? 'loss' : phase,
    ...(layer === undefined ? {} : { layer }),
    ...(of ? { [of.kind]: of.name } : {}),
    ...(parameter === undefined ? {} : { parameter }),
    samples: numbersOf(part, samples.length === 0 ? undefined : samples),
  }
}

/** The numbers of some samples of a batch, or of all of them. */
const numbersOf = ({ rows }: Part, samples: readonly number[] = Array.from(rows, (_, b) => b)): number[] =>
  samples.map((b) => rows[b]!).sort((a, b) => a - b)

const nameOf = ({ parameters }: Model, variable: Variable): string | undefined =>
  parameters.names.find((name) => parameters.get(name) === variable)

function inParameters({ parameters, kernels: { memory } }: Model): Finding | undefined {
  for (const parameter of parameters.names) {
    const { at, size } = parameters.get(parameter)
    const value = memory.view(at, size).find(wrong)
    if (value !== undefined) return { phase: 'parameters', parameter, samples: [], value }
  }
  return undefined
}

function inStates(
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

function inNumbers(phase: 'inputs' | 'targets', data: FloatArray, shape: Shape, part: Part): Finding | undefined {
  const first = data.findIndex(wrong)
  if (first < 0) return undefined
  const place = placeOf(first, [part.count, ...shape])
  const timed = phase === 'inputs' ? { step: part.from + place[1]!, steps: part.from + shape[0]! } : {}
  const featured = shape.length === 2 ? { feature: place[2]! } : {}
  const samples = numbersOf(part, samplesIn(data, sizeOf(shape)))
  return { phase, ...timed, ...(phase === 'inputs' ? featured : {}), samples, value: data[first]! }
}

/** The samples, of so many numbers each, with one that is not finite. */
const samplesIn = (data: FloatArray, each: number): number[] => [
  ...new Set(Array.from(data).flatMap((value, i) => (wrong(value) ? [Math.floor(i / each)] : []))),
]

/** How many of a sample's steps count; all where nothing is told. */
type Counts = (sample: number) => number | undefined

const stepsThatCount =
  (lengths: ArrayLike<number> | undefined): Counts =>
  (sample) =>
    lengths?.[sample]

/** Of targets that are held against outputs of every step those within the lengths; none of a sample that weighs nothing. */
function targetsThatCount(model: Model, { lengths, weights }: Part): Counts {
  const left = model.outputShape.length === 2 ? model.lengthsAfter(lengths) : undefined
  return (sample) => (weights?.[sample] === 0 ? 0 : left?.[sample])
}

function blankOut(data: FloatArray, [steps = 1, ...rest]: Shape, count: number, counts: Counts): void {
  const width = sizeOf(rest)
  for (let b = 0; b < count; b++)
    data.fill(0, (b * steps + Math.min(steps, counts(b) ?? steps)) * width, (b + 1) * steps * width)
}
