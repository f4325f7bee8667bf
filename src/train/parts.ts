import type { FloatArray, Samples } from '../base/samples.ts'
import { type Shape, sizeOf } from '../base/shape.ts'

/** A batch of samples, or some steps of them. */
export interface Part {
  readonly inputShape: Shape
  readonly targetShape: Shape
  readonly lengths?: Int32Array | undefined
  fillInputs(into: FloatArray): void
  fillTargets(into: FloatArray): void
}

/** The shape of a sample's inputs in the largest part. */
export const partShape = ([steps, ...features]: Shape, window = steps!): Shape => [
  Math.min(steps!, window),
  ...features,
]

/** A batch as a whole, or cut into windows of so many steps, first to last; none where nothing is left to read. */
export function* partsOf(samples: Samples, rows: ArrayLike<number>, window: number | undefined): Generator<Part> {
  const { inputShape, targetShape } = samples
  const lengths = samples.lengths?.(rows)
  const steps = inputShape[0]!
  if (window === undefined || window >= steps) {
    yield {
      inputShape,
      targetShape,
      lengths,
      fillInputs: (into) => samples.fillInputs(rows, into),
      fillTargets: (into) => samples.fillTargets(rows, into),
    }
    return
  }
  const whole = (shape: Shape, fill: (into: FloatArray) => void) => {
    const data = new Float64Array(rows.length * sizeOf(shape))
    fill(data)
    return data
  }
  const inputs = whole(inputShape, (into) => samples.fillInputs(rows, into))
  const targets = whole(targetShape, (into) => samples.fillTargets(rows, into))
  for (let from = 0; from < steps; from += window) {
    const count = Math.min(window, steps - from)
    const own = lengths?.map((length) => Math.max(0, Math.min(count, length - from)))
    if (own && !own.some((length) => length > 0)) return
    const cut = (data: FloatArray, width: number) => (into: FloatArray) => {
      for (let r = 0; r < rows.length; r++)
        into.set(data.subarray((r * steps + from) * width, (r * steps + from + count) * width), r * count * width)
    }
    yield {
      inputShape: [count, ...inputShape.slice(1)],
      targetShape: [count, ...targetShape.slice(1)],
      lengths: own,
      fillInputs: cut(inputs, sizeOf(inputShape.slice(1))),
      fillTargets: cut(targets, sizeOf(targetShape.slice(1))),
    }
  }
}
