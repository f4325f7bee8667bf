import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import {
  additiveAttention,
  attention,
  average,
  concat,
  convolution,
  crossEntropyLoss,
  ctc,
  dense,
  gaussianLoss,
  type Loss,
  layerNorm,
  losses,
  pooling,
  product,
  quantileLoss,
  Tape,
  type Variable,
} from '../../src/autograd/index.ts'
import type { PlainTensor } from '../../src/base/shape.ts'
import { createKernels } from '../../src/kernels/index.ts'
import { furthest } from './compare.ts'

interface TorchCase {
  readonly op: string
  readonly name: string
  // biome-ignore lint/suspicious/noExplicitAny: each operation's own
  readonly options: any
  readonly inputs: readonly PlainTensor[]
  readonly data: readonly number[]
  readonly y: PlainTensor
  readonly adjoint: PlainTensor
  readonly gradients: readonly (PlainTensor | null)[]
}

const { cases }: { cases: TorchCase[] } = JSON.parse(readFileSync(new URL('torch-ops.json', import.meta.url), 'utf8'))

type Run = (tape: Tape, inputs: readonly Variable[], options: TorchCase['options']) => Variable
const ofLoss =
  (loss: (options: TorchCase['options']) => Loss): Run =>
  (tape, [prediction, target], options) =>
    loss(options).run(tape, prediction!, target!)

const ours: Readonly<Record<string, Run>> = {
  binaryCrossEntropy: ofLoss(() => losses.binaryCrossEntropy),
  gaussian: ofLoss(gaussianLoss),
  quantile: ofLoss(({ quantiles }) => quantileLoss(quantiles)),
  crossEntropy: ofLoss(crossEntropyLoss),
  layerNorm: layerNorm.run,
  product: product.run,
  concat: concat.run,
  attention: attention.run,
  generalAttention: (tape, [queries, keys, values, w]) =>
    attention.run(tape, [dense.run(tape, [queries!, w!], undefined), keys!, values!], { scale: 1 }),
  additiveAttention: additiveAttention.run,
  ctc: ctc.run,
  convolution: convolution.run,
  pooling: pooling.run,
  average: average.run,
}

test('every operation of the file is one of ours, and the other way round', () => {
  expect([...new Set(cases.map(({ op }) => op))].sort()).toEqual(Object.keys(ours).sort())
})

describe.each(cases)("PyTorch's $op: $name", ({ op, options, inputs, data, y: expected, adjoint, gradients }) => {
  test.each([
    ['reference', 1e-9],
    ['auto', 1e-5],
  ] as const)('result and gradients on %s kernels within %d', (kernels, tolerance) => {
    const tape = new Tape(createKernels(kernels))
    const variables = inputs.map((input, i) => tape.input(input, !data.includes(i)))
    const y = ours[op]!(tape, variables, options)
    tape.backward(y, adjoint.data)
    expect(y.shape).toEqual(expected.shape)
    expect(furthest(tape.read(y), expected)).toBeLessThan(tolerance)
    for (const [i, gradient] of gradients.entries())
      if (gradient)
        expect(
          furthest(tape.read({ ...variables[i]!, at: tape.gradient(variables[i]!) }), gradient),
          `input ${i}`,
        ).toBeLessThan(tolerance)
  })
})
