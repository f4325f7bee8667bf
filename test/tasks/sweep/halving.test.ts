import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { InputError } from '../../../src/base/errors.ts'
import { forecasterDefaults } from '../../../src/tasks/forecaster-options.ts'
import { rungsOf } from '../../../src/tasks/sweep/halving.ts'
import { runSweep, type SweepHooks } from '../../../src/tasks/sweep/run.ts'
import { ranked, type Sweep, type Trial } from '../../../src/tasks/sweep/state.ts'
import { bestOf } from '../../../src/tasks/sweep/table.ts'

/** Trials that nobody has begun. */
function fresh(trials: number, epochs: number, halving?: number): Sweep {
  const options = { ...forecasterDefaults, target: 'y', inputs: ['y'], epochs }
  const data = { path: '../y.csv', sha256: '', rows: 100 }
  return {
    plan: { options, space: { hidden: [1] }, search: 'random', trials, halving, data, kernels: 'simd' },
    trials: Array.from({ length: trials }, (_, i): Trial => ({ trial: i + 1, options: {}, rungs: [] })),
  }
}

/** What a trial comes to after some epochs: less with more of them, in an order that the last epochs may change. */
const lossAt = (trial: number, epochs: number) => ((trial * 37) % 11) + 20 / epochs + ((trial * 7) % 5) / epochs

/** Runs a sweep of made-up losses; what was asked of which trial, in order, and what was kept last. */
async function run(
  sweep: Sweep,
  {
    broken = (_: number, __: number) => false,
    ...hooks
  }: Partial<SweepHooks> & { broken?: (trial: number, epochs: number) => boolean } = {},
) {
  const calls: [trial: number, epochs: number][] = []
  let kept = sweep
  const done = await runSweep(sweep, {
    parallel: 1,
    async run({ trial }, epochs) {
      calls.push([trial, epochs])
      await new Promise((resolve) => setTimeout(resolve, trial % 3))
      if (broken(trial, epochs)) return { failed: 'the loss became NaN' }
      return { epochs, best: epochs, loss: lossAt(trial, epochs), seconds: 1 }
    },
    async save(now) {
      await new Promise((resolve) => setTimeout(resolve, calls.length % 2))
      kept = now
    },
    ...hooks,
  })
  return { done, kept, calls }
}

describe('rungs', () => {
  test.each([
    { trials: 9, epochs: 27, eta: 3, rungs: ['9 to 3', '3 to 9', '1 to 27'] },
    { trials: 20, epochs: 30, eta: 3, rungs: ['20 to 3', '6 to 10', '2 to 30'] },
    { trials: 3, epochs: 4, eta: 2, rungs: ['3 to 2', '1 to 4'] },
    { trials: 100, epochs: 5, eta: 4, rungs: ['100 to 1', '25 to 5'] },
    { trials: 7, epochs: 30, eta: undefined, rungs: ['7 to 30'] },
  ])('of $trials trials to $epochs epochs by $eta', ({ trials, epochs, eta, rungs }) => {
    expect(rungsOf(trials, epochs, eta).map((rung) => `${rung.trials} to ${rung.epochs}`)).toEqual(rungs)
  })

  test.each<[number, number, number, string]>([
    [9, 27, 1, 'halving: expected a whole number of at least 2, got 1'],
    [9, 27, 2.5, 'halving: expected a whole number of at least 2, got 2.5'],
    [2, 27, 3, 'halving: by 3 it takes at least 3 trials and 3 epochs, got 2 and 27'],
    [9, 2, 3, 'halving: by 3 it takes at least 3 trials and 3 epochs, got 9 and 2'],
  ])('of %d trials to %d epochs by %d: %s', (trials, epochs, eta, sentence) => {
    expect(() => rungsOf(trials, epochs, eta)).toThrow(new InputError(sentence))
  })
})

