import { InputError } from '../../base/errors.ts'
import { expectWhole } from '../../base/shape.ts'

/** A round of a sweep: as many trials as come so far, and the epochs that they then have in all. */
export interface Rung {
  readonly epochs: number
  readonly trials: number
}

/**
 * Successive halving (Jamieson & Talwalkar 2016): all trials begin with few epochs, and from each rung the best 1/η go on to η
 * times as many, until the last have all epochs. Without η there is one rung.
 * @throws InputError where there are too few trials or epochs to halve
 */
export function rungsOf(trials: number, epochs: number, eta?: number): Rung[] {
  if (eta === undefined) return [{ epochs, trials }]
  expectWhole('halving', eta, 2)
  let last = 0
  while (Math.min(trials, epochs) >= eta ** (last + 1)) last++
  if (last === 0)
    throw new InputError(
      `halving: by ${eta} it takes at least ${eta} trials and ${eta} epochs, got ${trials} and ${epochs}`,
    )
  return Array.from({ length: last + 1 }, (_, k) => ({
    epochs: Math.round(epochs / eta ** (last - k)),
    trials: Math.floor(trials / eta ** k),
  }))
}

/** The trials that take rung k: of those that came through the one below the best, the earlier of equals. */
export function entrants<T extends { readonly rungs: readonly { readonly loss: number }[] }>(
  trials: readonly T[],
  rungs: readonly Rung[],
  k: number,
): T[] {
  if (k === 0) return [...trials]
  const lossOf = (trial: T) => trial.rungs[k - 1]!.loss
  return trials
    .filter((trial) => trial.rungs.length >= k)
    .sort((a, b) => lossOf(a) - lossOf(b))
    .slice(0, rungs[k]!.trials)
}
