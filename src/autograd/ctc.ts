import { InputError } from '../base/errors.ts'
import { logSoftmax } from '../base/logarithms.ts'
import type { Random } from '../base/random.ts'
import { expectWhole, showShape } from '../base/shape.ts'
import { CtcPaths, fewestSteps } from './ctc-paths.ts'
import { expectLengths, type Loss, sampleWeights } from './loss.ts'
import { defineOp, type OpSamples } from './op.ts'
import type { Tape, Variable } from './tape.ts'

export interface CtcLossOptions {
  /** The class that stands for none; 0 by default. */
  readonly blank?: number | undefined
  /** Whether a target that cannot be emitted has the loss 0 rather than being refused; false by default. */
  readonly zeroInfinity?: boolean | undefined
}

export interface CtcOptions extends CtcLossOptions {
  /** Steps of each sequence; all T where absent. */
  readonly lengths?: ArrayLike<number> | undefined
  /** How much each sample counts; 1 by default. */
  readonly weights?: ArrayLike<number> | undefined
}

/**
 * Connectionist temporal classification (Graves et al. 2006): -log of the probability that the steps spell the target when
 * repeats are merged and blanks dropped. Logits `[B, T, C]` against classes `[B, S]`, with -1 behind a target's end; each
 * sample's loss is divided by its number of classes (1 at least), and the mean of these taken, as PyTorch does.
 * @throws InputError when a class is none, or a target cannot be emitted in its steps and `zeroInfinity` is false
 */
export const ctc = defineOp<CtcOptions>({
  name: 'ctc',
  data: [1],
  run(tape, [logits, target], { blank = 0, zeroInfinity = false, lengths, weights }) {
    const { memory } = tape.kernels
    const [batch, steps, classes] = logits!.shape as [number, number, number]
    if (logits!.shape.length !== 3 || target!.shape.length !== 2 || target!.shape[0] !== batch)
      throw new InputError(
        `ctc: expected logits [batch, time, classes] and classes [batch, most of a target], ` +
          `got ${showShape(logits!.shape)} and ${showShape(target!.shape)}`,
      )
    expectWhole('ctc: blank', blank, 0, classes - 1)
    if (lengths) expectLengths('ctc', lengths, batch, steps)
    const scores = memory.view(logits!.at, logits!.size)
    // There are none where kernels only count room.
    const samples = scores.length === 0 ? [] : targetsOf(tape, target!, classes, blank)
    const weighs = sampleWeights('ctc', weights, batch, batch)
    const total = weightSum(batch, weights)
    const paths = samples.map((classesOf, b) => {
      const length = lengths?.[b] ?? steps
      if (!zeroInfinity && weighs(b) > 0) expectSteps(b, classesOf, length)
      const from = b * steps * classes
      return new CtcPaths(
        logSoftmax(scores.subarray(from, from + length * classes), classes),
        classes,
        classesOf,
        blank,
      )
    })
    const counts = ({ logProbability }: CtcPaths, b: number) =>
      weighs(b) > 0 && (!zeroInfinity || logProbability > Number.NEGATIVE_INFINITY)
    const share = (b: number) => weighs(b) / (total * Math.max(1, samples[b]!.length))
    const at = memory.take(1)
    memory.view(at, 1)[0] = paths.reduce(
      (sum, path, b) => (counts(path, b) ? sum - path.logProbability * share(b) : sum),
      0,
    )

    return tape.result(at, [], [logits!], (gradient) => {
      const into = memory.view(tape.gradient(logits!), logits!.size)
      const scale = memory.view(gradient, 1)[0]!
      for (const [b, path] of paths.entries())
        if (counts(path, b)) path.addGradient(into, b * steps * classes, scale * share(b))
    })
  },
})

export const samples: OpSamples<CtcOptions> = () =>
  [
    {
      shapes: [
        [1, 1, 2],
        [1, 1],
      ],
      options: {},
    },
    {
      shapes: [
        [2, 7, 5],
        [2, 3],
      ],
      options: {},
    },
    {
      shapes: [
        [3, 9, 4],
        [3, 4],
      ],
      options: { blank: 3, lengths: [9, 5, 7], weights: [2, 0, 0.5] },
    },
    {
      shapes: [
        [4, 5, 4],
        [4, 5],
      ],
      options: { blank: 1, lengths: [5, 0, 3, 4], zeroInfinity: true },
    },
  ].map((sample) => ({
    ...sample,
    draw: (random: Random, i: number) => {
      if (i === 0) return random.between(-2, 2)
      const label = random.below(sample.shapes[0]!.at(-1)!) - 1
      return label === (sample.options.blank ?? 0) ? label + 1 : label
    },
  }))

/** CTC as training uses it: outputs `[T, C]` against classes `[S]`, with -1 behind a target's end. */
export function ctcLoss({ blank = 0, zeroInfinity = false }: CtcLossOptions = {}): Loss {
  expectWhole('ctcLoss: blank', blank, 0)
  return {
    expectFits(output, target) {
      if (output.length !== 2 || target.length !== 1)
        throw new InputError(
          `ctc: expected a model that gives [time, classes] and targets [most classes], ` +
            `got ${showShape(output)} and ${showShape(target)}`,
        )
      expectWhole('ctc: blank', blank, 0, output[1]! - 1)
    },
    // No more classes than steps can be emitted.
    targetShape: (output) => output.slice(0, 1),
    run: (tape, prediction, target, lengths, weights) =>
      ctc.run(tape, [prediction, target], { blank, zeroInfinity, lengths, weights }),
    count: (_, prediction, __, ___, weights) => weightSum(prediction.shape[0]!, weights),
  }
}

/** What the samples of a batch weigh together. */
const weightSum = (batch: number, weights: ArrayLike<number> | undefined): number =>
  weights ? Array.from(weights).reduce((sum, weight) => sum + weight, 0) : batch

/** The classes of each sample's target, up to its padding. */
function targetsOf({ kernels }: Tape, { at, size, shape }: Variable, classes: number, blank: number): number[][] {
  const [batch, most] = shape as [number, number]
  const labels = Array.from(kernels.memory.view(at, size))
  return Array.from({ length: batch }, (_, b) => {
    const row = labels.slice(b * most, (b + 1) * most)
    const end = row.indexOf(-1)
    const target = end < 0 ? row : row.slice(0, end)
    const wrong = target.findIndex(
      (label) => !(Number.isInteger(label) && label >= 0 && label < classes && label !== blank),
    )
    if (wrong < 0) return target
    throw new InputError(
      `ctc: expected a class from 0 to ${classes - 1} other than the blank ${blank}, or -1 for padding, ` +
        `got ${target[wrong]} at [${b}, ${wrong}] of the batch's targets`,
    )
  })
}

function expectSteps(b: number, target: readonly number[], length: number): void {
  const fewest = fewestSteps(target)
  if (length >= fewest) return
  const repeats = fewest - target.length
  throw new InputError(
    `ctc: sample ${b} of the batch has ${length} steps, but its target of ${target.length} classes` +
      `${repeats > 0 ? `, ${repeats} of them repeated,` : ''} takes at least ${fewest}; ` +
      'use longer sequences, fewer strides, or zeroInfinity to leave such samples out',
  )
}
