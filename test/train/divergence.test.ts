import { describe, expect, test } from 'vitest'
import { meanLossOf } from '../../src/autograd/index.ts'
import { Random } from '../../src/base/random.ts'
import { exp, log } from '../../src/expr/index.ts'
import {
  adam,
  dense,
  dropout,
  embedding,
  fit,
  flatten,
  type Loss,
  lstm,
  parseCsv,
  rnn,
  samplesFrom,
  sequential,
  windows,
} from '../../src/index.ts'
import { failure, plain, put, tiers, where } from './diverging.ts'
import { epochsOf, numbers, weightsOf } from './samples.ts'

describe.each(tiers)('what a step is given, %s', (kernels) => {
  const rows = Array.from({ length: 6 }, (_, i) => numbers(new Random(i, 'rows'), 4))
  const targets = rows.map(([first]) => first!)
  const make = () => sequential([lstm(3, { returns: 'last' }), dense(1)]).init({ inputs: 1, steps: 4, kernels })

  test('an input: the sample, the step and the feature', async () => {
    const error = await failure(make(), plain(rows.with(4, [0, 1, Number.NaN, 0]), targets))
    expect(error.message).toBe(
      'the loss became NaN in epoch 1, step 1: the inputs hold NaN at time step 2 (from 0), feature 0, in sample 4; ' +
        'the model is as it was before that step (filling in or leaving out what is missing usually helps)',
    )
    const found = { phase: 'inputs', step: 2, feature: 0, samples: [4], value: Number.NaN }
    expect(error.where).toEqual(found)
    expect(error.step).toBe(1)
  })

  test('an input that the kernels cannot hold', async () => {
    const value = kernels === 'simd' ? 1e39 : Number.POSITIVE_INFINITY
    const error = await failure(make(), plain(rows.with(1, [0, 0, 0, value]), targets))
    expect(error.where).toMatchObject({ phase: 'inputs', step: 3, samples: [1], value: Number.POSITIVE_INFINITY })
    expect(error.message).toMatch(/ \(scaling the data usually helps\)$/)
  })

  test('padding may hold anything: what counts is looked at', async () => {
    const [gap, padded] = [Number.NaN, [0, 1, Number.NaN, Number.NaN]]
    const data = plain(rows.with(0, padded).with(3, [0, gap, 0, 0]), targets, [2, 4, 4, 4, 4, 4])
    expect(await where(make(), data)).toMatchObject({ phase: 'inputs', step: 1, samples: [3] })
    const every = sequential([lstm(3), dense(1)]).init({ inputs: 1, kernels })
    const steps = rows.map((row) => row.map((value) => value / 2))
    const timed = (targets: number[][]) =>
      samplesFrom({
        inputs: { data: rows.with(0, padded).flat(), shape: [6, 4, 1] },
        targets: { data: targets.flat(), shape: [6, 4, 1] },
        lengths: [2, 4, 4, 4, 4, 4],
      })
    const spoiled = timed(steps.with(0, [0, 0, gap, gap]).with(5, [0, 0, 0, gap]))
    expect(await where(every, spoiled)).toMatchObject({ phase: 'targets', samples: [5] })
    await epochsOf(every, { train: timed(steps.with(0, [0, 0, gap, gap])) }, { epochs: 1 })
  })

  test('a target, unless its sample weighs nothing', async () => {
    const data = plain(rows, targets.with(2, Number.NaN).with(5, Number.NEGATIVE_INFINITY))
    expect(await where(make(), data)).toMatchObject({ phase: 'targets', samples: [2, 5], value: Number.NaN })
    const weighed = { sampleWeights: [1, 1, 0, 1, 1, 1] }
    expect(await where(make(), data, weighed)).toMatchObject({ samples: [5], value: Number.NEGATIVE_INFINITY })
  })

  test('a parameter, by name', async () => {
    const model = put(make(), { '0.bias_hh_l0': Number.NaN })
    const error = await failure(model, plain(rows, targets))
    expect(error.where).toEqual({ phase: 'parameters', parameter: '0.bias_hh_l0', samples: [], value: Number.NaN })
    expect(error.message).toContain(": the parameter '0.bias_hh_l0' holds NaN; the model")
  })

  test('padding that the model reads all the same', async () => {
    const model = sequential([flatten(), dense(1)]).init({ inputs: 1, steps: 4, kernels })
    const data = plain(rows.with(4, [0, 1, 0, Number.NaN]), targets, [4, 4, 4, 4, 2, 4])
    expect(await where(model, data)).toMatchObject({ phase: 'inputs', step: 3, samples: [4] })
  })
})

