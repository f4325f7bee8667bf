import { describe, expect, test } from 'vitest'
import { optionWords } from '../../src/cli/option-words.ts'
import { forecasterDefaults } from '../../src/tasks/forecaster-options.ts'
import { optionGroups, optionNames } from '../../src/tasks/option-table.ts'

test('every option stands in one group', () => {
  expect(Object.values(optionGroups).flat().sort()).toEqual([...optionNames].sort())
})

describe('options as flags', () => {
  const { scale, seed } = forecasterDefaults
  const words = (options: object) => optionWords({ scale, seed, ...options } as Parameters<typeof optionWords>[0])

  test('numbers of 0 and words are said, what is undefined, off or empty is not', () => {
    expect(words({ unit: undefined, id: '', log: false, future: [] })).toEqual(['--scale', 'standard', '--seed', '0'])
  })

  test('switches stand alone; lists, levels and both forms of a split have commas', () => {
    const given = { log: true, levels: [0.8, 0.95], inputs: ['a, b', 'c'], learningRate: 1e-3 }
    expect(words(given).slice(4)).toEqual([
      ...['--log', '--levels', '0.8,0.95', '--inputs', '"a, b",c', '--learning-rate', '0.001'],
    ])
    expect(words({ split: [0.7, 0.2, 0.1] }).slice(-2)).toEqual(['--split', '0.7,0.2,0.1'])
    expect(words({ split: { validation: 30, test: 60 } }).slice(-2)).toEqual(['--split', '30,60'])
  })
})
