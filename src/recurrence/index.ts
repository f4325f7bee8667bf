export { unroll } from './unroll.ts'
export type { UnrollInput } from './unroll-input.ts'
export type { Tensor, UnrollAdjoints, UnrollResult } from './unroll-result.ts'
export { type WeightSpec, weightSpecs } from './weights.ts'
