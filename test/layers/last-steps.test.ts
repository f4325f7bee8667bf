import { expect, test } from 'vitest'
import { formatModel, parseModel } from '../../src/formats/model-file.ts'
import { gru, lastSteps, sequential } from '../../src/index.ts'

const x = { data: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12], shape: [2, 3, 2] }
const alone = sequential([lastSteps(2)]).init({ inputs: 2, kernels: 'reference' })

test('lastSteps keeps the end of every sequence', () => {
  expect(alone.run(x)).toEqual({ data: Float64Array.of(3, 4, 5, 6, 9, 10, 11, 12), shape: [2, 2, 2] })
  expect(sequential([gru(3), lastSteps(2)]).init({ inputs: 2, steps: 5 }).outputShape).toEqual([2, 3])
  const { model } = parseModel(formatModel(alone), 'm')
  expect(model.run(x).data).toEqual(Float32Array.of(3, 4, 5, 6, 9, 10, 11, 12))
})

test('one sentence where there are too few steps, of several lengths, or one at a time', () => {
  expect(() => alone.run({ data: [1, 2], shape: [1, 1, 2] })).toThrow(/^lastSteps: expected at least 2 steps, got 1$/)
  expect(() => sequential([lastSteps(9)]).init({ inputs: 2, steps: 5 })).toThrow(/^lastSteps: expected at least 9/)
  expect(() => alone.run(x, [2, 3])).toThrow(/^lastSteps: expected sequences of one length, got 2 of 3 steps in seq/)
  expect(() => alone.stream()).toThrow(/^lastSteps has to know which steps come last/)
})
