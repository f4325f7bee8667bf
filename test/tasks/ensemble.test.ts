import { existsSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { formatModel, save } from '../../src/formats/index.ts'
import { readCheckpoint } from '../../src/tasks/checkpoint.ts'
import { type EnsembleOptions, trainEnsemble } from '../../src/tasks/ensemble.ts'
import { predict } from '../../src/tasks/forecaster.ts'
import { calibration, intervalOf } from '../../src/tasks/intervals.ts'
import { readMembers, writeMembers } from '../../src/tasks/members.ts'
import { forecaster, plan, scratch, table } from './made.ts'

const at = scratch()
const three = (folder: string, options: Partial<EnsembleOptions> = {}) =>
  trainEnsemble({
    forecaster: forecaster({ ensemble: 3 }),
    table,
    folder: at(folder),
    plan: plan(),
    watch: (_, train) => train({}),
    ...options,
  })
const bytesOf = ({ models }: Awaited<ReturnType<typeof three>>) =>
  models.map((model) => Buffer.from(formatModel(model)))

describe('an ensemble', () => {
  test('has members of different seeds, whose mean is said', async () => {
    const whole = await three('whole')
    expect(new Set(bytesOf(whole).map((bytes) => bytes.toString('base64'))).size).toBe(3)
    const made = forecaster({ ensemble: 3 })
    const each = whole.models.map((model) => predict({ ...made, models: [model] }, made.data.test).means)
    const all = predict({ ...made, models: whole.models }, made.data.test).means
    all.forEach((mean, i) => {
      expect(mean).toBeCloseTo((each[0]![i]! + each[1]![i]! + each[2]![i]!) / 3, 9)
    })
  })

  test.each([1, 2, 3])('stopped in member %i goes on from there to the same bytes', async (stopIn) => {
    const whole = await three('unstopped')
    const stopping = new AbortController()
    const folder = `stopped-${stopIn}`
    const first = await three(folder, {
      signal: stopping.signal,
      watch: (member, train) =>
        train({ onStep: ({ step, epoch }) => member === stopIn && epoch === 2 && step === 2 && stopping.abort() }),
    })
    expect([first.stopped, first.models.length]).toEqual([true, stopIn])
    const rest = await three(folder, { from: await readCheckpoint(at(folder)) })
    expect(rest.stopped).toBe(false)
    bytesOf(rest).forEach((bytes, i) => {
      expect(bytes.equals(bytesOf(whole)[i]!)).toBe(true)
    })
  })

  test('that begins anew leaves no member of an earlier one', async () => {
    await three('anew')
    expect(existsSync(at('anew', 'member-3'))).toBe(true)
    await three('anew', { forecaster: forecaster({ ensemble: 2 }) })
    expect(existsSync(at('anew', 'member-3'))).toBe(false)
  })

  test('is read back, and refused when a member is missing or of another make', async () => {
    const { models } = await three('read')
    await writeMembers(at('read'), models)
    const back = await readMembers(at('read'), 3, models[0]!)
    expect(back.map((model) => Buffer.from(formatModel(model)))).toEqual(
      models.slice(1).map((model) => Buffer.from(formatModel(model))),
    )
    await expect(readMembers(at('read'), 4, models[0]!)).rejects.toThrow('member-4')
    await save(forecaster({ hidden: 5 }).model, at('read', 'member-3', 'model.safetensors'))
    await expect(readMembers(at('read'), 3, models[0]!)).rejects.toThrow(
      'expected a model like the first of its ensemble',
    )
  })
})

describe('intervals', () => {
  const { data, options, head, model } = forecaster({ levels: [0.5, 0.9], log: true, normalise: 'last' })
  const ready = { options, head, models: [model] }
  const conformal = calibration(ready, data.validation)

  test('of a point hold their share of the windows they were calibrated on, each step for itself', () => {
    const said = predict(ready, data.validation)
    const actual = data.validation.targets()
    for (const level of options.levels)
      for (const ahead of [0, 1]) {
        const held = Array.from({ length: said.count }, (_, window) => {
          const [low, high] = intervalOf({ head, conformal }, said, window, ahead, level)!
          const came = actual[window * 2 + ahead]!
          return low - 1e-9 <= came && came <= high + 1e-9
        })
        const share = held.filter(Boolean).length / held.length
        expect(share).toBeGreaterThanOrEqual(level)
        expect(share).toBeLessThanOrEqual(level + 2 / held.length + 0.1)
      }
  })

  test('are none of a point without calibration, and none of an event', () => {
    const said = predict(ready, data.validation)
    expect(intervalOf({ head }, said, 0, 0, 0.9)).toBeUndefined()
    expect(calibration(ready, data.validation.take([]))).toBeUndefined()
    expect(calibration({ ...ready, head: { ...head, name: 'bernoulli' } }, data.validation)).toBeUndefined()
  })
})
