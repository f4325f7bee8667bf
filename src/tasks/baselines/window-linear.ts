import type { Samples } from '../../base/samples.ts'
import type { WindowedData } from '../../data/index.ts'
import type { Baseline } from './baseline.ts'
import { flatWindows } from './flat-windows.ts'
import { type Affine, answersTo, normalEquations, ridgeRegression, transposed } from './least-squares.ts'

/** Windows fitted on, and numbers of a window, at most. */
const MOST_WINDOWS = 5000
const MOST_INPUTS = 1500
/** Multiplications for the fit, at most, about: a second or two. */
const WORK = 2e9
/** Ridges tried, in mean squares of an input. */
const RIDGES = [1e-6, 1e-4, 1e-2, 1]

/**
 * Least squares from all that is known in a window to its horizon, with an intercept and the ridge that errs least on validation.
 * Of very many training windows it takes some, evenly apart.
 */
export function windowLinear(data: WindowedData): Baseline {
  const name = 'window linear'
  const train = flatWindows(data.train, data)
  const inputs = train.inputShape[1]!
  const { horizon } = data.spec
  if (inputs > MOST_INPUTS)
    return { name, reason: `a window has ${inputs} numbers, more than the ${MOST_INPUTS} that are fitted in seconds` }
  const cost = inputs * (inputs + horizon)
  const { x, y } = sampled(train, Math.min(MOST_WINDOWS, Math.ceil(WORK / cost)))
  const normal = normalEquations(transposed(x, inputs), transposed(y, horizon), y.length / horizon)
  const errorOf = validationError(flatWindows(data.validation, data), Math.ceil(WORK / 4 / (inputs * horizon)))
  let best: { readonly affine: Affine; readonly error: number } | undefined
  for (const ridge of RIDGES) {
    const affine = ridgeRegression(normal, ridge)
    const error = errorOf(affine)
    if (!best || error < best.error) best = { affine, error }
  }
  const { affine } = best!
  return {
    name,
    predict(set, of) {
      const flat = flatWindows(set, of)
      const answers = new Float64Array(set.count * horizon)
      // A few at a time: windows overlap, and side by side they may take far more room than their table.
      for (let from = 0; from < set.count; from += MOST_WINDOWS)
        answers.set(
          answersTo(affine, inputsOf(flat, range(from, Math.min(set.count, from + MOST_WINDOWS)))),
          from * horizon,
        )
      return flat.restore(answers)
    },
  }
}

/** The mean squared error on validation, of some windows at most; 0 where there are none, so that the least ridge is taken. */
function validationError(validation: Samples, most: number): (affine: Affine) => number {
  if (validation.count === 0) return () => 0
  const { x, y } = sampled(validation, Math.min(MOST_WINDOWS, most))
  return (affine) => answersTo(affine, x).reduce((sum, answer, i) => sum + (answer - y[i]!) ** 2, 0) / y.length
}

/** Inputs and targets of so many samples at most, evenly apart. */
function sampled(samples: Samples, most: number): { x: Float64Array; y: Float64Array } {
  const count = Math.min(samples.count, most)
  const rows = range(0, count).map((i) => Math.floor((i * samples.count) / count))
  const y = new Float64Array(count * samples.targetShape[0]!)
  samples.fillTargets(rows, y)
  return { x: inputsOf(samples, rows), y }
}

function inputsOf(samples: Samples, rows: ArrayLike<number>): Float64Array {
  const x = new Float64Array(rows.length * samples.inputShape[1]!)
  samples.fillInputs(rows, x)
  return x
}

const range = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i)
