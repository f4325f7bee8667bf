import { describe, expect, test } from 'vitest'
import { type PlainTensor, type Shape, sizeOf } from '../../src/base/shape.ts'
import { adam, fit, type Samples, sequential, sgd } from '../../src/index.ts'
import { dense } from '../../src/layers/index.ts'
import { furthest } from './compare.ts'
import { readCases } from './vectors.ts'

interface TorchRun {
  readonly name: keyof typeof ours
  readonly inputs: Readonly<Record<'inputs' | 'targets' | 'weight' | 'bias', PlainTensor>>
  /** `norms` are ‖gradient‖ before clipping; weight and bias are those after the last step. */
  readonly outputs: Readonly<Record<'losses' | 'norms' | 'weight' | 'bias', PlainTensor>>
}
const optimizers = readCases<TorchRun>('torch-optimizers.json')

const ours = {
  sgd: { optimizer: sgd(0.1) },
  'sgd clipped': { optimizer: sgd(0.1), clipNorm: 0.9 },
  adam: { optimizer: adam(0.05) },
  'adam with options': { optimizer: adam(0.05, { beta1: 0.8, beta2: 0.95, epsilon: 1e-3 }) },
}

/** The problem as samples of one step each. */
const samplesOf = ({ inputs, targets }: TorchRun['inputs']): Samples => ({
  count: 6,
  inputShape: [1, 3],
  targetShape: [1, 2],
  fillInputs: (rows, into) => fill(inputs, rows, into),
  fillTargets: (rows, into) => fill(targets, rows, into),
  restore: (outputs) => Float64Array.from(outputs),
})

function fill({ data, shape }: PlainTensor, rows: ArrayLike<number>, into: { [i: number]: number }): void {
  const width = sizeOf(shape.slice(1) as Shape)
  for (let r = 0; r < rows.length; r++)
    for (let j = 0; j < width; j++) into[r * width + j] = data[rows[r]! * width + j]!
}

test('all four runs are in the file, and the clipped one clips at some steps and not at others', () => {
  expect(optimizers.map(({ name }) => name).sort()).toEqual(Object.keys(ours).sort())
  const norms = Array.from(optimizers.find(({ name }) => name === 'sgd clipped')!.outputs.norms.data)
  expect([norms.some((norm) => norm > 0.9), norms.some((norm) => norm < 0.9)]).toEqual([true, true])
})

describe.each(optimizers)("20 steps of PyTorch's $name", (golden) => {
  // PyTorch clips to u / (‖g‖ + 1e-6), the course to u / ‖g‖: that is the whole difference.
  const exact = golden.name === 'sgd clipped' ? 1e-5 : 1e-12
  test.each([
    ['reference', exact],
    ['auto', 1e-5],
  ] as const)('on %s kernels: losses, norms and the weights at the end within %d', async (kernels, tolerance) => {
    const model = sequential([dense(2)]).init({ inputs: 3, steps: 1, kernels })
    const { weight, bias } = golden.inputs
    model.parameters.write(new Map(Object.entries({ '0.weight': weight, '0.bias': bias })))
    const losses: number[] = []
    const norms: number[] = []
    const options = { ...ours[golden.name], epochs: 20, batch: 6, shuffle: false }
    for await (const { loss, gradientNorm } of fit(model, { train: samplesOf(golden.inputs) }, options)) {
      losses.push(loss)
      norms.push(gradientNorm)
    }
    const row = (data: readonly number[]): PlainTensor => ({ data, shape: [data.length] })
    expect(furthest(row(losses), golden.outputs.losses)).toBeLessThan(tolerance)
    expect(furthest(row(norms), golden.outputs.norms)).toBeLessThan(tolerance)
    for (const name of ['weight', 'bias'] as const) {
      const { at, size, shape } = model.parameters.get(`0.${name}`)
      const learned = { data: model.kernels.memory.view(at, size), shape }
      expect(furthest(learned, golden.outputs[name]), name).toBeLessThan(tolerance)
    }
  })
})