describe.each(tiers)('what a step computes, %s', (kernels) => {
  const rows = Array.from({ length: 6 }, (_, i) => numbers(new Random(i, 'rows'), 4))
  const targets = rows.map(([first]) => first!)
  const huge = kernels === 'simd' ? 1e30 : 1e200

  test('an operation of a layer: the one that made it, for those samples', async () => {
    const model = sequential([dense(2), flatten(), dense(1)]).init({ inputs: 1, steps: 4, kernels })
    put(model, { '0.weight': huge, '0.bias': 0, '2.weight': huge, '2.bias': 0 })
    const data = plain(
      [
        [0, 0, 0, 0],
        [0, 1, 0, 0],
        [0, 0, 0, 0],
        [0, 0, 0, 2],
      ],
      [0, 0, 0, 0],
    )
    const error = await failure(model, data)
    const found = { phase: 'forward', layer: 'layer 2 (dense)', op: 'dense', samples: [1, 3] }
    expect(error.where).toEqual({ ...found, value: Number.POSITIVE_INFINITY })
    expect(error.message).toContain(
      ": the result of 'dense' in layer 2 (dense) became Infinity, in sample 1 and sample 3; ",
    )
  })

  test('what tokens stand for', async () => {
    const model = sequential([embedding(5, 2), dense(1), lstm(2, { returns: 'last' }), dense(1)])
    const made = model.init({ inputs: 'tokens', steps: 3, kernels })
    put(made, { '0.weight': [0, 0, 1, 1, huge, huge, 0, 0, 0, 0], '1.weight': huge })
    const tokens = [
      [0, 1, 3],
      [4, 2, 2],
      [3, 3, 3],
      [1, 1, 2],
    ]
    const data = samplesFrom({
      inputs: { data: tokens.flat(), shape: [4, 3] },
      targets: { data: [0, 0, 0, 0], shape: [4, 1] },
    })
    expect(await where(made, data)).toMatchObject({ layer: 'layer 1 (dense)', op: 'dense', step: 1, samples: [1] })
  })

  test('a loss, for the samples whose own is none', async () => {
    const model = sequential([lstm(3, { returns: 'last' }), dense(1)]).init({ inputs: 1, steps: 4, seed: 3, kernels })
    const data = plain(rows, targets)
    // Some outputs are below 0.
    const middle = [...model.predict(data).data].sort((a, b) => a - b)[2]!
    put(model, { '1.bias': model.kernels.memory.copy(model.parameters.get('1.bias').at, 1)[0]! - middle - 1e-3 })
    const below = Array.from(model.predict(data).data).flatMap((output, i) => (output < 0 ? [i] : []))
    expect(below.length % 6).not.toBe(0)
    const error = await failure(model, data, { loss: meanLossOf((p, t) => log(p).mul(t)) })
    expect(error.where).toMatchObject({ phase: 'loss', op: 'mean loss', samples: below, value: Number.NaN })
    expect(error.message).toContain(": the loss ('mean loss') came to NaN on finite outputs, in sample ")
    expect(error.message).toMatch(/ \(keeping from 0 what the loss takes logs or quotients of usually helps\)$/)
  })

  test('a loss written by hand', async () => {
    const model = sequential([lstm(3, { returns: 'last' }), dense(1)]).init({ inputs: 1, steps: 4, kernels })
    const loss: Loss = {
      expectFits() {},
      targetShape: (output) => output,
      count: () => 1,
      run: (tape, prediction) => {
        const at = tape.kernels.memory.take(1)
        tape.kernels.memory.view(at, 1)[0] = Number.NaN
        return tape.result(at, [], [prediction], () => {})
      },
    }
    const error = await failure(model, plain(rows, targets), { loss })
    expect(error.where).toMatchObject({ phase: 'loss', samples: [0, 1, 2, 3, 4, 5] })
    expect(error.message).toContain(
      ': the loss came to NaN on finite outputs, in sample 0, sample 1, sample 2 and 3 more;',
    )
  })

  test('a loss whose derivative is infinite where it is not', async () => {
    const model = put(sequential([flatten(), dense(1)]).init({ inputs: 1, steps: 4, kernels }), { '1.bias': 0 })
    // |p| = e^(log p² / 2) is 0 at 0, and its derivative 0 / 0.
    const root = meanLossOf((p) => exp(log(p.mul(p)).mul(0.5)))
    const error = await failure(
      model,
      plain(
        [
          [0, 0, 0, 0],
          [1, 1, 1, 1],
        ],
        [0, 0],
      ),
      { loss: root },
    )
    expect(error.where).toMatchObject({ phase: 'backward', layer: 'the loss', op: 'mean loss', samples: [0] })
  })

  test('chance is the same the second time', async () => {
    const model = sequential([dropout(0.5), rnn(1, { activation: 'relu', returns: 'last' })])
    const made = put(model.init({ inputs: 1, kernels }), {
      ...{ '1.weight_ih_l0': huge, '1.weight_hh_l0': huge, '1.bias_ih_l0': 0, '1.bias_hh_l0': 0 },
    })
    const inputs = Array.from({ length: 9 }, () => [1, 0, 0])
    const seen = made.withTape((tape) => {
      const x = tape.input({ data: inputs.flat(), shape: [9, 3, 1] })
      return Array.from(tape.read(made.forward(tape, x)).data)
    }, new Random(7, 'step 1'))
    const exploded = seen.flatMap((value, i) => (Number.isFinite(value) ? [] : [i]))
    expect(exploded.length % 9).not.toBe(0)
    expect((await where(made, plain(inputs, new Array(9).fill(0)), { seed: 7 })).samples).toEqual(exploded)
  })

  test('batches that make one step: the one at fault', async () => {
    const model = sequential([flatten(), dense(1)]).init({ inputs: 1, steps: 4, kernels })
    put(model, { '1.weight': huge, '1.bias': 0 })
    const inputs = Array.from({ length: 6 }, (_, i) => [0, 0, 0, i === 4 ? huge : 0])
    expect(await where(model, plain(inputs, new Array(6).fill(0)), { batch: 2, accumulate: 3 })).toMatchObject({
      ...{ phase: 'forward', op: 'dense', samples: [4] },
    })
  })

  test('steps taken are kept, to the byte, and the best where it is kept', async () => {
    const make = () => sequential([flatten(), dense(1)]).init({ inputs: 1, steps: 4, kernels, seed: 2 })
    const [model, other, best] = [make(), make(), make()]
    const good = plain(rows, targets)
    const spoiled = plain(rows.with(5, [huge, huge, huge, huge]), targets)
    const options = { epochs: 1, batch: 2, shuffle: false, optimizer: adam(1e-2) }
    await expect(epochsOf(model, { train: spoiled }, options)).rejects.toMatchObject({ epoch: 1, step: 3 })
    await epochsOf(other, { train: { ...good, count: 4 } }, options)
    expect(weightsOf(model)).toEqual(weightsOf(other))
    const kept: number[][] = []
    let steps = 0
    const later = {
      ...good,
      fillInputs: (rows: ArrayLike<number>, into: Float32Array | Float64Array) =>
        steps === 4 ? into.fill(Number.NaN) : good.fillInputs(rows, into),
    }
    const run = async () => {
      const watched = { onStep: () => steps++, onEpoch: () => kept.push(weightsOf(best)) }
      for await (const _ of fit(best, { train: later }, { ...options, epochs: 2, ...watched, keepBest: true }));
    }
    await expect(run()).rejects.toThrow('; the model has its best weights, of epoch 1 (')
    expect(weightsOf(best)).toEqual(kept[0])
  })

  test('where a second look finds nothing, the sentence is short', async () => {
    const model = sequential([flatten(), dense(1)]).init({ inputs: 1, steps: 4, kernels })
    let looks = 0
    const once = {
      ...plain(rows, targets),
      fillTargets: (_: unknown, into: { fill(v: number): unknown }) => into.fill(looks++ ? 0 : Number.NaN),
    }
    const error = await failure(model, once)
    expect(error.where).toBeUndefined()
    expect(error.message).toBe(
      'the loss became NaN in epoch 1, step 1; the model is as it was before that step ' +
        '(a smaller learning rate, clipNorm: 1 or scaled inputs usually help)',
    )
  })
})

