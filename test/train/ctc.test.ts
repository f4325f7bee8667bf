import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ctc, Tape } from '../../src/autograd/index.ts'
import { InputError } from '../../src/base/errors.ts'
import { Random } from '../../src/base/random.ts'
import type { PlainTensor } from '../../src/base/shape.ts'
import {
  adam,
  ctcBeamSearch,
  ctcGreedy,
  ctcLoss,
  dense,
  gru,
  lstm,
  memoryPlan,
  samplesFrom,
  sequential,
} from '../../src/index.ts'
import { createKernels } from '../../src/kernels/index.ts'
import { epochsOf } from './samples.ts'

const plain = (data: ArrayLike<number>, shape: readonly number[]): PlainTensor => ({ data, shape })
const draw = (seed: number, count: number, spread = 2) => {
  const random = new Random(seed, 'ctc')
  return Float64Array.from({ length: count }, () => random.between(-spread, spread))
}

/** The loss of a batch in float64, and its gradient. */
function judged(logits: PlainTensor, targets: PlainTensor, options: Parameters<typeof ctc.run>[2] = {}) {
  const tape = new Tape(createKernels('reference'))
  const x = tape.input(logits, true)
  const loss = ctc.run(tape, [x, tape.input(targets)], options)
  tape.backward(loss)
  return { loss: tape.read(loss).data[0]!, gradient: Array.from(tape.read({ ...x, at: tape.gradient(x) }).data) }
}

/** The probability of everything that one sequence's logits can spell, by going through every way. */
function spellings(logits: ArrayLike<number>, classes: number, blank: number): Map<string, number> {
  const steps = logits.length / classes
  const found = new Map<string, number>()
  for (let way = 0; way < classes ** steps; way++) {
    const path = Array.from({ length: steps }, (_, t) => Math.floor(way / classes ** t) % classes)
    let probability = 1
    for (const [t, label] of path.entries()) {
      const row = Array.from({ length: classes }, (_, c) => Math.exp(logits[t * classes + c]!))
      probability *= row[label]! / row.reduce((a, b) => a + b)
    }
    const spelled = path.filter((label, t) => label !== blank && label !== path[t - 1]).join()
    found.set(spelled, (found.get(spelled) ?? 0) + probability)
  }
  return found
}

const small = fc.record({
  steps: fc.integer({ min: 1, max: 5 }),
  classes: fc.integer({ min: 2, max: 4 }),
  seed: fc.nat(1e6),
  blank: fc.nat(3),
})
const classesOf = (spelled: string) => (spelled === '' ? [] : spelled.split(',').map(Number))

describe('against every way there is', () => {
  test('the loss of each target that can be spelled is -log of its probability, over its classes', () => {
    fc.assert(
      fc.property(small, ({ steps, classes, seed, ...options }) => {
        const blank = options.blank % classes
        const logits = draw(seed, steps * classes)
        for (const [spelled, probability] of spellings(logits, classes, blank)) {
          const target = classesOf(spelled)
          const padded = plain([...target, -1, 77], [1, target.length + 2])
          const { loss, gradient } = judged(plain(logits, [1, steps, classes]), padded, { blank })
          expect(loss * Math.max(1, target.length)).toBeCloseTo(-Math.log(probability), 9)
          for (let t = 0; t < steps; t++) {
            const row = gradient.slice(t * classes, (t + 1) * classes)
            expect(row.reduce((a, b) => a + b)).toBeCloseTo(0, 9)
          }
        }
      }),
      { numRuns: 30 },
    )
  })

  test('a beam search that leaves nothing out finds them all, with their probabilities, the likeliest first', () => {
    fc.assert(
      fc.property(small, ({ steps, classes, seed, ...options }) => {
        const blank = options.blank % classes
        const logits = draw(seed, steps * classes)
        const expected = spellings(logits, classes, blank)
        const [found] = ctcBeamSearch(plain(logits, [1, steps, classes]), { blank, width: 10_000 })
        expect(new Set(found!.map((guess) => guess.classes.join()))).toEqual(new Set(expected.keys()))
        for (const { classes: spelled, logProbability } of found!)
          expect(Math.exp(logProbability)).toBeCloseTo(expected.get(spelled.join())!, 10)
        const order = found!.map(({ logProbability }) => logProbability)
        expect(order).toEqual([...order].sort((a, b) => b - a))
      }),
      { numRuns: 30 },
    )
  })

  test('a narrow beam keeps as many, none likelier than the truth', () => {
    const logits = draw(4, 5 * 4)
    const expected = spellings(logits, 4, 0)
    for (const width of [1, 2, 5]) {
      const [found] = ctcBeamSearch(plain(logits, [1, 5, 4]), { width })
      expect(found).toHaveLength(width)
      for (const { classes, logProbability } of found!)
        expect(Math.exp(logProbability)).toBeLessThan(expected.get(classes.join())! + 1e-12)
    }
  })
})

