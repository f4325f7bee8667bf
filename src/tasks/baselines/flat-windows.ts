import type { FloatArray, Samples } from '../../base/samples.ts'
import { featuresOf, type WindowedData, type WindowSet } from '../../data/index.ts'

/**
 * Windows with all that is known when the forecast is made side by side, `[1, numbers]`: the rows of the past, and of those ahead
 * what is known ahead.
 */
export function flatWindows(set: WindowSet, { spec }: Pick<WindowedData, 'spec'>): Samples {
  const [steps, features] = set.inputShape
  const { inputs, future, past } = spec
  const pastOnly = inputs.filter((column) => !future.includes(column)).length
  // Without the mark of rows ahead.
  const known = featuresOf({ ...spec, reads: 'past' })
  const kept = Int32Array.from(
    Array.from({ length: steps * features }, (_, i) => i).filter((i) => {
      const [step, feature] = [Math.floor(i / features), i % features]
      return feature < known && (step < past || feature >= pastOnly)
    }),
  )
  const width = kept.length
  return {
    count: set.count,
    inputShape: [1, width],
    targetShape: [spec.horizon],
    fillInputs(rows: ArrayLike<number>, into: FloatArray) {
      const whole = new Float64Array(rows.length * steps * features)
      set.fillInputs(rows, whole)
      for (let r = 0; r < rows.length; r++)
        for (let j = 0; j < width; j++) into[r * width + j] = whole[r * steps * features + kept[j]!]!
    },
    fillTargets: (rows, into) => set.fillTargets(rows, into),
    restore: (outputs) => set.restore(outputs),
    describe: (i) => set.describe(i),
  }
}