describe('rows of a table', () => {
  const lines = Array.from({ length: 30 }, (_, i) => `2024-01-${String(i + 1).padStart(2, '0')},${i === 9 ? 1e30 : i}`)
  const options = { target: 'sales', past: 3, horizon: 2, scale: 'none', split: [1, 0, 0] } as const
  const fail = async (text: string) => {
    const { train } = windows(parseCsv(text, { name: 'sales.csv' }), options)
    const model = sequential([lstm(2, { returns: 'last' }), dense(2)]).init({ inputs: 1, kernels: 'simd' })
    return { train, error: await failure(model, train) }
  }

  test('are told by number, below the header, and by date', async () => {
    const { train, error } = await fail(['day,sales', ...lines].join('\n'))
    // Row 10 is among the targets, rows i + 4 and i + 5, of these windows.
    expect(error.where).toMatchObject({ phase: 'loss', samples: [5, 6] })
    expect(error.where!.rows).toEqual([
      "rows 6 to 10 of 'sales.csv', 2024-01-06 to 2024-01-10",
      "rows 7 to 11 of 'sales.csv', 2024-01-07 to 2024-01-11",
    ])
    expect(error.message).toContain(
      ", in sample 5 (rows 6 to 10 of 'sales.csv', 2024-01-06 to 2024-01-10) and sample 6 (",
    )
    expect(train.describe(25)).toBe("rows 26 to 30 of 'sales.csv', 2024-01-26 to 2024-01-30")
  })

  test('of a file in another order are those of the file', async () => {
    const { error } = await fail(['day,sales', ...[...lines].reverse()].join('\n'))
    expect(error.where!.rows![0]).toBe("rows 21 to 25 of 'sales.csv', 2024-01-06 to 2024-01-10")
    const [even, odd] = [0, 1].map((rest) => lines.filter((_, i) => i % 2 === rest))
    const { train } = await fail(['day,sales', ...odd!, ...even!].join('\n'))
    expect(train.describe(0)).toBe("rows 1 to 2, 16 to 18 of 'sales.csv', 2024-01-01 to 2024-01-05")
  })

  test('of a table without dates are numbers alone, of the latest window those there are', async () => {
    const { train } = await fail(['sales', ...lines.map((line) => line.split(',')[1])].join('\n'))
    expect(train.describe(0)).toBe("rows 1 to 5 of 'sales.csv'")
  })
})
