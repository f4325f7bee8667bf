import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { crossEntropy, embedding, softmax, Tape } from '../../src/autograd/index.ts'
import type { PlainTensor } from '../../src/base/shape.ts'
import { createKernels } from '../../src/kernels/index.ts'
import { furthest } from './compare.ts'

interface TorchLoss {
  readonly name: string
  readonly logits: PlainTensor
  readonly targets: PlainTensor
  readonly loss: number
  readonly gradient: PlainTensor
  readonly logSoftmax: PlainTensor
  readonly softmax: PlainTensor
  readonly adjoint: PlainTensor
  readonly softmaxGradient: PlainTensor
}

type TorchEmbedding = Readonly<Record<'ids' | 'table' | 'y' | 'adjoint' | 'gradient', PlainTensor>>

const { losses, embedding: table }: { losses: TorchLoss[]; embedding: TorchEmbedding } = JSON.parse(
  readFileSync(new URL('torch-losses.json', import.meta.url), 'utf8'),
)
const row = (data: readonly number[]): PlainTensor => ({ data, shape: [data.length] })
const precisions = [
  ['reference', 1e-12],
  ['auto', 1e-5],
] as const

test('the file holds ignored targets, single classes and logits far apart', () => {
  expect(losses.map(({ targets }) => Array.from(targets.data).filter((index) => index === -1).length)).toEqual([
    0, 0, 4, 3, 0, 1, 0,
  ])
  expect(losses.at(-1)!.logits.shape).toEqual([3, 1])
  expect(Math.max(...Array.from(losses.at(-2)!.logits.data))).toBeGreaterThan(1000)
})

describe.each(losses)("PyTorch's losses: $name", (golden) => {
  test.each(precisions)('cross_entropy and its gradient on %s kernels within %d', (kernels, tolerance) => {
    const tape = new Tape(createKernels(kernels))
    const logits = tape.input(golden.logits, true)
    const loss = crossEntropy.run(tape, [logits, tape.input(golden.targets)], {})
    tape.backward(loss)
    const gradient = tape.read({ ...logits, at: tape.gradient(logits) })
    expect(furthest(tape.read(loss), { data: [golden.loss], shape: [] })).toBeLessThan(tolerance)
    expect(furthest(gradient, golden.gradient)).toBeLessThan(tolerance)
  })

  test.each(precisions)('log_softmax, a row and class at a time, on %s kernels within %d', (kernels, tolerance) => {
    const { data, shape } = golden.logits
    const classes = shape.at(-1)!
    const surprises = Array.from(data, (_, i) => {
      const tape = new Tape(createKernels(kernels))
      const from = i - (i % classes)
      const logits = tape.input({ data: Array.from(data).slice(from, from + classes), shape: [classes] })
      return -tape.read(crossEntropy.run(tape, [logits, tape.input({ data: [i % classes], shape: [] })], {})).data[0]!
    })
    expect(furthest(row(surprises), golden.logSoftmax)).toBeLessThan(tolerance)
  })

  test.each(precisions)('softmax and its gradient on %s kernels within %d', (kernels, tolerance) => {
    const tape = new Tape(createKernels(kernels))
    const logits = tape.input(golden.logits, true)
    const y = softmax.run(tape, [logits], {})
    tape.backward(y, golden.adjoint.data)
    expect(furthest(tape.read(y), golden.softmax)).toBeLessThan(tolerance)
    const gradient = tape.read({ ...logits, at: tape.gradient(logits) })
    expect(furthest(gradient, golden.softmaxGradient)).toBeLessThan(tolerance)
  })
})

test.each(precisions)("PyTorch's embedding with padding_idx 0, on %s kernels within %d", (kernels, tolerance) => {
  const tape = new Tape(createKernels(kernels))
  const weight = tape.input(table.table, true)
  const y = embedding.run(tape, [tape.input(table.ids), weight], { padding: 0 })
  tape.backward(y, table.adjoint.data)
  expect(y.shape).toEqual(table.y.shape)
  expect(furthest(tape.read(y), table.y)).toBeLessThan(tolerance)
  expect(furthest(tape.read({ ...weight, at: tape.gradient(weight) }), table.gradient)).toBeLessThan(tolerance)
})
