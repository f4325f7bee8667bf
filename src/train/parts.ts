import type { FloatArray, Samples } from '../base/samples.ts'
import { type Shape, sizeOf } from '../base/shape.ts'

/** A batch of samples, or some steps of them. */
export interface Part {
  /** How many samples. */
  readonly count: number
  /** Their numbers, and which of their steps is the first. */
  readonly rows: ArrayLike<number>
  readonly from: number
  readonly inputShape: Shape
  readonly targetShape: Shape
  readonly lengths?: Int32Array | undefined
  /** How much each sample counts; all 1 where absent. */
  readonly weights?: Float64Array | undefined
  fillInputs(into: FloatArray): void
  fillTargets(into: FloatArray): void
}

/** The shape of a sample's inputs in the largest part. */
export const partShape = ([steps, ...features]: Shape, window = steps!): Shape => [
  Math.min(steps!, window),
  ...features,
]

/** A batch as a whole, or cut into windows of so many steps, first to last; none where nothing is left to read. */
export function* partsOf(
  samples: Samples,
  rows: ArrayLike<number>,
  window: number | undefined,
  weightsOf?: ArrayLike<number>,
): Generator<Part, undefined, undefined> {
  const { inputShape, targetShape } = samples
  const count = rows.length
  const lengths = samples.lengths?.(rows)
  const weights = weightsOf && Float64Array.from(rows, (row) => weightsOf[row]!)
  const steps = inputShape[0]!
  if (window === undefined || window >= steps) {
    yield {
      ...{ count, rows, from: 0 },
      inputShape,
      targetShape,
      lengths,
      weights,
      fillInputs: (into) => samples.fillInputs(rows, into),
      fillTargets: (into) => samples.fillTargets(rows, into),
    }
    return
  }
  const whole = (shape: Shape, fill: (into: FloatArray) => void) => {
    const data = new Float64Array(count * sizeOf(shape))
    fill(data)
    return data
  }
  const inputs = whole(inputShape, (into) => samples.fillInputs(rows, into))
  const targets = whole(targetShape, (into) => samples.fillTargets(rows, into))
  for (let from = 0; from < steps; from += window) {
    const length = Math.min(window, steps - from)
    const own = lengths?.map((total) => Math.max(0, Math.min(length, total - from)))
    if (own && !own.some((left) => left > 0)) return
    const cut = (data: FloatArray, width: number) => (into: FloatArray) => {
      for (let r = 0; r < count; r++)
        into.set(data.subarray((r * steps + from) * width, (r * steps + from + length) * width), r * length * width)
    }
    yield {
      ...{ count, rows, from },
      inputShape: [length, ...inputShape.slice(1)],
      targetShape: [length, ...targetShape.slice(1)],
      lengths: own,
      weights,
      fillInputs: cut(inputs, sizeOf(inputShape.slice(1))),
      fillTargets: cut(targets, sizeOf(targetShape.slice(1))),
    }
  }
}
