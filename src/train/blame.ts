import type { Found, Loss, Variable } from '../autograd/index.ts'
import { WatchingTape } from '../autograd/watching-tape.ts'
import { InputError } from '../base/errors.ts'
import type { Random } from '../base/random.ts'
import type { FloatArray } from '../base/samples.ts'
import type { Shape } from '../base/shape.ts'
import type { Model } from '../layers/index.ts'
import type { Tensor } from '../recurrence/index.ts'
import {
  blankOut,
  type Counts,
  type Finding,
  inNumbers,
  inParameters,
  inStates,
  LOSS,
  numbersOf,
  stepsThatCount,
  targetsThatCount,
  wrong,
} from './given.ts'
import type { Part } from './parts.ts'

/** What takes the place of the loss and the tape while somebody watches. */
export interface Watched {
  readonly loss: Loss
  tape(part: Part, random: Random): WatchingTape
}

/** Goes through a step's batches. */
type GoThrough = (parts: readonly (Part | undefined)[], watched: Watched) => void

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
  const { step } = found
  const parameter = into && nameOf(model, into)
  return {
    ...found,
    ...(step === undefined ? {} : { step: part.from + step }),
    phase: phase === 'forward' && layer === LOSS ? 'loss' : phase,
    ...(layer === undefined ? {} : { layer }),
    ...(of ? { [of.kind]: of.name } : {}),
    ...(parameter === undefined ? {} : { parameter }),
    samples: numbersOf(part, samples.length === 0 ? undefined : samples),
  }
}

const nameOf = ({ parameters }: Model, variable: Variable): string | undefined =>
  parameters.names.find((name) => parameters.get(name) === variable)
