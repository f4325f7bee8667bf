import { Random } from '../base/random.ts'
import { restoredOne, type Units, type WindowSet } from '../data/index.ts'
import { type Model, Stream } from '../layers/index.ts'
import { type Distribution, empirical, type Head, inUnits, pooled } from './heads/index.ts'

/** What a model says of the targets of some windows, in the table's own units. */
export interface Prediction {
  readonly count: number
  readonly horizon: number
  /** Mean of each target `[count · horizon]`. */
  readonly means: Float64Array
  /** What it says of one: window and row ahead, both from 0. */
  at(window: number, ahead: number): Distribution
  /** The same in scaled units, which `units` of the window take to the table's own. */
  scaled(window: number, ahead: number): Distribution
  units(window: number): Units
  /** A course that the rows ahead of a window may take, `[horizon]`. */
  path(window: number, random: Random): Float64Array
}

/** What recursive forecasts of more than a row are drawn by. */
export interface Drawing {
  readonly paths: number
  readonly seed: number
}

const asScaled = { shift: 0, scale: 1 }

const drawing: Drawing = { paths: 100, seed: 0 }

/** Sessions of a stream at once. */
const AT_ONCE = 256

/** What a model says of windows all of whose rows ahead it answers at once. */
export function predictDirect(model: Model, set: WindowSet, head: Head): Prediction {
  const { count } = set
  const { data, shape } = model.outputs(set.stepwise)
  const [answers, outputs] = [shape[1]!, shape[2]!]
  const horizon = set.targetShape[0]!
  const said = (window: number, ahead: number, { shift, scale }: Pick<Units, 'shift' | 'scale'>) =>
    head.distribution(data, (window * answers + answers - horizon + ahead) * outputs, shift, scale)
  const at = (window: number, ahead: number) => inUnits((units) => said(window, ahead, units), set.units(window))
  return {
    ...{ count, horizon, at },
    scaled: (window, ahead) => said(window, ahead, asScaled),
    units: (window) => set.units(window),
    means: meansOf(count, horizon, at),
    path: (window, random) => Float64Array.from({ length: horizon }, (_, ahead) => at(window, ahead).sample(random)),
  }
}

/**
 * What a model says of windows a row at a time, each answer read as the next row: the mean of a head without a distribution, one
 * drawn from it otherwise, along many paths.
 */
export function predictRecursive(
  model: Model,
  set: WindowSet,
  head: Head,
  { paths, seed }: Drawing = drawing,
): Prediction {
  const { count } = set
  const horizon = set.targetShape[0]!
  if (horizon === 1) return predictDirect(model, set, head)
  const drawn = head.name === 'point' ? 1 : paths
  const random = new Random(seed, 'paths')
  /** Scaled, `[count, drawn, horizon]`. */
  const values = new Float64Array(count * drawn * horizon)
  const windowsAtOnce = Math.max(1, Math.floor(AT_ONCE / drawn))
  for (let from = 0; from < count; from += windowsAtOnce) {
    const windows = Array.from({ length: Math.min(windowsAtOnce, count - from) }, (_, i) => from + i)
    roll(model, set, head, windows, drawn, random, values.subarray(from * drawn * horizon))
  }
  const units = Array.from({ length: count }, (_, i) => set.units(i))
  const own = (window: number, path: number, ahead: number, by: Units = units[window]!) =>
    restoredOne(by, values[(window * drawn + path) * horizon + ahead]!)
  const all = (window: number, ahead: number, by?: Units) =>
    empirical(Float64Array.from({ length: drawn }, (_, path) => own(window, path, ahead, by)))
  const at = (window: number, ahead: number) => all(window, ahead)
  return {
    ...{ count, horizon, at },
    scaled: (window, ahead) => all(window, ahead, asScaled),
    units: (window) => units[window]!,
    means: meansOf(count, horizon, at),
    path(window, random) {
      const path = random.below(drawn)
      return Float64Array.from({ length: horizon }, (_, ahead) => own(window, path, ahead))
    },
  }
}

/** Goes on from the pasts of some windows, several paths each, and writes each step's scaled value into `[windows, drawn, horizon]`. */
function roll(
  { layers, architecture, inputShape, parameters, kernels }: Model,
  set: WindowSet,
  head: Head,
  windows: readonly number[],
  drawn: number,
  random: Random,
  into: Float64Array,
): void {
  const [steps, features] = set.inputShape
  const horizon = set.targetShape[0]!
  const past = steps - horizon + 1
  const target = set.targetFeature
  const x = new Float64Array(windows.length * steps * features)
  set.fillInputs(windows, x)
  const sessions = windows.length * drawn
  // Which step comes last is for whole sequences alone to know.
  const stepping = { layers: layers.slice(0, -1), architecture, inputShape, parameters, kernels }
  const stream = new Stream(stepping, { sessions })
  const rows = new Float64Array(sessions * features)
  const row = (step: number, session: number) => {
    const at = (Math.floor(session / drawn) * steps + step) * features
    return x.subarray(at, at + features)
  }
  let y: ArrayLike<number> = []
  for (let step = 0; step < steps; step++) {
    for (let session = 0; session < sessions; session++) {
      rows.set(row(step, session), session * features)
      if (step >= past) {
        const answer = into[session * horizon + step - past]!
        rows[session * features + target] = set.asInput(windows[Math.floor(session / drawn)]!, answer)
      }
    }
    y = stream.push(rows)
    if (step < past - 1) continue
    for (let session = 0; session < sessions; session++) {
      const said = head.distribution(y, session * head.outputs, 0, 1)
      into[session * horizon + step - past + 1] = drawn === 1 ? said.mean : said.sample(random)
    }
  }
}

/** What several models say together. */
export function pooledPrediction(members: readonly Prediction[]): Prediction {
  const [first] = members
  if (members.length === 1) return first!
  const { count, horizon } = first!
  return {
    ...{ count, horizon },
    means: first!.means.map((_, i) => members.reduce((sum, { means }) => sum + means[i]!, 0) / members.length),
    at: (window, ahead) => pooled(members.map((member) => member.at(window, ahead))),
    scaled: (window, ahead) => pooled(members.map((member) => member.scaled(window, ahead))),
    units: (window) => first!.units(window),
    path: (window, random) => members[random.below(members.length)]!.path(window, random),
  }
}

function meansOf(count: number, horizon: number, at: Prediction['at']): Float64Array {
  return Float64Array.from({ length: count * horizon }, (_, i) => at(Math.floor(i / horizon), i % horizon).mean)
}