describe('a sweep', () => {
  test('without halving brings every trial to all epochs, once', async () => {
    const { done, calls } = await run(fresh(5, 30))
    expect(calls).toEqual([1, 2, 3, 4, 5].map((trial) => [trial, 30]))
    expect(ranked(done.trials).map(({ trial }) => trial)).toEqual(
      [1, 2, 3, 4, 5].sort((a, b) => lossAt(a, 30) - lossAt(b, 30)),
    )
  })

  test('halved goes on with the best of each rung', () =>
    fc.assert(
      fc.asyncProperty(fc.integer({ min: 4, max: 14 }), fc.integer({ min: 2, max: 3 }), async (trials, eta) => {
        const { done, calls } = await run(fresh(trials, 27, eta))
        let left = Array.from({ length: trials }, (_, i) => i + 1)
        for (const rung of rungsOf(trials, 27, eta)) {
          left = left.slice(0, rung.trials)
          const asked = calls.filter(([, epochs]) => epochs === rung.epochs).map(([trial]) => trial)
          expect(asked.sort()).toEqual([...left].sort())
          left.sort((a, b) => lossAt(a, rung.epochs) - lossAt(b, rung.epochs) || a - b)
        }
        expect(bestOf(done)?.trial).toBe(left[0])
      }),
      { numRuns: 20 },
    ))

  test('equal losses go on in their order', async () => {
    const calls: [number, number][] = []
    await run(fresh(4, 4, 4), {
      run: async ({ trial }, epochs) => {
        calls.push([trial, epochs])
        return { epochs, best: 1, loss: 1, seconds: 1 }
      },
    })
    expect(calls).toEqual([
      [1, 1],
      [2, 1],
      [3, 1],
      [4, 1],
      [1, 4],
    ])
  })

  test('comes to the same with any number of trials at once, and keeps the last state last', async () => {
    const [one, three] = await Promise.all([run(fresh(10, 27, 3)), run(fresh(10, 27, 3), { parallel: 3 })])
    expect(three.done).toEqual(one.done)
    expect(three.kept).toEqual(three.done)
  })

  test('stopped at any moment and gone on with comes to the same', async () => {
    const { done: whole, calls } = await run(fresh(9, 27, 3))
    for (let stop = 1; stop < calls.length; stop++) {
      const stopping = new AbortController()
      let [count, kept] = [0, fresh(9, 27, 3)]
      await run(kept, {
        signal: stopping.signal,
        run: async ({ trial }, epochs) => {
          if (count++ < stop) return { epochs, best: epochs, loss: lossAt(trial, epochs), seconds: 1 }
          stopping.abort()
          return undefined
        },
        save: async (now) => {
          kept = JSON.parse(JSON.stringify(now))
        },
      })
      const rest = await run(kept)
      expect(rest.done).toEqual(JSON.parse(JSON.stringify(whole)))
      expect(rest.calls).toEqual(calls.slice(stop))
    }
  })

  test('goes on without trials that fail, in the first rung or a later one, and lets nobody up in their place', async () => {
    const whole = fresh(9, 27, 3)
    const { done: healthy } = await run(whole)
    const [best, second] = ranked(healthy.trials).map(({ trial }) => trial)
    const { done, calls } = await run(whole, { broken: (trial, epochs) => trial === best && epochs === 9 })
    expect(calls.filter(([, epochs]) => epochs === 9)).toHaveLength(3)
    expect(calls.filter(([, epochs]) => epochs === 27)).toHaveLength(1)
    expect(bestOf(done)?.trial).not.toBe(best)
    expect(ranked(done.trials).at(-1)).toMatchObject({ trial: best, failed: 'the loss became NaN' })
    // Gone on with, nothing is left to do.
    expect((await run(done)).calls).toEqual([])

    const first = await run(whole, { broken: (trial, epochs) => trial === second && epochs === 3 })
    expect(first.calls.filter(([trial]) => trial === second)).toHaveLength(1)
    expect(bestOf(first.done)?.trial).toBe(best)
  })

  test('of trials that all fail has no best', async () => {
    const { done } = await run(fresh(3, 27, 3), { broken: () => true })
    expect(bestOf(done)).toBeUndefined()
    expect(done.trials.every(({ failed }) => failed)).toBe(true)
  })
})
