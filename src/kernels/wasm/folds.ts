import type { Reduction } from '../contract.ts'
import type { Assembler, Local } from './assembler.ts'

/** How many numbers become one: four lanes at a time into one total, the first lane alone into another. */
export interface Fold {
  /** In every lane of both totals at first. */
  readonly start: number
  /** total ← total with the lanes of `value`, all four or the first */
  add(a: Assembler, total: Local, value: Local, lanes: 1 | 4): void
  /** Leaves what both totals come to on the stack. */
  finish(a: Assembler, vectors: Local, singles: Local): void
}

/** Over a whole call: totals are two lanes of float64; leaves a float64. */
export const wholeSum: Fold = {
  start: 0,
  add(a, total, value, lanes) {
    a.get(total, value).op('f64x2.promote_low_f32x4').op('f64x2.add')
    if (lanes === 4) a.upperHalf(value).op('f64x2.promote_low_f32x4').op('f64x2.add')
    a.set(total)
  },
  finish(a, vectors, singles) {
    a.get(singles).op('f64x2.extract_lane')
    for (const lane of [0, 1]) a.get(vectors).op('f64x2.extract_lane', 0, lane).op('f64.add')
  },
}

/** Totals are four lanes of float32, of which `singles` means the first. `max`, unlike `pmax`, keeps a NaN on either side. */
const max: Fold = {
  start: Number.NEGATIVE_INFINITY,
  add: (a, total, value) => a.get(total, value).op('f32x4.max').set(total),
  finish(a, vectors, singles) {
    a.get(singles).op('f32x4.extract_lane')
    for (const lane of [0, 1, 2, 3]) a.get(vectors).op('f32x4.extract_lane', 0, lane).op('f32.max')
  },
}

/** Along a row; leaves a float32. */
export const rowFolds: { readonly [B in Reduction['by']]: Fold } = {
  sum: {
    ...wholeSum,
    finish(a, vectors, singles) {
      wholeSum.finish(a, vectors, singles)
      a.op('f32.demote_f64')
    },
  },
  max,
}
