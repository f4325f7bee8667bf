import type { TrainerState } from './trainer.ts'

/** What came out best so far. */
export interface Best {
  readonly epoch: number
  /** Steps of the optimiser until then, over all epochs. */
  readonly step: number
  /** Loss on the validation part, or on the train part where there is no validation. */
  readonly loss: number
}

/** What a training has to remember between two steps. */
export interface RunState {
  /** Plain JSON: what the run was made of, its position, and what has come out so far. */
  readonly numbers: {
    readonly made: Readonly<Record<string, unknown>>
    readonly progress: Progress
    readonly trainer: TrainerState['numbers']
  }
  /** Exact copies: weights, the optimiser's slots, their average, the best, and states carried between windows. */
  readonly tensors: TrainerState['tensors']
}

/** Where a run is, in an epoch counted from 1, and what the epoch has come to so far. */
export interface Progress {
  readonly epoch: number
  /** Samples whose batches are through. */
  samples: number
  steps: number
  /** Sums over the steps so far: of the loss by what counts, of what counts, of norms and of time. */
  loss: number
  count: number
  norm: number
  seconds: number
  /** The latest validation loss; null where there is none that is a number. */
  validation: number | null
  best?: Best
  /** Validations since the best. */
  since: number
  /** Whether early stopping has ended the run. */
  stopped?: true
}
