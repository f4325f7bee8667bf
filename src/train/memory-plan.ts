import type { Loss, LossName } from '../autograd/index.ts'
import { InputError } from '../base/errors.ts'
import type { Samples } from '../base/samples.ts'
import { expectWhole } from '../base/shape.ts'
import { bytesCounted, chooseTier, type KernelChoice, planningKernels, type Tier } from '../kernels/index.ts'
import { Model, type Sequential } from '../layers/index.ts'
import { adam, type Optimizer } from './optimizers/index.ts'
import { lossOf, type StepOptions, Trainer } from './trainer.ts'

/** Bytes that training takes. */
export interface MemoryPlan {
  readonly parameters: number
  readonly gradients: number
  /** What the optimiser remembers. */
  readonly optimizer: number
  /** A moving average of the weights, and the best ones. */
  readonly copies: number
  /** The most a step holds besides: data, everything kept for the way back, room to work in. */
  readonly activations: number
  /** What kernels need for themselves, whatever the model. */
  readonly scratch: number
  /** All of it together. */
  readonly total: number
}

/** The training that is asked about; clipping, groups, the average and the best as they go to `fit`. */
export interface MemoryOptions
  extends Pick<StepOptions, 'clipNorm' | 'clipValue' | 'groups' | 'ema' | 'keepBest' | 'window'> {
  /** Samples of a step. */
  readonly batch: number
  /** Steps of a sequence; not needed where the model is made for one number of them. */
  readonly steps?: number
  /** Steps of each sequence of the batch, where they differ; without them all run to the end. */
  readonly lengths?: ArrayLike<number>
  /** Features of a step, or 'tokens'; not needed for a model. */
  readonly inputs?: number | 'tokens'
  /** Samples to validate on, which are run many at once; none by default. */
  readonly validation?: number
  /** `adam()` by default. */
  readonly optimizer?: Optimizer
  /** `'mse'` by default. */
  readonly loss?: LossName | Loss
  /** The model's own by default, or `'auto'`. */
  readonly kernels?: KernelChoice
}

/**
 * How much memory training takes, told without taking it: a step is gone through as it will be, with kernels that only
 * count. For a fresh model `total` is exactly what `kernels.memory.usage()` says after a step.
 *
 * @throws InputError when a size is missing or out of its range, or the sum is beyond 16 GiB
 */
export function memoryPlan(of: Model | Sequential, options: MemoryOptions): MemoryPlan {
  const sizes = of instanceof Model ? of.architecture : undefined
  const { inputs = sizes?.inputs, steps = sizes?.steps, kernels } = options
  if (inputs === undefined) throw new InputError('memoryPlan: expected the number of inputs, as it goes to init')
  if (steps === undefined) throw new InputError('memoryPlan: expected the number of steps of a sequence')
  expectWhole('memoryPlan: batch', options.batch)
  const tier = of instanceof Model && kernels === undefined ? of.kernels.tier : chooseTier(kernels).tier
  return planned(of, { inputs, steps }, tier, options)
}

function planned(
  { layers }: Model | Sequential,
  sizes: { readonly inputs: number | 'tokens'; readonly steps: number },
  tier: Tier,
  { batch, lengths, validation = 0, optimizer = adam(), loss = 'mse', ...options }: MemoryOptions,
): MemoryPlan {
  const kernels = planningKernels(tier)
  const kept = () => kernels.memory.usage().kept
  const scratch = kept()
  const model = new Model(layers, sizes, 0, kernels)
  const parameters = (kept() - scratch) / 2
  const how = lossOf(loss)
  const trainer = new Trainer(model, { ...options, optimizer, loss: how, seed: 0 })
  const samples = blank(model, how, lengths)
  for (const _ of trainer.steps(samples, [{ length: batch }]));
  if (validation > 0) {
    const count = trainer.rowsAtOnce({ ...samples, count: validation })
    for (const _ of trainer.evaluate({ ...samples, count }));
  }
  const activations = kernels.memory.usage().arenaPeak
  const slots = parameters * Object.keys(optimizer.slots).length
  const copies = kept() - scratch - 2 * parameters - slots
  return {
    parameters,
    gradients: parameters,
    optimizer: slots,
    copies,
    activations,
    scratch,
    total: kept() + activations,
  }
}

/** Samples that hold nothing. */
function blank({ inputShape, outputShape }: Model, loss: Loss, lengths?: ArrayLike<number>) {
  const samples: Samples = {
    count: 0,
    inputShape,
    targetShape: loss.targetShape(outputShape),
    fillInputs() {},
    fillTargets() {},
    restore: (outputs) => Float64Array.from(outputs),
  }
  return lengths ? { ...samples, lengths: () => Int32Array.from(lengths) } : samples
}

/** @throws InputError, before anything is taken, when a step of training will not fit in the memory */
export function expectRoom(model: Model, options: MemoryOptions & { readonly steps: number }): void {
  const { limit } = model.kernels.memory
  if (limit === Number.POSITIVE_INFINITY) return
  const bytes = (batch: number) => bytesCounted(() => memoryPlan(model, { ...options, batch }).total)
  const needed = bytes(options.batch)
  if (needed <= limit) return
  let batch = options.batch
  do batch = Math.floor(batch / 2)
  while (batch > 0 && bytes(batch) > limit)
  const gigabytes = Number.isFinite(needed) ? (needed / 2 ** 30).toFixed(1) : 'more than 16'
  const way =
    batch > 0
      ? `a batch of ${batch} would fit; so may shorter sequences or fewer units`
      : 'not even a batch of 1 would fit: use shorter sequences or fewer units'
  throw new InputError(
    `fit: a step of ${options.batch} samples with ${options.steps} steps each needs ${gigabytes} GiB of memory, ` +
      `more than WebAssembly has (4 GiB); ${way}`,
  )
}