describe('decoding', () => {
  /** Logits that make each step say one class. */
  const saying = (steps: readonly number[], classes = 4) =>
    steps.flatMap((label) => Array.from({ length: classes }, (_, c) => (c === label ? 5 : 0)))

  test('greedy merges repeats, and a blank parts them', () => {
    const logits = plain([...saying([1, 1, 0, 1, 2, 2, 0]), ...saying([0, 3, 3, 3, 1, 1, 1])], [2, 7, 4])
    expect(ctcGreedy(logits)).toEqual([
      [1, 1, 2],
      [3, 1],
    ])
    expect(ctcGreedy(logits, { lengths: [4, 0] })).toEqual([[1, 1], []])
    expect(ctcGreedy(logits, { blank: 1 })[1]).toEqual([0, 3])
    expect(ctcBeamSearch(logits).map(([best]) => best!.classes)).toEqual(ctcGreedy(logits))
  })

  test('the beam finds the likeliest spelling where the likeliest way misleads', () => {
    // Blank with 0.6 at both steps is the likeliest way (0.36); class 1 is spelled in three ways (0.64).
    const logits = plain([0.6, 0.4, 0.6, 0.4].map(Math.log), [1, 2, 2])
    expect(ctcGreedy(logits)).toEqual([[]])
    const [guesses] = ctcBeamSearch(logits)
    expect(guesses![0]!.classes).toEqual([1])
    expect(Math.exp(guesses![0]!.logProbability)).toBeCloseTo(0.64, 10)
  })

  test.each<[() => unknown, string]>([
    [
      () => ctcGreedy(plain([1, 2], [1, 2])),
      'ctcGreedy: expected logits [batch, time, classes], got 2 numbers of [1, 2]',
    ],
    [
      () => ctcGreedy(plain([1, 2], [1, 1, 2]), { blank: 2 }),
      'ctcGreedy: blank: expected a whole number from 0 to 1, got 2',
    ],
    [
      () => ctcGreedy(plain([1, 2], [1, 1, 2]), { lengths: [2] }),
      'ctcGreedy: length 0: expected a whole number from 0 to 1, got 2',
    ],
    [
      () => ctcGreedy(plain([1, 2], [1, 1, 2]), { lengths: [] }),
      'ctcGreedy: expected a length for each of 1 sequences, got 0',
    ],
    [
      () => ctcBeamSearch(plain([1, 2], [1, 1, 2]), { width: 0 }),
      'ctcBeamSearch: width: expected a whole number of at least 1, got 0',
    ],
  ])('%#: one sentence', (work, sentence) => expect(work).toThrow(new InputError(sentence)))
})

describe('targets', () => {
  const logits = plain(draw(1, 2 * 4 * 3), [2, 4, 3])
  const sentenceOf = (targets: PlainTensor, options = {}) => {
    expect(() => judged(logits, targets, options)).toThrow(InputError)
    try {
      judged(logits, targets, options)
    } catch (error) {
      return (error as InputError).message
    }
  }

  test('that cannot be emitted are told with their sample, or left out', () => {
    const targets = plain([1, 2, -1, 2, 2, 2], [2, 3])
    expect(sentenceOf(targets)).toBe(
      'ctc: sample 1 of the batch has 4 steps, but its target of 3 classes, 2 of them repeated, takes at least 5; ' +
        'use longer sequences, fewer strides, or zeroInfinity to leave such samples out',
    )
    expect(sentenceOf(plain([1, 2, 1, 2], [2, 2]), { lengths: [1, 4] })).toMatch(
      /^ctc: sample 0 of the batch has 1 steps, but its target of 2 classes takes at least 2; /,
    )
    const alone = judged(plain(Array.from(logits.data).slice(0, 12), [1, 4, 3]), plain([1, 2], [1, 2]))
    const both = judged(logits, targets, { zeroInfinity: true })
    expect(both.loss).toBeCloseTo(alone.loss / 2, 12)
    expect(both.gradient.slice(12)).toEqual(Array(12).fill(0))
  })

  test.each([
    [[1, 0, 2, 2], 'got 0 at [0, 1]'],
    [[1, 2, 3, 1], 'got 3 at [1, 0]'],
    [[1, 2, 1, 1.5], 'got 1.5 at [1, 1]'],
    [[1, 2, Number.NaN, 1], 'got NaN at [1, 0]'],
  ])('%j', (labels, tail) => {
    const known = 'ctc: expected a class from 0 to 2 other than the blank 0, or -1 for padding, '
    expect(sentenceOf(plain(labels, [2, 2]))).toBe(`${known}${tail} of the batch's targets`)
  })

  test('steps behind a length are not looked at', () => {
    const targets = plain([1, 2, 2, -1], [2, 2])
    const options = { lengths: [2, 3] }
    const padded = Array.from(logits.data, (value, i) =>
      Math.floor(i / 3) % 4 < options.lengths[i < 12 ? 0 : 1]! ? value : NaN,
    )
    expect(judged(plain(padded, [2, 4, 3]), targets, options)).toEqual(judged(logits, targets, options))
  })
})

