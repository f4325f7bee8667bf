import { describe, expect, test } from 'vitest'
import { builtInCells } from '../../src/cells/index.ts'
import { layerFromConfig } from '../../src/layers/from-config.ts'
import { readCases, testVectors } from './vectors.ts'

const [layers, steps] = [readCases('torch-layers.json'), readCases('torch-steps.json')]

test('every cell is there, and every way to put cells together', () => {
  const told = [...layers, ...steps].map(({ layer }) => layer)
  expect(new Set(told.map(({ cell }) => cell))).toEqual(new Set([...builtInCells.keys(), 'severalSkips', 'gatedSkip']))
  expect(new Set(told.map(({ layers }) => layers ?? 1))).toEqual(new Set([1, 2, 3]))
  expect(new Set(told.map(({ bidirectional }) => bidirectional))).toEqual(new Set([undefined, 'concat', 'sum', 'mean']))
  for (const option of ['reverse', 'residual'])
    expect(
      told.some((layer) => layer[option] === true),
      option,
    ).toBe(true)
  expect(told.some(({ initial }) => initial === 'learned')).toBe(true)
  expect(told.some(({ returns }) => returns === 'last')).toBe(true)
  expect(steps.some(({ lengths }) => lengths?.includes(0))).toBe(true)
})

test('parameters are listed in the order of PyTorch, so that files come out alike; but for weight_hr, its last', () => {
  for (const { layer, inputs } of layers) {
    const listed = (names: readonly string[]) => names.filter((name) => /^(weight|bias)_(ih|hh)/.test(name))
    const { parameters } = layerFromConfig({ kind: 'recurrent', ...layer }).build([-1, 2])
    expect(listed(parameters.map(({ name }) => name))).toEqual(listed(Object.keys(inputs)))
  }
})

describe("PyTorch's own layers", () => testVectors(layers))
describe('the equations of the papers, differentiated by PyTorch', () => testVectors(steps))
