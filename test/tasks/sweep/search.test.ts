import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { choicesOf, edgesOf, gridOf, randomTrial } from '../../../src/tasks/sweep/search.ts'
import { integers, logUniform, rangeOf, type Space, uniform } from '../../../src/tasks/sweep/space.ts'

describe('a grid', () => {
  test('has all combinations, the last option the quickest', () => {
    expect(gridOf({ cell: ['lstm', 'gru'], hidden: [4, 8, 16] })).toEqual([
      { cell: 'lstm', hidden: 4 },
      { cell: 'lstm', hidden: 8 },
      { cell: 'lstm', hidden: 16 },
      { cell: 'gru', hidden: 4 },
      { cell: 'gru', hidden: 8 },
      { cell: 'gru', hidden: 16 },
    ])
  })

  test('refuses a range, and more combinations than anybody could run', () => {
    expect(() => gridOf({ hidden: [4], past: integers(7, 9) })).toThrow(
      'grid: past is a range, which has no end of values; list some, or take a random search',
    )
    const many = Array.from({ length: 101 }, (_, i) => i + 1)
    expect(() => gridOf({ hidden: many, past: many })).toThrow(
      'grid: 10201 combinations are over 10000; take a random search',
    )
  })
})

describe('a random search', () => {
  const low = fc.double({ min: 1e-6, max: 10, noNaN: true })
  const spaces = fc.record({
    hidden: fc.uniqueArray(fc.integer({ min: 1, max: 64 }), { minLength: 1, maxLength: 4 }),
    cell: fc.constant(['lstm', 'gru', 'rnn']),
    past: fc.tuple(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 40 })).map(([a, b]) => integers(a, a + b)),
    learningRate: fc.tuple(low, fc.double({ min: 1.5, max: 1e4, noNaN: true })).map(([a, b]) => logUniform(a, a * b)),
    weightDecay: fc.tuple(low, low).map(([a, b]) => uniform(a, a + b)),
  })

  test('draws from the lists and within the ranges, the same for the same seed and number', () => {
    fc.assert(
      fc.property(spaces, fc.integer(), fc.nat(1e6), (space, seed, n) => {
        const choice = randomTrial(space, seed, n)
        expect(Object.keys(choice)).toEqual(Object.keys(space))
        expect(space.hidden).toContain(choice.hidden)
        expect(space.cell).toContain(choice.cell)
        expect(Number.isInteger(choice.past)).toBe(true)
        for (const option of ['past', 'learningRate', 'weightDecay'] as const) {
          const [from, to] = rangeOf(space[option])!.bounds
          expect(choice[option]).toBeGreaterThanOrEqual(from)
          expect(choice[option]).toBeLessThanOrEqual(to)
        }
        expect(randomTrial(space, seed, n)).toEqual(choice)
      }),
    )
  })

  const space = {
    hidden: [1, 2, 3, 4],
    past: integers(3, 6),
    learningRate: logUniform(1e-4, 1),
    weightDecay: uniform(0, 1),
  }

  test('a trial hangs on the seed and its number alone, and an option on no other option', () => {
    const few = choicesOf(space, 'random', { seed: 5, trials: 3 })
    const more = choicesOf(space, 'random', { seed: 5, trials: 9 })
    expect(more.slice(0, 3)).toEqual(few)
    expect(new Set(more.map((choice) => choice.learningRate)).size).toBe(9)
    expect(randomTrial({ learningRate: space.learningRate }, 5, 8)).toEqual({ learningRate: more[8]!.learningRate })
    expect(choicesOf(space, 'random', { seed: 6, trials: 3 })).not.toEqual(few)
  })

  test('comes to every value, every whole number, and every magnitude as often', () => {
    const trials = choicesOf(space, 'random', { seed: 1, trials: 4000 })
    const shares = (pick: (trial: (typeof trials)[number]) => number | undefined) => {
      const counts = new Map<number | undefined, number>()
      for (const trial of trials) counts.set(pick(trial), (counts.get(pick(trial)) ?? 0) + 1)
      return [...counts].sort().map(([value, count]) => [value, count / trials.length] as const)
    }
    // A quarter each; the standard deviation of a share is 0.7 %, and four of it are 2.7 %.
    const near = ([, share]: readonly [unknown, number]) => Math.abs(share - 0.25) < 0.027
    for (const [found, values] of [
      [shares(({ hidden }) => hidden), [1, 2, 3, 4]],
      [shares(({ past }) => past), [3, 4, 5, 6]],
      [shares(({ learningRate }) => -Math.floor(Math.log10(learningRate!))), [1, 2, 3, 4]],
      [shares(({ weightDecay }) => Math.floor(4 * weightDecay!)), [0, 1, 2, 3]],
    ] as const) {
      expect(found.map(([value]) => value)).toEqual(values)
      expect(found.every(near)).toBe(true)
    }
  })
})

test('the edges of a space have every value of the lists and both ends of the ranges', () => {
  const space: Space = { hidden: [4, 8, 16], past: integers(7, 56), cell: ['gru'] }
  expect(edgesOf(space)).toEqual([
    { hidden: 4, past: 7, cell: 'gru' },
    { hidden: 8, past: 56, cell: 'gru' },
    { hidden: 16, past: 56, cell: 'gru' },
  ])
})