describe('fit', () => {
  // Each class is a level held for a few steps; which steps is not told.
  const [count, steps] = [24, 10]
  const random = new Random(9, 'levels')
  const spelled = Array.from({ length: count }, () =>
    Array.from({ length: 1 + random.below(3) }, () => 1 + random.below(3)),
  )
  const lengths = spelled.map((target) => 3 * target.length + 1)
  const inputs = plain(
    spelled.flatMap((target) =>
      Array.from({ length: steps }, (_, t) => (t % 3 === 0 ? 0 : (target[Math.floor(t / 3)] ?? 0))),
    ),
    [count, steps, 1],
  )
  const targets = plain(
    spelled.flatMap((target) => Array.from({ length: 3 }, (_, i) => target[i] ?? -1)),
    [count, 3],
  )
  const train = samplesFrom({ inputs, targets, lengths })

  test('learns what is spelled, with any class as the blank, and decodes it', async () => {
    // Classes from 1 beside the blank 0, and from 0 beside the blank 3.
    for (const blank of [0, 3]) {
      const loss = ctcLoss({ blank })
      const shift = blank === 0 ? 0 : 1
      const samples = samplesFrom({
        inputs,
        targets: plain(
          Array.from(targets.data, (label) => (label < 0 ? label : label - shift)),
          [count, 3],
        ),
        lengths,
      })
      const expected = spelled.map((target) => target.map((label) => label - shift))
      const model = sequential([gru(16), dense(4)]).init({ inputs: 1, seed: 3 })
      const options = { epochs: 150, batch: 12, optimizer: adam(0.02), clipNorm: 5, loss }
      const epochs = await epochsOf(model, { train: samples, validation: samples }, options)
      expect(epochs.at(-1)!.validation.loss).toBeLessThan(0.1 * epochs[0]!.loss)
      const logits = model.predict(samples, loss)
      expect(ctcGreedy(logits, { blank, lengths })).toEqual(expected)
      expect(ctcBeamSearch(logits, { blank, lengths, width: 4 }).map(([best]) => best!.classes)).toEqual(expected)
    }
  })

  test('memory is planned for as many classes as steps', async () => {
    const layers = sequential([lstm(5), dense(4)])
    const model = layers.init({ inputs: 1, steps })
    await epochsOf(model, { train }, { epochs: 1, batch: count, loss: ctcLoss() })
    const { kept, arenaPeak } = model.kernels.memory.usage()
    const { total } = memoryPlan(layers, { inputs: 1, steps, batch: count, lengths, loss: ctcLoss() })
    // Of the targets there are 3 a sample; a piece of memory begins at a multiple of 16 numbers.
    const [planned, taken] = [count * steps, count * 3].map((n) => 4 * 16 * Math.ceil(n / 16))
    expect(total - planned!).toBe(kept + arenaPeak - taken!)
  })

  test.each<[string, () => unknown, string]>([
    [
      'a model of one answer',
      () =>
        epochsOf(
          sequential([gru(4, { returns: 'last' }), dense(4)]).init({ inputs: 1 }),
          { train },
          { epochs: 1, loss: ctcLoss() },
        ),
      'ctc: expected a model that gives [time, classes] and targets [most classes], got [4] and [3]',
    ],
    [
      'no such blank',
      () => epochsOf(sequential([gru(4)]).init({ inputs: 1 }), { train }, { epochs: 1, loss: ctcLoss({ blank: 4 }) }),
      'ctc: blank: expected a whole number from 0 to 3, got 4',
    ],
    ['half a blank', () => ctcLoss({ blank: 0.5 }), 'ctcLoss: blank: expected a whole number of at least 0, got 0.5'],
  ])('%s: one sentence', async (_, work, sentence) => {
    await expect((async () => work())()).rejects.toThrow(new InputError(sentence))
  })
})
