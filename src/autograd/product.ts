import { InputError } from '../base/errors.ts'
import { showShape } from '../base/shape.ts'
import { matrix, transposed } from '../kernels/index.ts'
import { defineOp, type OpSamples } from './op.ts'

export interface ProductOptions {
  /** Whether the right side is given with rows and columns exchanged. */
  readonly transposed?: boolean | undefined
}

/** The matrix product of each sample: `[B, M, K]` · `[B, K, N]`, or `[B, N, K]` transposed, gives `[B, M, N]`. */
export const product = defineOp<ProductOptions>({
  name: 'product',
  run(tape, [left, right], { transposed: turned = false }) {
    const { kernels } = tape
    const [batch, m, k] = left!.shape as [number, number, number]
    const [batches, height, width] = right!.shape as [number, number, number]
    const [depth, n] = turned ? [width, height] : [height, width]
    if (left!.shape.length !== 3 || right!.shape.length !== 3 || batches !== batch || depth !== k)
      throw new InputError(
        `product: expected [batch, m, k] and [batch, ${turned ? 'n, k' : 'k, n'}], ` +
          `got ${showShape(left!.shape)} and ${showShape(right!.shape)}`,
      )
    const each = (job: (b: number) => void) => kernels.parallel([Array.from({ length: batch }, (_, b) => () => job(b))])
    const leftOf = (at: number, b: number) => matrix(at + b * m * k, m, k)
    const rightOf = (at: number, b: number) => matrix(at + b * k * n, height, width)
    const outOf = (at: number, b: number) => matrix(at + b * m * n, m, n)
    const turn = turned ? transposed : <M>(matrix: M) => matrix
    const at = kernels.memory.take(batch * m * n)
    each((b) => {
      kernels.multiply(outOf(at, b), leftOf(left!.at, b), kernels.pack(turn(rightOf(right!.at, b))), 'zero')
    })

    return tape.result(at, [batch, m, n], [left!, right!], (gradient) => {
      const [intoLeft, intoRight] = [left!, right!].map((side) =>
        side.differentiable ? tape.gradient(side) : undefined,
      )
      each((b) => {
        const dy = outOf(gradient, b)
        if (intoLeft !== undefined)
          kernels.multiply(leftOf(intoLeft, b), dy, kernels.pack(transposed(turn(rightOf(right!.at, b)))), 'accumulate')
        if (intoRight === undefined) return
        const [a, c] = turned ? [dy, leftOf(left!.at, b)] : [leftOf(left!.at, b), dy]
        kernels.multiply(rightOf(intoRight, b), transposed(a), kernels.pack(c), 'accumulate')
      })
    })
  },
})

export const samples: OpSamples<ProductOptions> = () => [
  {
    shapes: [
      [1, 1, 1],
      [1, 1, 1],
    ],
    options: {},
  },
  {
    shapes: [
      [3, 5, 4],
      [3, 4, 17],
    ],
    options: {},
  },
  {
    shapes: [
      [2, 7, 9],
      [2, 3, 9],
    ],
    options: { transposed: true },
  },
]
