import { describe, expect, test } from 'vitest'
import {
  arithmetic,
  gaussianLoss,
  type LikelihoodLoss,
  mixtureLoss,
  negativeBinomialLoss,
  pointwise,
  studentTLoss,
  Tape,
  type Variable,
} from '../../src/autograd/index.ts'
import { createKernels } from '../../src/kernels/index.ts'

/** By what targets may be. */
const targets = { numbers: [-60, 0, 60], counts: [0, 1, 5, 100_000], 'above 0': [1e-6, 1, 1e6] }
const likelihoods: readonly (readonly [string, LikelihoodLoss, keyof typeof targets])[] = [
  ['gaussian', gaussianLoss({ scale: 'softplus', full: true }), 'numbers'],
  ['studentT', studentTLoss(), 'numbers'],
  ['negativeBinomial', negativeBinomialLoss(), 'counts'],
  ['gaussian mixture', mixtureLoss({ components: 2 }), 'numbers'],
  ['logNormal mixture', mixtureLoss({ components: 2, of: 'logNormal' }), 'above 0'],
]
/** All rows of `width` numbers, each one of the choices. */
const rowsOf = (width: number, choices: readonly number[]): number[][] =>
  width === 0 ? [[]] : rowsOf(width - 1, choices).flatMap((row) => choices.map((choice) => [...row, choice]))

function evaluated(loss: LikelihoodLoss, outputs: readonly number[], target: number, kernels: 'reference' | 'auto') {
  const tape = new Tape(createKernels(kernels))
  const y = tape.input({ data: outputs, shape: [1, outputs.length] }, true)
  const value = loss.run(tape, y, tape.input({ data: [target], shape: [1, 1] }))
  tape.backward(value)
  return [tape.read(value).data[0]!, ...tape.read({ ...y, at: tape.gradient(y) }).data]
}

describe.each(likelihoods)('the %s loss', (_, loss, kind) => {
  const width = loss.element.blocks

  test('stays finite in float32 for outputs of ±50, and so does its gradient', () => {
    for (const outputs of rowsOf(width, width > 3 ? [-50, 50] : [-50, -3, 0, 50]))
      for (const target of targets[kind])
        for (const number of evaluated(loss, outputs, target, 'auto'))
          expect(number, `${outputs} against ${target}`).toSatisfy(Number.isFinite)
  })

  test('is in nats: e^-loss adds up to 1 over all there may be', () => {
    const outputs = Array.from({ length: width }, (_, i) => 0.4 * Math.cos(2 * i))
    const density = (y: number) => Math.exp(-evaluated(loss, outputs, y, 'reference')[0]!)
    const grid = Array.from({ length: 4000 }, (_, i) => (i - 2000) * 0.05)
    const mass = {
      counts: () => Array.from({ length: 300 }, (_, count) => density(count)),
      'above 0': () => grid.filter((u) => Math.abs(u) < 20).map((u) => density(Math.exp(u)) * Math.exp(u) * 0.05),
      numbers: () => grid.map((y) => density(y) * 0.05),
    }[kind]()
    expect(mass.reduce((sum, one) => sum + one)).toBeCloseTo(1, 3)
  })
})

