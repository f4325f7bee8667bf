import { expect } from 'vitest'
import type { Samples } from '../../src/base/samples.ts'
import {
  type Divergence,
  DivergenceError,
  type FitOptions,
  InputError,
  type Model,
  samplesFrom,
} from '../../src/index.ts'
import { epochsOf, weightsOf } from './samples.ts'

export const tiers = ['reference', 'simd'] as const

/** Samples with one feature a step and one target. */
export const plain = (
  inputs: readonly (readonly number[])[],
  targets: readonly number[],
  lengths?: readonly number[],
) =>
  samplesFrom({
    inputs: { data: inputs.flat(), shape: [inputs.length, inputs[0]!.length, 1] },
    targets: { data: targets, shape: [targets.length, 1] },
    ...(lengths ? { lengths } : {}),
  })

/** How a training ends that has to fail in its first step: with the weights it began with. */
export async function failure(
  model: Model,
  train: Samples,
  options: Partial<FitOptions> = {},
): Promise<DivergenceError> {
  const before = weightsOf(model)
  const error: unknown = await epochsOf(model, { train }, { epochs: 1, shuffle: false, ...options }).catch((e) => e)
  if (!(error instanceof DivergenceError)) throw new Error(`expected a DivergenceError, got ${error}`)
  expect(error).toBeInstanceOf(InputError)
  expect([error.epoch, error.step]).toEqual([1, 1])
  expect(weightsOf(model)).toEqual(before)
  return error
}

export const where = async (...given: Parameters<typeof failure>): Promise<Divergence> =>
  (await failure(...given)).where!

/** Puts numbers in some parameters: one for all of a parameter, or each. */
export function put(model: Model, values: Readonly<Record<string, readonly number[] | number>>): Model {
  for (const [name, value] of Object.entries(values)) {
    const { at, size } = model.parameters.get(name)
    model.kernels.memory.view(at, size).set(typeof value === 'number' ? new Array(size).fill(value) : value)
  }
  return model
}
