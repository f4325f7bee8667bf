import { Random } from '../../src/base/random.ts'
import type { Samples } from '../../src/base/samples.ts'
import { type Shape, sizeOf } from '../../src/base/shape.ts'
import { type Epoch, type FitOptions, fit } from '../../src/index.ts'
import type { Model } from '../../src/layers/index.ts'

/** Samples over plain rows, in units of their own choosing. */
export function samplesOf(
  inputs: readonly (readonly number[])[],
  targets: readonly (readonly number[])[],
  inputShape: Shape = [inputs[0]!.length, 1],
): Samples {
  const copy = (from: readonly (readonly number[])[]) => (rows: ArrayLike<number>, into: { set(v: number[]): void }) =>
    into.set(Array.from(rows, (row) => from[row]!).flat())
  return {
    count: inputs.length,
    inputShape,
    targetShape: [targets[0]?.length ?? 1],
    fillInputs: copy(inputs),
    fillTargets: copy(targets),
    restore: (outputs) => Float64Array.from(outputs),
  }
}

/** Numbers that float32 holds exactly, uniform in (-1, 1). */
export const numbers = (random: Random, count: number): number[] =>
  Array.from({ length: count }, () => Math.fround(random.between(-1, 1)))

/** `count` sequences whose target is a weighted sum of their steps. */
export function sums(count: number, steps = 4, features = 1, seed = 1): Samples {
  const random = new Random(seed, 'sums')
  const weights = numbers(random, sizeOf([steps, features]))
  const inputs = Array.from({ length: count }, () => numbers(random, weights.length))
  const targets = inputs.map((x) => [Math.fround(x.reduce((sum, value, i) => sum + value * weights[i]!, 0.25))])
  return samplesOf(inputs, targets, [steps, features])
}

/** Every epoch of a training run. */
export async function epochsOf(
  model: Model,
  data: { train: Samples; validation?: Samples },
  options: FitOptions,
): Promise<Epoch[]> {
  const epochs: Epoch[] = []
  for await (const epoch of fit(model, data, options)) epochs.push(epoch)
  return epochs
}

/** The model's weights as its kernels hold them: float64 in the reference. */
export const weightsOf = ({ kernels, parameters }: Model): number[] =>
  Array.from(kernels.memory.view(parameters.at, parameters.length))
