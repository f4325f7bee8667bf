import { expectOneOf, InputError } from '../base/errors.ts'
import { expectWhole } from '../base/shape.ts'
import { expectNotNegative, expectPositive } from './ranges.ts'
import type { FeedbackSchedule } from './schedules.ts'

export interface ReduceOnPlateauOptions {
  /** The rate at first. */
  readonly rate: number
  /** By what the rate is multiplied; 0.1. */
  readonly factor?: number
  /** How many validations may pass without a better loss; 10. */
  readonly patience?: number
  /** How much better a loss must be, as a share of the best or, with `thresholdMode: 'abs'`, as a difference; 1e-4. */
  readonly threshold?: number
  readonly thresholdMode?: 'rel' | 'abs'
  /** Validations after a change that count nothing; 0. */
  readonly cooldown?: number
  /** The least rate; 0. */
  readonly minRate?: number
  /** A change of the rate that is not above this is left out; 1e-8. */
  readonly epsilon?: number
}

/**
 * Multiplies the rate once the validation loss has not become better for longer than `patience`, as PyTorch's
 * ReduceLROnPlateau. It remembers the rate, the best loss and two counts.
 * @throws InputError when an option is out of its range
 */
export function reduceOnPlateau({
  rate,
  factor = 0.1,
  patience = 10,
  threshold = 1e-4,
  thresholdMode = 'rel',
  cooldown = 0,
  minRate = 0,
  epsilon = 1e-8,
}: ReduceOnPlateauOptions): FeedbackSchedule {
  expectPositive('reduceOnPlateau', { rate }, 'a learning rate')
  expectNotNegative('reduceOnPlateau', { threshold, minRate, epsilon })
  expectOneOf('reduceOnPlateau: thresholdMode', thresholdMode, ['rel', 'abs'])
  expectWhole('reduceOnPlateau: patience', patience, 0)
  expectWhole('reduceOnPlateau: cooldown', cooldown, 0)
  if (!(factor > 0 && factor < 1))
    throw new InputError(`reduceOnPlateau: factor: expected a number above 0 and below 1, got ${factor}`)
  const enough = (best: number) => (thresholdMode === 'rel' ? best * (1 - threshold) : best - threshold)
  return {
    start: { rate, bad: 0, rest: 0 },
    rate: (memory) => memory.rate!,
    observe({ rate, bad, rest, ...memory }, loss) {
      const better = memory.best === undefined || loss < enough(memory.best)
      const best = better ? loss : memory.best!
      // The validations of a rest count as good ones.
      const waited = better || rest! > 0 ? 0 : bad! + 1
      const left = Math.max(0, rest! - 1)
      if (waited <= patience) return { rate: rate!, best, bad: waited, rest: left }
      const less = Math.max(rate! * factor, minRate)
      return { rate: rate! - less > epsilon ? less : rate!, best, bad: 0, rest: cooldown }
    },
  }
}
