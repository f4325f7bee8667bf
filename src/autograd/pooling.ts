import type { Random } from '../base/random.ts'
import { abs, leaf, max, min, step, sub } from '../expr/index.ts'
import type { PointwiseProgram } from '../kernels/index.ts'
import { takeZeros } from '../recurrence/elementwise.ts'
import { defineOp, type OpSamples } from './op.ts'
import { gatherPatches, patchesOf, scatterPatches, type WindowedOptions, windowOf } from './patches.ts'

const [x, dy, best, which, k, share] = [leaf('x'), leaf('dy'), leaf('best'), leaf('which'), leaf('k'), leaf('share')]

/** The larger number, and which place it has; the first of equal ones stays. */
const better: PointwiseProgram = {
  inputs: ['best', 'which', 'x'],
  scalars: ['k'],
  outputs: [{ expr: max(best, x) }, { expr: which.add(step(x.sub(best)).mul(k.sub(which))) }],
}
const scaled: PointwiseProgram = { inputs: ['x'], perRow: ['share'], outputs: [{ expr: x.mul(share) }] }
const adding: PointwiseProgram = {
  inputs: ['x'],
  perRow: ['share'],
  outputs: [{ expr: x.mul(share), accumulate: true }],
}
const copying: PointwiseProgram = { inputs: ['x'], outputs: [{ expr: x }] }
/** The gradient of the k-th number of each window: all of it where that was the largest. */
const toBest: PointwiseProgram = {
  inputs: ['dy', 'which'],
  perRow: ['share'],
  scalars: ['k'],
  outputs: [{ expr: dy.mul(share).mul(sub(1, min(abs(which.sub(k)), 1))) }],
}

/** Below any number of float32, and finite. */
const LEAST = -3.4e38

export interface PoolingOptions extends WindowedOptions {
  /** The largest number that a window sees in each channel, or their mean. */
  readonly by: 'max' | 'average'
}

/**
 * What each window comes to, channel by channel: `[B, T, C]` or `[B, H, W, C]`. What is outside counts for nothing, in the mean
 * as well; a window that sees nothing else gives 0.
 */
export const pooling = defineOp<PoolingOptions>({
  name: 'pooling',
  run(tape, [input], { by, lengths, ...window }) {
    const { kernels } = tape
    const { memory } = kernels
    const patches = patchesOf('pooling', input!.shape, window, lengths)
    const { rows, seen, channels, output, inputs } = patches
    const gathered = gatherPatches(kernels, input!.at, patches, by === 'max' ? LEAST : 0)
    const inside = new Float64Array(rows)
    patches.index.forEach((place, i) => {
      if (place < inputs) inside[Math.floor(i / seen)]!++
    })
    const shares = inside.map((count) => (count === 0 ? 0 : by === 'max' ? 1 : 1 / count))
    const column = { at: tape.input({ data: shares, shape: [rows] }).at, rowStride: 1 }
    const at = takeZeros(kernels, rows * channels)
    const one = (at: number) => ({ at, rowStride: channels })
    /** The k-th of what each window sees. */
    const kth = (at: number, k: number) => ({ at: at + k * channels, rowStride: seen * channels })
    const places = Array.from({ length: seen }, (_, k) => k)
    const chosen = by === 'max' ? one(takeZeros(kernels, rows * channels)) : undefined
    if (chosen) {
      kernels.pointwise(copying)(rows, channels, [kth(gathered.at, 0), one(at)])
      for (const k of places.slice(1))
        kernels.pointwise(better)(rows, channels, [one(at), chosen, kth(gathered.at, k), one(at), chosen], [k])
      kernels.pointwise(scaled)(rows, channels, [one(at), column, one(at)])
    } else for (const k of places) kernels.pointwise(adding)(rows, channels, [kth(gathered.at, k), column, one(at)])

    return tape.result(at, [input!.shape[0]!, ...output, channels], [input!], (gradient) => {
      const into = tape.gradient(input!)
      const from = memory.take(rows * seen * channels)
      for (const k of places)
        if (chosen) kernels.pointwise(toBest)(rows, channels, [one(gradient), chosen, column, kth(from, k)], [k])
        else kernels.pointwise(scaled)(rows, channels, [one(gradient), column, kth(from, k)])
      scatterPatches(kernels, into, from, gathered.index, patches)
    })
  },
})

export const samples: OpSamples<PoolingOptions> = () =>
  (['max', 'average'] as const).flatMap((by) =>
    [
      { shape: [1, 1, 1], options: windowOf([1]) },
      { shape: [2, 7, 3], options: windowOf([3], { stride: 2, padding: [1, 1] }) },
      { shape: [3, 6, 5], options: { ...windowOf([2], { stride: 2 }), lengths: [6, 0, 3] } },
      { shape: [2, 5, 6, 3], options: windowOf([2, 3], { stride: 2, padding: [1, 1] }) },
    ].map(({ shape, options }) => ({
      shapes: [shape],
      options: { ...options, by },
      draw: (random: Random) => random.between(-3, 3),
    })),
  )
