import { expectOneOf } from '../../base/errors.ts'
import { bernoulli } from './bernoulli.ts'
import { gaussian } from './gaussian.ts'
import type { Head } from './head.ts'
import { mixture } from './mixture.ts'
import { negativeBinomial } from './negative-binomial.ts'
import { type PointLoss, point } from './point.ts'
import { quantiles } from './quantiles.ts'
import { studentT } from './student-t.ts'

export { event } from './bernoulli.ts'
export type { Distribution } from './distribution.ts'
export type { Head } from './head.ts'
export { type PointLoss, pointAt } from './point.ts'
export { pooled } from './pooled.ts'
export { startNear } from './start.ts'
export { empirical, inUnits } from './units.ts'

/** Which head, with what only some of them take; plain JSON. */
export interface HeadOptions {
  readonly head: Head['name']
  /** Of `point`: what is brought down; `mse` where not given. */
  readonly loss?: PointLoss | undefined
  /** Of `quantiles`: which ones, between 0 and 1. */
  readonly levels?: readonly number[] | undefined
  /** Of `mixture`: how many distributions; 8 where not given. */
  readonly components?: number | undefined
}

const heads: { readonly [N in Head['name']]: (options: HeadOptions) => Head } = {
  point: ({ loss = 'mse' }) => {
    expectOneOf('loss', loss, ['mse', 'mae', 'huber'])
    return point(loss)
  },
  gaussian,
  studentT,
  negativeBinomial,
  quantiles: ({ levels }) => quantiles(levels),
  bernoulli,
  mixture: ({ components }) => mixture(components),
}

/** The names of all heads. */
export const headNames = Object.keys(heads) as readonly Head['name'][]

/** @throws InputError for an unknown head or loss, or levels and components that cannot be */
export function headOf(options: HeadOptions): Head {
  expectOneOf('head', options.head, headNames)
  return heads[options.head](options)
}