describe('several numbers for one target, [B, T, k] against [B, T, 1]', () => {
  const loss = studentTLoss()
  const numbers = Array.from({ length: 18 }, (_, i) => Math.sin(3 * i))
  const given = (tape: Tape, data: readonly number[]) => tape.input({ data, shape: [2, 3, 3] }, true)
  const targets = { data: [1, -1, 2, 0, 1, 3], shape: [2, 3, 1] }
  const gradientOf = (tape: Tape, y: Variable) => Array.from(tape.read({ ...y, at: tape.gradient(y) }).data)

  test('a gradient is added to what is there', () => {
    const gradients = [1, 2].map((times) => {
      const tape = new Tape(createKernels('auto'))
      const y = given(tape, numbers)
      const values = Array.from({ length: times }, () => loss.run(tape, y, tape.input(targets)))
      tape.backward(values.reduce((sum, value) => pointwise.run(tape, [sum, value], arithmetic.add)))
      return gradientOf(tape, y)
    })
    expect(gradients[0]!.every((number) => number !== 0)).toBe(true)
    expect(gradients[1]).toEqual(gradients[0]!.map((number) => expect.closeTo(2 * number, 6)))
  })

  test('padding may hold anything, and has no gradient', () => {
    const [clean, padded] = [0, Number.NaN].map((filling) => {
      const tape = new Tape(createKernels('auto'))
      // Of the first sequence one step counts, of the second two.
      const padding = (i: number) => (i >= 3 && i < 9) || i >= 15
      const y = given(
        tape,
        numbers.map((number, i) => (padding(i) ? filling : number)),
      )
      const value = loss.run(tape, y, tape.input(targets), [1, 2])
      tape.backward(value)
      return { value: tape.read(value).data[0], gradient: gradientOf(tape, y), padding }
    })
    expect(padded!.value).toBe(clean!.value)
    expect(padded!.gradient).toEqual(clean!.gradient)
    expect(padded!.gradient.filter((_, i) => padded!.padding(i))).toEqual(Array(9).fill(0))
  })
})

describe('parameters', () => {
  test('are told in the units of the data', () => {
    const restore = (values: ArrayLike<number>) => Float64Array.from(values, (value) => 100 + 10 * value)
    const told = (loss: LikelihoodLoss, outputs: readonly number[], columns = 1) =>
      Array.from(loss.restore!(Float64Array.from(outputs), columns, restore))
    const softplus = (s: number) => Math.log1p(Math.exp(s))
    expect(told(studentTLoss(), [2, 0, 1])).toEqual([
      120,
      expect.closeTo(10 * (softplus(0) + 1e-3), 9),
      expect.closeTo(2 + softplus(1), 12),
    ])
    expect(told(studentTLoss(), [2, 3, 0, 0, 1, 1], 2).slice(0, 2)).toEqual([120, 130])
    const counts = negativeBinomialLoss().restore!(Float64Array.of(2, 1), 1, (values) => Float64Array.from(values))
    expect(Array.from(counts)).toEqual([expect.closeTo(Math.exp(2), 12), expect.closeTo(softplus(1) + 1e-6, 12)])
    const ratio = (values: ArrayLike<number>) => Float64Array.from(values, (value) => 7 * value)
    const mixed = mixtureLoss({ components: 2, of: 'logNormal' })
    const [first, second, median, , spread] = mixed.restore!(Float64Array.of(1, 1, 0.5, 2, 0, 1), 1, ratio)
    expect([first, second]).toEqual([expect.closeTo(0.5, 12), expect.closeTo(0.5, 12)])
    expect(median).toBeCloseTo(7 * Math.exp(0.5), 12)
    expect(spread).toBeCloseTo(softplus(0) + 1e-3, 12)
  })
})

describe('targets that cannot be', () => {
  test.each([
    ['a count below 0', negativeBinomialLoss(), -1, 'loss: expected targets of at least 0, got -1 at [0, 0]'],
    ['no count', negativeBinomialLoss(), Number.NaN, 'loss: expected targets of at least 0, got NaN at [0, 0]'],
    [
      'no time at all',
      mixtureLoss({ components: 1, of: 'logNormal' }),
      0,
      'loss: expected targets above 0, got 0 at [0, 0]',
    ],
  ])('%s', (_, loss, target, words) => {
    const outputs = Array<number>(loss.element.blocks).fill(0)
    expect(() => evaluated(loss, outputs, target, 'auto')).toThrow(words)
  })

  test('options that cannot be', () => {
    expect(() => mixtureLoss({ components: 0 })).toThrow('mixtureLoss: components: expected a whole number')
    expect(() => mixtureLoss({ of: 'lognormal' as 'logNormal' })).toThrow("did you mean 'logNormal'?")
  })
})
