import type { PlainTensor, Shape } from './shape.ts'

/** Numbers a model reads and writes: float32 in the kernels, float64 in the oracle. */
export type FloatArray = Float32Array | Float64Array

/** What a model trains on and predicts from: numbered samples, copied out a batch at a time, already scaled. */
export interface Samples {
  readonly count: number
  /** Shape of one sample's input: `[steps, features]`, or `[steps]` of token ids. */
  readonly inputShape: Shape
  /** Shape of one sample's target, for example `[horizon]`; class indices lack the outputs' last dimension. */
  readonly targetShape: Shape
  /** Copies the inputs of the samples `rows` into `into`, one after another. */
  fillInputs(rows: ArrayLike<number>, into: FloatArray): void
  /** Copies the targets of the samples `rows` into `into`, one after another. */
  fillTargets(rows: ArrayLike<number>, into: FloatArray): void
  /** Model outputs `[n, …]` back in the data's own units. */
  restore(outputs: ArrayLike<number>): Float64Array
  /** Each sample's own number of steps, where samples differ. Targets of steps behind it do not count in a loss. */
  lengths?(rows: ArrayLike<number>): Int32Array
  /** Where a sample comes from, for messages: the rows of a table, for example. */
  describe?(sample: number): string
}

/** One sample, to look at. */
export interface Sample {
  /** Scaled input, for example `[past, features]`. */
  readonly x: PlainTensor
  /** Scaled target, for example `[horizon]`. */
  readonly y: PlainTensor
}
