import { InputError } from '../base/errors.ts'
import type { FloatArray, Samples } from '../base/samples.ts'
import { expectWhole, type PlainTensor, showShape, sizeOf } from '../base/shape.ts'

/** Plain arrays, a sample each along the first dimension. */
export interface PlainSamples {
  /** `[count, T, F]`, or `[count, T]` for token ids. */
  readonly inputs: PlainTensor
  /** `[count, …]`: of the shape of the model's outputs, or class indices for `crossEntropy`. */
  readonly targets: PlainTensor
  /** Steps of each sample, all T where absent. What stands behind them is never looked at, in outputs of every step too. */
  readonly lengths?: ArrayLike<number>
}

/**
 * Samples over plain arrays, which are read as they are and not copied.
 * @throws InputError when the counts differ, a tensor has not as many numbers as its shape, or a length is out of its range
 */
export function samplesFrom({ inputs, targets, lengths }: PlainSamples): Samples {
  for (const [what, { data, shape }] of Object.entries({ inputs, targets })) {
    if (shape.length === 0) throw new InputError(`samplesFrom: ${what}: expected a shape [count, …], got []`)
    if (data.length !== sizeOf(shape))
      throw new InputError(
        `samplesFrom: ${what}: shape ${showShape(shape)} needs ${sizeOf(shape)} numbers, got ${data.length}`,
      )
  }
  const [count, steps] = inputs.shape as [number, number]
  const countOf = (what: string, given: number) => {
    if (given !== count)
      throw new InputError(`samplesFrom: expected ${what} for each of the ${count} inputs, got ${given}`)
  }
  countOf('a target', targets.shape[0]!)
  if (lengths) {
    countOf('a length', lengths.length)
    for (let i = 0; i < count; i++) expectWhole(`samplesFrom: length ${i}`, lengths[i]!, 0, steps)
  }
  return {
    count,
    inputShape: inputs.shape.slice(1),
    targetShape: targets.shape.slice(1),
    fillInputs: (rows, into) => copyRows(inputs, rows, into),
    fillTargets: (rows, into) => copyRows(targets, rows, into),
    restore: (outputs) => Float64Array.from(outputs),
    ...(lengths ? { lengths: (rows: ArrayLike<number>) => Int32Array.from(rows, (row) => lengths[row]!) } : {}),
  }
}

function copyRows({ data, shape }: PlainTensor, rows: ArrayLike<number>, into: FloatArray): void {
  const size = sizeOf(shape.slice(1))
  for (let r = 0; r < rows.length; r++) for (let i = 0; i < size; i++) into[r * size + i] = data[rows[r]! * size + i]!
}
