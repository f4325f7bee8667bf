import type { Loss, LossName } from '../autograd/index.ts'
import type { ParameterGroup } from './groups.ts'
import type { Optimizer } from './optimizers/index.ts'
import type { Best, RunState } from './run-state.ts'
import type { StepResult } from './trainer.ts'

/** Who watches a training; promises they return are waited for. */
export interface TrainingHooks {
  /** Called after each step; `run.state()` is what the steps to come hang on. */
  readonly onStep?: ((step: Step, run: Snapshot) => unknown) | undefined
  /** Called after each epoch, ahead of the loop's body. */
  readonly onEpoch?: ((epoch: Epoch, run: Snapshot) => unknown) | undefined
}

/** A training to be gone on with later. */
export interface Snapshot {
  /** What to give as `resume`. @throws InputError unless a callback or the loop's body runs */
  state(): RunState
}

export interface FitOptions extends TrainingHooks {
  readonly epochs: number
  /** Samples a batch; 32 by default. The last batch of an epoch may be smaller. */
  readonly batch?: number
  /** Samples that an epoch takes, others each time; all of them by default. */
  readonly perEpoch?: number
  /** Batches a step: their gradient is that of one batch as large as all of them; 1 by default. */
  readonly accumulate?: number
  /** `adam(1e-3)` by default. */
  readonly optimizer?: Optimizer
  /** Parameters with a rate or a decay of their own, or frozen; each belongs to the first group that it matches. */
  readonly groups?: readonly ParameterGroup[]
  /**
   * `'mse'` (default), `'mae'`, `'huber'`, `'binaryCrossEntropy'` (logits against 0 to 1), `'crossEntropy'`
   * (class indices as targets); a made one, as by `quantileLoss`, `gaussianLoss` or `ctcLoss`, or your own, as by `meanLossOf`.
   */
  readonly loss?: LossName | Loss
  /** With `'crossEntropy'`, how much a target of each class counts, in training and validation. */
  readonly classWeights?: readonly number[]
  /** How much each training sample counts: losses are means by these weights, so 2 is as good as a sample twice. */
  readonly sampleWeights?: ArrayLike<number>
  /** If ‖g‖ > clipNorm then g ← g·clipNorm/‖g‖, over all parameters together. */
  readonly clipNorm?: number
  /** Each number of the gradient is brought within ±clipValue, ahead of its norm. */
  readonly clipValue?: number
  /**
   * Decay d of a moving average of the weights, a ← d·a + (1-d)·w after each step. While training goes on `model.parameters`
   * are the raw weights w; validation takes the average, and so does the model when training ends in any way.
   */
  readonly ema?: number
  /**
   * For long series: a step of the optimiser after every so many steps of the sequences, each going on from the states where
   * the one before ended; gradients end at its beginning (truncated back-propagation through time, Williams & Peng 1990).
   */
  readonly window?: number
  /** Whether each epoch takes the samples in a new order; true by default. */
  readonly shuffle?: boolean
  /** Decides the order of samples and what dropout drops; 0 by default. */
  readonly seed?: number
  /** Validates after every so many steps; after each epoch by default. */
  readonly validateEvery?: number
  /**
   * Leaves the model, when training ends in any way, with the weights of the validation that came out best; of the epoch whose
   * training loss did, where there are no validation samples. False by default.
   */
  readonly keepBest?: boolean
  /** Ends training when so many validations in a row have not come out better; the best is kept, as by `keepBest`. */
  readonly earlyStopping?: EarlyStopping
  /** Stops between two steps; the model is left as after a `break`. */
  readonly signal?: AbortSignal
  /** What `state()` gave in a training with the same data and options: this one goes on from there, to the same bytes. */
  readonly resume?: RunState
}

export interface EarlyStopping {
  /** Validations, or epochs where there is none, that may pass without a better loss. */
  readonly patience: number
  /** A loss is better if it is below the best by more than this; 0. */
  readonly minDelta?: number
}

/** A step within an epoch, both counted from 1. */
export interface Step extends StepResult {
  readonly epoch: number
  readonly step: number
  /** The most there may be: windows in which all sequences have ended are left out. */
  readonly steps: number
  /** Where this step was followed by one. */
  readonly validation?: { readonly loss: number }
}

/** What an epoch came to. Losses are means over all targets that count, in the model's scaled units. */
export interface Epoch {
  /** Counted from 1. */
  readonly epoch: number
  readonly epochs: number
  readonly loss: number
  /** The latest; NaN where there is none, or it is no number. */
  readonly validation: { readonly loss: number }
  /** ‖gradient‖ before clipping, mean over steps. */
  readonly gradientNorm: number
  /** Time spent training, without validation. */
  readonly seconds: number
  /** With `keepBest` or `earlyStopping`, from the first validation on. */
  readonly best?: Best
}
