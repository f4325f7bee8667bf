import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import {
  gaussianLoss,
  type LikelihoodLoss,
  mixtureLoss,
  negativeBinomialLoss,
  studentTLoss,
  Tape,
} from '../../src/autograd/index.ts'
import { createKernels } from '../../src/kernels/index.ts'
import { furthest } from './compare.ts'
import { type Nested, tensorOf } from './tensors.ts'

interface Golden {
  readonly name: string
  readonly outputs: Nested
  readonly targets: Nested
  readonly loss: number
  readonly gradient: Nested
}

const { cases }: { cases: Golden[] } = JSON.parse(
  readFileSync(new URL('torch-likelihoods.json', import.meta.url), 'utf8'),
)
const losses: Readonly<Record<string, LikelihoodLoss>> = {
  gaussian: gaussianLoss({ scale: 'softplus', full: true }),
  studentT: studentTLoss(),
  negativeBinomial: negativeBinomialLoss(),
  'gaussian mixture': mixtureLoss({ components: 3 }),
  'logNormal mixture': mixtureLoss({ components: 3, of: 'logNormal' }),
}

test('the file holds every likelihood', () => {
  expect([...new Set(cases.map(({ name }) => name))]).toEqual(Object.keys(losses))
})

describe.each(cases.map((golden, i) => [`${golden.name}, case ${i}`, golden] as const))("PyTorch's %s", (_, golden) => {
  test.each([
    ['reference', 1e-9],
    ['auto', 1e-5],
  ] as const)('log_prob and its gradient on %s kernels within %d', (kernels, tolerance) => {
    const tape = new Tape(createKernels(kernels))
    const outputs = tape.input(tensorOf(golden.outputs), true)
    const loss = losses[golden.name]!.run(tape, outputs, tape.input(tensorOf(golden.targets)))
    tape.backward(loss)
    expect(furthest(tape.read(loss), { data: [golden.loss], shape: [] })).toBeLessThan(tolerance)
    const gradient = tape.read({ ...outputs, at: tape.gradient(outputs) })
    expect(furthest(gradient, tensorOf(golden.gradient))).toBeLessThan(tolerance)
  })
})
