import { leaf, max, min, neg, square } from '../expr/index.ts'
import type { PointwiseProgram } from '../kernels/index.ts'
import type { Model } from '../layers/index.ts'
import type { Stretches } from './stretches.ts'

/** How large a gradient may be. */
export interface ClipOptions {
  /** The largest norm; longer ones are shortened to it. */
  readonly clipNorm?: number | undefined
  /** The largest any number of it may be, ahead of the norm. */
  readonly clipValue?: number | undefined
}

/** A gradient's norms, and what is left to do. */
export interface Clipped {
  /** ‖gradient‖ over all parameters that are trained, before clipping. */
  readonly gradientNorm: number
  /** The same after clipping. */
  readonly clippedNorm: number
  /** What the gradient in the memory is yet to be multiplied by. */
  readonly factor: number
}

const [gradient, limit] = [leaf('gradient'), leaf('limit')]
const limited = max(min(gradient, limit), neg(limit))
const norm: PointwiseProgram = {
  inputs: ['gradient'],
  outputs: [],
  reductions: [{ expr: square(gradient), by: 'sum' }],
}
const limitedNorm: PointwiseProgram = {
  inputs: ['gradient'],
  scalars: ['limit'],
  outputs: [{ expr: limited }],
  reductions: [gradient, limited].map((part) => ({ expr: square(part), by: 'sum' })),
}

/**
 * Measures the gradient, by value limits it where it stands, and says what clipping by norm multiplies it by.
 * @param scale what the gradient in the memory is to be multiplied by first
 */
export function clipGradient(
  { kernels, parameters }: Model,
  stretches: Stretches,
  { clipNorm, clipValue }: ClipOptions,
  scale: number,
): Clipped {
  const { memory } = kernels
  const program = clipValue === undefined ? norm : limitedNorm
  const scalars = clipValue === undefined ? [] : [clipValue / scale]
  const run = kernels.pointwise(program)
  const count = stretches.all.length
  const mark = memory.mark()
  try {
    const columns = program.reductions!.map(() => memory.take(count))
    stretches.each((first, length, _, i) => {
      const here = { at: parameters.gradient + first, rowStride: length }
      const sums = columns.map((at) => ({ at: at + i, rowStride: 1 }))
      run(1, length, [here, ...program.outputs.map(() => here), ...sums], scalars)
    })
    const norms = columns.map(
      (at) => scale * Math.sqrt([...memory.copy(at, count)].reduce((sum, part) => sum + part, 0)),
    )
    const [gradientNorm, afterValue] = [norms[0]!, norms.at(-1)!]
    const clip = clipScale(afterValue, clipNorm)
    return { gradientNorm, clippedNorm: clip * afterValue, factor: scale * clip }
  } finally {
    memory.release(mark)
  }
}

/** Clipping by global norm (Pascanu et al. 2013): if ‖g‖ > u then g ← g·u/‖g‖, so g is multiplied by this. */
export function clipScale(norm: number, limit: number | undefined): number {
  return limit !== undefined && norm > limit ? limit / norm : 1
}
