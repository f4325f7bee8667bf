import { leaf } from '../expr/index.ts'
import type { Address, PointwiseProgram } from '../kernels/index.ts'
import type { Model } from '../layers/index.ts'
import type { Stretches } from './stretches.ts'

const [mean, weight, share] = [leaf('mean'), leaf('weight'), leaf('share')]
const program: PointwiseProgram = {
  inputs: ['mean', 'weight'],
  scalars: ['share'],
  outputs: [{ expr: mean.add(share.mul(weight.sub(mean))) }],
}

/** An exponential moving average of the weights (Polyak & Juditsky 1992): a ← d·a + (1-d)·w, where a begins as the first weights. */
export function average({ kernels, parameters }: Model, stretches: Stretches, at: Address, decay: number): void {
  const run = kernels.pointwise(program)
  stretches.each((first, length) => {
    const [mean, weight] = [at, parameters.at].map((from) => ({ at: from + first, rowStride: length }))
    run(1, length, [mean!, weight!, mean!], [1 - decay])
  })
}
