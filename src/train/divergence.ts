import { InputError } from '../base/errors.ts'
import type { Finding } from './given.ts'

/** Where the numbers of a training stopped being finite. */
export interface Divergence extends Finding {
  /** Of each sample, where it comes from, if its data tells. */
  readonly rows?: readonly string[]
}

/** A loss or gradient that is no number, or infinite: the training has stopped ahead of that step. */
export class DivergenceError extends InputError {
  override readonly name = 'DivergenceError'
  /** Of the training, both counted from 1. */
  readonly epoch: number
  readonly step: number
  /** The first number that was not finite; absent where a second look found none, or had no room. */
  readonly where: Divergence | undefined

  constructor(message: string, { epoch, step, where }: Pick<DivergenceError, 'epoch' | 'step' | 'where'>) {
    super(message)
    this.epoch = epoch
    this.step = step
    this.where = where
  }
}
