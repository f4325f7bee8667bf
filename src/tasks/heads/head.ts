import type { Loss } from '../../autograd/index.ts'
import type { Random } from '../../base/random.ts'

/** What is said of one number to come. */
export interface Distribution {
  readonly mean: number
  quantile(p: number): number
  sample(random: Random): number
  logDensity(y: number): number
  crps(y: number): number
}

export interface Head {
  readonly name: string
  readonly outputs: number
  readonly loss: Loss
  readonly scaling: 'any' | 'ratio' | 'none'
  bias?(targets: Float64Array): readonly number[]
  distribution(outputs: ArrayLike<number>, at: number, shift: number, scale: number): Distribution
}

export interface HeadOptions {
  readonly head: string
  readonly loss: 'mse' | 'mae' | 'huber'
}
